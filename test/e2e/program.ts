import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import { isObject } from '../../src/core/base/json.ts';
import { SECRET } from '../cli/command.ts';
import type { Ended } from '../cli/command.ts';

/** The program in a process of its own. It is ended with the test, and none of its output may show a secret or a stack trace. */
export type Program = {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Of the process; 0 where there is none. */
  readonly pid: number;
  readonly send: (signal: NodeJS.Signals) => void;
  /** Waits until all of stdout is such. */
  readonly until: (holds: (stdout: string) => boolean) => Promise<unknown>;
  /** Waits until stderr is such. */
  readonly told: (words: RegExp) => Promise<unknown>;
  /** Waits for a line of the log that has these values, behind the one that was waited for before. */
  readonly logged: (values: Readonly<Record<string, unknown>>) => Promise<Readonly<Record<string, unknown>>>;
  /** Begins to read stdout, where that was to wait. */
  readonly read: () => void;
  /** Reads stdout no more, and lets the program know. */
  readonly leave: () => void;
  /** The exit code as soon as the process is gone, however much it left to read. */
  readonly gone: Promise<unknown>;
  readonly ended: Promise<Ended>;
};

export type ProgramOptions = {
  /** What is undefined is not set. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** What is run, instead of this Node with the source. */
  readonly command?: readonly [string, ...string[]];
  readonly cwd?: string;
  /** Stdout is not read before this time is over, or before `read` is called. */
  readonly readAfterMs?: number;
};

export const root = new URL('../..', import.meta.url).pathname;
const fromSource = nodeWith();

/** This Node, with options of its own, and the source. */
export function nodeWith(...options: readonly string[]): readonly [string, ...string[]] {
  return [process.execPath, ...options, `${root}src/main.ts`];
}

/** A script of the shell around the program, which is `"$@"` in it. */
export function inShell(
  script: string,
  command: readonly [string, ...string[]] = fromSource,
): readonly [string, ...string[]] {
  return ['/bin/sh', '-c', script, 'sh', ...command];
}

/** The program in a process where this code ran before it. */
export function after(code: string, ...flags: readonly string[]): readonly [string, ...string[]] {
  return nodeWith(...flags, `--import=data:text/javascript,${encodeURIComponent(code)}`);
}

export function start(line: readonly string[], options: ProgramOptions = {}): Program {
  const { environment = {}, command = fromSource, cwd = root, readAfterMs } = options;
  const [file, ...before] = command;
  const child = spawn(file, [...before, ...line], {
    cwd,
    // Tests run side by side, so none may take the port that everybody knows.
    env: { VPC_RECONCILER_LOG_LEVEL: 'trace', VPC_RECONCILER_HTTP_LISTEN: '127.0.0.1:0', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  let unread = '';
  const listeners = new Set<() => void>();
  const news = () => {
    for (const listener of listeners) listener();
  };
  const read = () => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      unread += text;
      news();
    });
  };
  if (readAfterMs === undefined) read();
  else if (readAfterMs < Infinity) void sleep(readAfterMs).then(read);
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    news();
  });
  const gone = once(child, 'exit').then(([code]): unknown => code);
  let over = false;
  const ended = once(child, 'close').then(([code]): Ended => {
    over = true;
    news();
    return { code: typeof code === 'number' ? code : null, stdout, stderr };
  });
  onTestFinished(async () => {
    if (!over) child.kill('SIGKILL');
    child.stdout.resume();
    await ended;
    expect(stdout + stderr).not.toContain(SECRET);
    expect(stdout + stderr).not.toMatch(/^ {4}at |Node\.js v/m);
  });

  /** The first result that is not undefined, asked again whenever something was written. */
  const waitFor = async <Result>(look: () => Result | undefined): Promise<Result> =>
    new Promise((resolve, reject) => {
      const listener = () => {
        const found = look();
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
    told: async (words) => waitFor(() => words.test(stderr) || undefined),
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

/** Runs the program to its end. */
export async function ran(line: readonly string[], options: ProgramOptions = {}): Promise<Ended> {
  return start(line, options).ended;
}
