import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { accountAt, emulated, folderOf, web } from '../cli/command.ts';
import { mounted, noFuse } from '../source/fuse.ts';
import { start } from './program.ts';
import type { Program } from './program.ts';
import { servedBy } from './serving.ts';
import type { Served } from './serving.ts';

const event = 'reconciliation_report';

/** Starts a process that answers requests and does nothing else. Returns its address. */
async function startControl(): Promise<string> {
  const code = `require('node:http').createServer((_, response) => response.end('{}'))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port); });`;
  const control = spawn(process.execPath, ['--eval', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void control.kill('SIGKILL'));
  const [port] = await once(control.stdout, 'data');
  return `http://127.0.0.1:${Number(String(port))}`;
}

/** Returns how long a request takes, in milliseconds. */
async function timed(request: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await request();
  return performance.now() - begun;
}

/**
 * Requests `/healthz` and the control process at the same time, again and again. Returns the slowest answer of the daemon in milliseconds,
 * without as much as the slowest answer of the control process took: other load on the machine delays both.
 */
async function slowestHealth(served: Served, control: string, forMs: number): Promise<number> {
  let [daemonMs, controlMs] = [0, 0];
  for (const end = performance.now() + forMs; performance.now() < end; await sleep(20)) {
    const [daemon, idle] = await Promise.all([
      timed(async () => served.get('/healthz')),
      timed(async () => (await fetch(control)).json()),
    ]);
    daemonMs = Math.max(daemonMs, daemon);
    controlMs = Math.max(controlMs, idle);
  }
  return Math.max(0, daemonMs - controlMs);
}

/** A file system that blocks the daemon does so in every attempt; other load rarely delays the daemon alone five times. */
async function expectPromptHealth(served: Served, program: Program): Promise<void> {
  const control = await startControl();
  let slowestMs = Infinity;
  for (let attempt = 1; attempt <= 5 && slowestMs >= 100; attempt += 1) {
    program.send('SIGHUP'); // The pass tries to read the folder.
    slowestMs = await slowestHealth(served, control, 3000);
  }
  expect(slowestMs).toBeLessThan(100);
}

describe.skipIf(noFuse !== null)(`on a file system that hangs${noFuse === null ? '' : ` (skipped: ${noFuse})`}`, () => {
  test('a daemon keeps answering, ends its pass in time, and recovers by itself', { timeout: 90_000 }, async () => {
    const emulator = await emulated({ services: [web()] });
    const folder = folderOf({ 'web.yaml': web() });
    const mount = await mounted(folder);
    const program = start(['run', '--services', mount.path, '--pass-timeout', '1s', '--interval', '0'], {
      environment: accountAt(emulator.url),
    });
    const served = await servedBy(program);
    await program.logged({ event, outcome: 'in_sync' });
    mount.hang();
    program.send('SIGHUP');
    expect(await program.logged({ event })).toMatchObject({
      outcome: 'failed',
      error: {
        kind: 'source',
        message: `${mount.path}: the folder cannot be read: the pass did not finish within pass_timeout (1s)`,
      },
    });
    const requests = emulator.requests.length;
    await expectPromptHealth(served, program);
    const message = `${mount.path}: the folder cannot be read: its file system has not responded within 10s`;
    await expect
      .poll(
        async () => {
          program.send('SIGHUP');
          return program.logged({ event, trigger: 'signal' });
        },
        { timeout: 20_000 },
      )
      .toMatchObject({ error: { message } });
    expect(emulator.requests).toHaveLength(requests);
    writeFileSync(join(folder, 'web.yaml'), JSON.stringify(web({ http_port: 8081 })));
    mount.resume();
    await program.logged({ event, outcome: 'converged' });
    program.send('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  });

  test('a daemon that starts there reports it, and ends on SIGTERM', { timeout: 60_000 }, async () => {
    const emulator = await emulated({ services: [web()] });
    const mount = await mounted(folderOf({ 'web.yaml': web() }));
    mount.hang();
    const program = start(['run', '--services', mount.path, '--grace-period', '2s'], {
      environment: accountAt(emulator.url),
    });
    const served = await servedBy(program);
    expect(await program.logged({ event })).toMatchObject({
      outcome: 'failed',
      error: { message: `${mount.path}: the folder cannot be read: its file system has not responded within 10s` },
    });
    await expectPromptHealth(served, program);
    expect(emulator.requests).toEqual([]);
    const stoppedAt = performance.now();
    program.send('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
    expect(performance.now() - stoppedAt).toBeLessThan(4000);
  });

  test('a daemon ends at once on a second signal', { timeout: 60_000 }, async () => {
    const emulator = await emulated({ services: [web()] });
    const mount = await mounted(folderOf({ 'web.yaml': web() }));
    const program = start(['run', '--services', mount.path], { environment: accountAt(emulator.url) });
    await program.logged({ event });
    mount.hang();
    program.send('SIGHUP');
    await sleep(200);
    program.send('SIGTERM');
    program.send('SIGINT');
    // The process may receive them in either order.
    expect([130, 143]).toContain((await program.ended).code);
  });

  test.each(['plan', 'apply'])('%s ends after pass_timeout, with the folder in its report', async (command) => {
    const emulator = await emulated({ services: [web()] });
    const mount = await mounted(folderOf({ 'web.yaml': web() }));
    mount.hang();
    const program = start([command, '--services', mount.path, '--pass-timeout', '2s'], {
      environment: accountAt(emulator.url),
    });
    const { code, stdout } = await program.ended;
    expect(code).toBe(1);
    expect(stdout).toContain(`${mount.path}: the folder cannot be read`);
  });
});
