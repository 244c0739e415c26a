import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { accountAt, emulated, folderOf, web } from '../cli/command.ts';
import { mounted, noFuse } from '../source/fuse.ts';
import { start } from './program.ts';
import { servedBy } from './serving.ts';
import type { Served } from './serving.ts';

const event = 'reconciliation_report';

/** Requests `/healthz` for a while, and returns the slowest answer in milliseconds. */
async function slowestHealth(served: Served, forMs: number): Promise<number> {
  let slowestMs = 0;
  for (const end = performance.now() + forMs; performance.now() < end; await sleep(20)) {
    const begun = performance.now();
    await served.get('/healthz');
    slowestMs = Math.max(slowestMs, performance.now() - begun);
  }
  return slowestMs;
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
    // The event loop was blocked for seconds before; the limit leaves room for a busy machine.
    expect(await slowestHealth(served, 12_000)).toBeLessThan(1000);
    program.send('SIGHUP');
    expect(await program.logged({ event, trigger: 'signal' })).toMatchObject({
      error: { message: `${mount.path}: the folder cannot be read: its file system has not responded within 10s` },
    });
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
    expect(await slowestHealth(served, 500)).toBeLessThan(1000);
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
