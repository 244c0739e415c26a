import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { accountAt, emulated, folderOf, web } from '../cli/command.ts';
import { documents } from '../pass/fleet.ts';
import { inShell, start } from './program.ts';
import type { Program, ProgramOptions } from './program.ts';

/** Drifted services whose report is longer than the buffer of a pipe. */
const many = Array.from({ length: 1000 }, (_, index) =>
  web({ service_id: `0199a0c4-2b10-7c3e-8a51-${String(index).padStart(12, '0')}`, name: `web-${index}` }),
);

type Running = {
  readonly program: Program;
  /** Waits until the program has sent this many more requests to the emulator. */
  readonly passes: (count: number) => Promise<void>;
};

/** Starts the program in mode detect, so that every pass logs a long report. */
async function running(line: readonly string[], options: ProgramOptions): Promise<Running> {
  const { url, requests }: Emulator = await emulated({
    services: many.map((service) => ({ ...service, http_port: 81 })),
  });
  const services = folderOf({ 'many.yaml': documents(many) });
  const program = start([...line, '--services', services], { ...options, environment: accountAt(url) });
  const passes = async (count: number) => {
    const enough = requests.length + count;
    await expect.poll(() => requests.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(enough);
  };
  return { program, passes };
}

const daemon = ['run', '--mode', 'detect', '--interval', '10ms', '--log-level', 'trace'];

test('continues passes while the log is not read, and writes the complete log to a late reader', async () => {
  const { program, passes } = await running(daemon, { readAfterMs: Infinity });
  await passes(8);
  program.read();
  for (let pass = 0; pass < 8; pass += 1) {
    expect(await program.logged({ event: 'reconciliation_report' })).toMatchObject({ counts: { drifted: 1000 } });
  }
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

test('shuts down even if the log is not read', async () => {
  const { program, passes } = await running(daemon, { readAfterMs: Infinity });
  await passes(4);
  const before = performance.now();
  program.send('SIGTERM');
  expect(await program.gone).toBe(0);
  expect(performance.now() - before).toBeLessThan(10_000);
});

test('stops a command even if its result is not read', async () => {
  const { program, passes } = await running(['plan'], { readAfterMs: Infinity });
  await passes(1);
  program.send('SIGTERM');
  await program.gone;
});

test('continues after the reader of the log closed the pipe', async () => {
  const { program, passes } = await running(daemon, {});
  await program.logged({ event: 'reconciliation_report' });
  program.leave();
  await program.stderrMatches(/EPIPE/);
  await passes(3);
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({
    code: 0,
    stderr: 'vpc-reconciler: cannot write the log: EPIPE; continuing\n',
  });
});

test.runIf(existsSync('/dev/full'))('continues with a log on a full disk', async () => {
  const { program, passes } = await running(daemon, { command: inShell('exec "$@" > /dev/full') });
  await program.stderrMatches(/ENOSPC/);
  await passes(3);
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({
    code: 0,
    stderr: 'vpc-reconciler: cannot write the log: ENOSPC; continuing\n',
  });
});
