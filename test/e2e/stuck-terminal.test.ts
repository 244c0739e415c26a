import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { accountAt, emulated, folderOf, web } from '../cli/command.ts';
import { documents } from '../pass/fleet.ts';
import { hasScript, startOnTerminal } from './terminal.ts';
import type { TerminalOptions } from './terminal.ts';

/** Drifted services whose report is longer than a terminal and a pipe hold. */
const many = Array.from({ length: 1000 }, (_, index) =>
  web({ service_id: `0199a0c4-2b10-7c3e-8a51-${String(index).padStart(12, '0')}`, name: `web-${index}` }),
);

/** Starts the program in a terminal, with drifted services. */
async function started(line: readonly string[], options: TerminalOptions & { readonly count?: number } = {}) {
  const { count = many.length, ...others } = options;
  const declared = many.slice(0, count);
  const emulator = await emulated({ services: declared.map((each) => ({ ...each, http_port: 81 })), latencyMs: 100 });
  const services = folderOf({ 'many.yaml': documents(declared) });
  const environment = { ...accountAt(emulator.url), ...options.environment };
  const terminal = startOnTerminal([...line, '--services', services], { ...others, environment });
  return { emulator, ...terminal };
}

const putsTo = ({ requests }: Emulator) => requests.filter(({ method }) => method === 'PUT').length;

async function requestsReach({ requests }: Emulator, count: number): Promise<void> {
  await expect.poll(() => requests.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count);
}

async function hasEnded(pid: number): Promise<void> {
  await expect.poll(() => existsSync(`/proc/${pid}/stat`), { timeout: 15_000 }).toBe(false);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

test.runIf(hasScript)('continues passes and health while nobody reads the terminal, and stops on SIGTERM', async () => {
  const port = await freePort();
  const line = ['run', '--mode', 'detect', '--interval', '10ms', '--http-listen', `127.0.0.1:${port}`];
  const { emulator, pid, code } = await started(line, { readAfterMs: Infinity });
  await requestsReach(emulator, 8);
  for (let request = 0; request < 3; request += 1) {
    const begun = performance.now();
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(5000) });
    expect({ status: response.status, healthy: Object(await response.json()).healthy }).toEqual({
      status: 200,
      healthy: true,
    });
    expect(performance.now() - begun).toBeLessThan(2000);
  }
  process.kill(await pid(), 'SIGTERM');
  expect(await code()).toBe(0);
});

test.runIf(hasScript)('shows the complete log in order when the terminal is read again', async () => {
  const line = ['run', '--mode', 'detect', '--interval', '10ms', '--log-format', 'json'];
  const { emulator, program, pid } = await started(line, { readAfterMs: Infinity });
  await requestsReach(emulator, 5);
  program.read();
  for (let pass = 0; pass < 5; pass += 1) {
    expect(await program.logged({ event: 'reconciliation_report' })).toMatchObject({ counts: { drifted: 1000 } });
  }
  process.kill(await pid(), 'SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0 });
});

test.runIf(hasScript)(
  'finishes an apply whose terminal nobody reads, and waits with its report for a reader',
  async () => {
    const { emulator, program } = await started(['apply', '--yes'], { readAfterMs: Infinity });
    await requestsReach(emulator, 1001);
    program.read();
    const { code, stdout } = await program.ended;
    expect({ code, puts: putsTo(emulator) }).toEqual({ code: 0, puts: 1000 });
    expect(stdout).toContain('1000 updated');
  },
);

test.runIf(hasScript)('stops a command whose terminal nobody reads', async () => {
  const { emulator, pid, code } = await started(['plan'], { readAfterMs: Infinity });
  await requestsReach(emulator, 1);
  process.kill(await pid(), 'SIGTERM');
  expect([1, 2]).toContain(await code());
});

test.runIf(hasScript)('a daemon stops when its terminal is closed', async () => {
  const { emulator, pid, closeTerminal } = await started(['run', '--mode', 'detect']);
  const daemon = await pid();
  await requestsReach(emulator, 1);
  closeTerminal();
  await hasEnded(daemon);
});

test.runIf(hasScript)('a daemon on a terminal stops on SIGHUP, with 0, although it comes twice', async () => {
  const { emulator, program, pid } = await started(['run', '--interval', '0'], { count: 40 });
  await requestsReach(emulator, 20);
  process.kill(await pid(), 'SIGHUP');
  process.kill(await pid(), 'SIGHUP');
  const { code, stdout } = await program.ended;
  expect(code).toBe(0);
  expect(stdout).toContain('received SIGHUP: finishing the requests in flight');
});

test.runIf(hasScript)('apply finishes the requests in flight on SIGHUP, and exits with 1', async () => {
  const { emulator, program, pid } = await started(['apply', '--yes', '--concurrency', '2'], { count: 40 });
  await requestsReach(emulator, 5);
  process.kill(await pid(), 'SIGHUP');
  const { code, stdout } = await program.ended;
  expect(code).toBe(1);
  expect(stdout).toContain('received SIGHUP: finishing the requests in flight');
  expect(putsTo(emulator)).toBeLessThan(40);
});

test.runIf(hasScript).for([
  [['plan'], 2, 0],
  [['plan', '--output', 'json'], 2, 0],
  [['apply', '--yes'], 0, 40],
] as const)('%j has its usual exit code after the terminal was closed', async ([line, expected, puts]) => {
  const { emulator, closeTerminal, code } = await started(line, { keepsSignals: true, count: 40 });
  await requestsReach(emulator, 1);
  closeTerminal();
  expect(await code()).toBe(expected);
  expect(putsTo(emulator)).toBe(puts);
});
