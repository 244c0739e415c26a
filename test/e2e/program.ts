import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { isObject } from '../../src/core/base/json.ts';
import { SECRET } from '../cli/command.ts';
import type { Ended } from '../cli/command.ts';

/** The program in a separate process. It is killed after the test. Its output must contain neither a secret nor a stack trace. */
export type Program = {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** The id of the process; 0 if it could not be started. */
  readonly pid: number;
  readonly send: (signal: NodeJS.Signals) => void;
  /** Waits until the predicate accepts the whole stdout. */
  readonly until: (holds: (stdout: string) => boolean) => Promise<unknown>;
  /** Waits until stderr matches. */
  readonly stderrMatches: (pattern: RegExp) => Promise<unknown>;
  /** Waits for a log line with these values, after the line of the previous call. */
  readonly logged: (values: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, unknown>>>;
  /** Starts to read stdout, if that was delayed. */
  readonly read: () => void;
  /** Closes stdout, so that the program cannot write to it any longer. */
  readonly leave: () => void;
  /** Resolves to the exit code when the process has exited, even if output is still unread. */
  readonly gone: Promise<unknown>;
  readonly ended: Promise<Ended>;
};

export type ProgramOptions = {
  /** Variables that are undefined are not set. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** The command to run instead of this Node with the source. */
  readonly command?: readonly [string, ...string[]];
  readonly cwd?: string;
  /** Delays reading stdout by this time, or until `read` is called. */
  readonly readAfterMs?: number;
};

export const root = new URL('../..', import.meta.url).pathname;
const fromSource = nodeWith();

/** Returns the command that runs the source on this Node with options. */
export function nodeWith(...options: readonly string[]): readonly [string, ...string[]] {
  return [process.execPath, ...options, `${root}src/main.ts`];
}

/** Returns the command for a shell script that runs the program as `"$@"`. */
export function inShell(
  script: string,
  command: readonly [string, ...string[]] = fromSource,
): readonly [string, ...string[]] {
  return ['/bin/sh', '-c', script, 'sh', ...command];
}

/** Returns the command that runs this code before the program, in the same process. */
export function after(code: string, ...flags: readonly string[]): readonly [string, ...string[]] {
  return nodeWith(...flags, `--import=data:text/javascript,${encodeURIComponent(code)}`);
}

export function start(line: readonly string[], options: ProgramOptions = {}): Program {
  const { environment = {}, command = fromSource, cwd = root, readAfterMs } = options;
  const [file, ...before] = command;
  const child = spawn(file, [...before, ...line], {
    cwd,
    // Tests run in parallel, so they cannot use the default port.
    env: { VPC_RECONCILER_LOG_LEVEL: 'trace', VPC_RECONCILER_HTTP_LISTEN: '127.0.0.1:0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  let unread = '';
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of listeners) listener();
  };
  const read = () => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      unread += text;
      notify();
    });
  };
  if (readAfterMs === undefined) read();
  else if (readAfterMs < Infinity) void sleep(readAfterMs).then(read);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    notify();
  });
  const gone = once(child, 'exit').then(([code]): unknown => code);
  let over = false;
  const ended = once(child, 'close').then(([code]): Ended => {
    over = true;
    notify();
    return { code: typeof code === 'number' ? code : null, stdout, stderr };
  });
  onTestFinished(async () => {
    if (!over) child.kill('SIGKILL');
    child.stdout.resume();
    await ended;
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stdout + stderr).not.toMatch(/^ {4}at |Node\.js v/m);
  });

  /** Calls a function after every output, until it returns a result. */
  const waitFor = async <Result>(find: () => Result | undefined): Promise<Result> =>
    new Promise((resolve, reject) => {
      const listener = () => {
        const found = find();
        if (found === undefined && !over) return;
        listeners.delete(listener);
        if (found === undefined) reject(new Error(`the program ended before that:\n${stdout}${stderr}`));
        else resolve(found);
      };
      listeners.add(listener);
      listener();
    });

  return {
    stdout: () => stdout,
    stderr: () => stderr,
    pid: child.pid ?? 0,
    send: (signal) => void child.kill(signal),
    until: async (holds) => waitFor(() => holds(stdout) || undefined),
    stderrMatches: async (pattern) => waitFor(() => pattern.test(stderr) || undefined),
    logged: async (values) =>
      waitFor(() => {
        for (let end = unread.indexOf('\n'); end >= 0; end = unread.indexOf('\n')) {
          const entry: unknown = JSON.parse(unread.slice(0, end));
          unread = unread.slice(end + 1);
          if (isObject(entry) && Object.entries(values).every(([key, value]) => entry[key] === value)) return entry;
        }
        return undefined;
      }),
    read,
    leave: () => void child.stdout.destroy(),
    gone,
    ended,
  };
}

/** Runs the program until it exits. */
export async function ran(line: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return start(line, options).ended;
}
