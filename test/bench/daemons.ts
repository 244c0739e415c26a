import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isObject } from '../../src/core/base/json.ts';
import type { JsonObject } from '../../src/core/base/json.ts';

/** A daemon in a separate process. */
export type Daemon = {
  readonly pid: number;
  readonly send: (signal: NodeJS.Signals) => void;
  /** Waits for the next log line with these values. Throws if the daemon ends first. */
  readonly logged: (values: Readonly<Record<string, unknown>>) => Promise<JsonObject>;
  /** Stops it; throws if it does not exit with 0. */
  readonly end: () => Promise<void>;
};

export function startDaemon(line: readonly string[], environment: NodeJS.ProcessEnv): Daemon {
  const child = spawn(process.execPath, line, { env: environment, stdio: ['ignore', 'pipe', 'inherit'] });
  const entries: JsonObject[] = [];
  let rest = '';
  let wake: (() => void) | null = null;
  let isOver = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    entries.push(...lines.map((each): unknown => JSON.parse(each)).filter(isObject));
    wake?.();
  });
  const closed = once(child, 'close').then(([code]): unknown => {
    isOver = true;
    wake?.();
    return code;
  });
  return {
    pid: child.pid ?? 0,
    send: (signal) => void child.kill(signal),
    logged: async (values) => {
      for (;;) {
        for (let entry = entries.shift(); entry !== undefined; entry = entries.shift()) {
          const found = entry;
          if (Object.entries(values).every(([key, value]) => found[key] === value)) return found;
        }
        if (isOver) throw new Error(`the daemon ended before it logged ${JSON.stringify(values)}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    end: async () => {
      child.kill('SIGTERM');
      const code = await closed;
      if (code !== 0) throw new Error(`the daemon: expected exit code 0, found ${String(code)}`);
    },
  };
}

export const REPORT = 'reconciliation_report';
