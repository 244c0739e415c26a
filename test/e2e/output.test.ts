import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { accountAt, emulated, folderOf, web } from '../cli/command.ts';
import { documents } from '../pass/fleet.ts';
import { inShell, start } from './program.ts';
import type { Program, ProgramOptions } from './program.ts';

/** Drifted services whose report is longer than what a pipe holds. */
const many = Array.from({ length: 1000 }, (_, index) =>
  web({ service_id: `0199a0c4-2b10-7c3e-8a51-${String(index).padStart(12, '0')}`, name: `web-${index}` }),
);

type Running = {
  readonly program: Program;
  /** Waits until the program has asked the emulator so many times more. */
  readonly passes: (count: number) => Promise<void>;
};

/** The program with drift that it does not mend, so that each pass has much to tell. */
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

test('passes go on while nobody reads the log, which is whole for a reader that comes late', async () => {
  const { program, passes } = await running(daemon, { readAfterMs: Infinity });
  await passes(8);
  program.read();
  for (let pass = 0; pass < 8; pass += 1) {
    expect(await program.logged({ event: 'reconciliation_report' })).toMatchObject({ counts: { drifted: 1000 } });
  }
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

test('a log that nobody reads keeps no daemon from ending when it is told to stop', async () => {
  const { program, passes } = await running(daemon, { readAfterMs: Infinity });
  await passes(4);
  const before = performance.now();
  program.send('SIGTERM');
  expect(await program.gone).toBe(0);
  expect(performance.now() - before).toBeLessThan(10_000);
});

test('a result that nobody reads keeps no command from ending when it is told to stop', async () => {
  const { program, passes } = await running(['plan'], { readAfterMs: Infinity });
  await passes(1);
  program.send('SIGTERM');
  await program.gone;
});

test('a reader of the log that goes away ends no daemon', async () => {
  const { program, passes } = await running(daemon, {});
  await program.logged({ event: 'reconciliation_report' });
  program.leave();
  await program.told(/EPIPE/);
  await passes(3);
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({
    code: 0,
    stderr: 'vpc-reconciler: cannot write the log: EPIPE; continuing\n',
  });
});

test.runIf(existsSync('/dev/full'))('a log on a full disk ends no daemon', async () => {
  const { program, passes } = await running(daemon, { command: inShell('exec "$@" > /dev/full') });
  await program.told(/ENOSPC/);
  await passes(3);
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({
    code: 0,
    stderr: 'vpc-reconciler: cannot write the log: ENOSPC; continuing\n',
  });
});
