import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { temporaryFolder } from '../cli/command.ts';
import { nodeWith, start } from './program.ts';
import type { Program, ProgramOptions } from './program.ts';

/** Whether this machine has `script` of util-linux, which runs a command in a new terminal. */
export const hasScript = (() => {
  try {
    return execFileSync('script', ['--version'], { encoding: 'utf8' }).includes('util-linux');
  } catch {
    return false;
  }
})();

/** The program in a terminal. `program` is `script`: its stdout is what the terminal shows, and while it is not read, the terminal is not. */
export type OnTerminal = {
  readonly program: Program;
  /** Waits for the id of the process in the terminal. */
  readonly pid: () => Promise<number>;
  /** Closes the terminal, as a window does. */
  readonly closeTerminal: () => void;
  /** Waits for the exit code of the process, also after the terminal was closed. */
  readonly code: () => Promise<number>;
};

export type TerminalOptions = ProgramOptions & {
  readonly columns?: number;
  /** Whether the shell that started the program is told when the terminal is closed, and the program is not. */
  readonly keepsSignals?: boolean;
};

/** Starts the program in a new terminal. */
export function startOnTerminal(line: readonly string[], options: TerminalOptions = {}): OnTerminal {
  const { columns = 100, keepsSignals = false, environment = {}, ...others } = options;
  const folder = temporaryFolder();
  const [pidFile, codeFile] = [join(folder, 'pid'), join(folder, 'code')];
  const quoted = [...nodeWith(), ...line].map((part) => `'${part}'`).join(' ');
  const inside = `sh -c 'echo $$ > ${pidFile}; exec "$@"' sh ${quoted}`;
  // The kernel sends SIGHUP to the first process of the terminal only.
  const before = keepsSignals ? `trap '' HUP; ` : '';
  const script = `stty cols ${columns}; ${before}${inside}; code=$?; echo $code > ${codeFile}; exit $code`;
  const program = start([], {
    ...others,
    environment: { PATH: process.env['PATH'] ?? '', TERM: 'xterm', ...environment },
    command: ['script', '--quiet', '--return', '--command', script, '/dev/null'],
  });
  onTestFinished(() => {
    try {
      process.kill(Number(readFileSync(pidFile, 'utf8')), 'SIGKILL');
    } catch {
      // It has ended, or was never started.
    }
  });
  return {
    program,
    pid: async () => numberIn(pidFile),
    closeTerminal: () => program.send('SIGKILL'),
    code: async () => numberIn(codeFile),
  };
}

async function numberIn(path: string): Promise<number> {
  const read = () => (existsSync(path) ? readFileSync(path, 'utf8') : '');
  await expect.poll(read, { timeout: 30_000, interval: 10 }).toMatch(/^\d+\n$/);
  return Number(read());
}
