import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountAt, command, database, emulated, folderOf, web } from '../cli/command.ts';
import { start } from './program.ts';
import { servedBy } from './serving.ts';

const event = 'reconciliation_report';
const TOKEN = 'correct-horse-battery-staple';
const environment = { VPC_RECONCILER_RECONCILE_TOKEN: TOKEN };

/** A daemon over an account with one drifted service, and what its API received. */
async function daemonOver(...flags: readonly string[]) {
  const writes: string[] = [];
  const emulator = await emulated({
    services: [web({ http_port: 81 }), database()],
    onRequest: ({ method }) => {
      if (method !== 'GET') writes.push(method);
    },
  });
  const folder = folderOf({ 'web.yaml': web({ http_port: 81 }), 'db.yaml': database() });
  const program = start(['run', '--services', folder, '--interval', '0', ...flags], {
    environment: { ...accountAt(emulator.url), ...environment },
  });
  const daemon = await servedBy(program);
  await program.logged({ event, trigger: 'startup' });
  const declare = (port: number) => writeFileSync(join(folder, 'web.yaml'), JSON.stringify(web({ http_port: port })));
  return {
    program,
    daemon,
    declare,
    writes,
    ask: async (...line: readonly string[]) => command([...line, '--url', daemon.url], { environment }),
  };
}

test('a paused daemon reports drift, writes nothing, and catches up when it is resumed', async () => {
  const { program, daemon, declare, writes, ask } = await daemonOver();
  expect(await ask('pause', '--reason', 'vendor migration')).toEqual({
    code: 0,
    stdout: 'paused until writes are resumed: vendor migration; the daemon reports drift and writes nothing\n',
    stderr: '',
  });
  await program.logged({ event: 'paused', reason: 'vendor migration' });
  await program.logged({ event, trigger: 'request', outcome: 'in_sync' });
  declare(82);
  const report = await program.logged({ event, trigger: 'change' });
  expect(report).toMatchObject({
    outcome: 'pending',
    paused: { reason: 'vendor migration' },
    counts: { to_update: 1 },
  });
  expect((await daemon.get('/readyz')).json).toMatchObject({ ready: true, paused: { reason: 'vendor migration' } });
  expect(await daemon.text('/metrics')).toContain('vpc_reconciler_paused 1\n');
  expect(await daemon.text('/')).toContain('All writes are paused until they are resumed: vendor migration.');
  expect(writes).toEqual([]);

  expect((await ask('resume')).stdout).toBe('resumed: the daemon writes again\n');
  await program.logged({ event, outcome: 'converged' });
  expect(writes).toEqual(['PUT']);
  expect(await daemon.text('/metrics')).toContain('vpc_reconciler_paused 0\n');
});

test('a pause ends by itself at its time', async () => {
  const { program, daemon, declare, writes, ask } = await daemonOver();
  expect((await ask('pause', '--for', '6s')).code).toBe(0);
  declare(82);
  await program.logged({ event, outcome: 'pending' });
  expect(writes).toEqual([]);
  await program.logged({ event, trigger: 'schedule', outcome: 'converged' });
  expect(writes).toEqual(['PUT']);
  expect((await daemon.get('/readyz')).json).toMatchObject({ paused: null });
});

test('the commands say why they fail', async () => {
  const { ask, daemon } = await daemonOver();
  expect(await ask('pause', '--for', 'soon')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('/api/pause: HTTP 400: for: expected a duration such as 30m or 2h, found "soon"'),
  });
  expect(
    await command(['resume', '--url', daemon.url], { environment: { VPC_RECONCILER_RECONCILE_TOKEN: `${TOKEN}x` } }),
  ).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('HTTP 401'),
  });
  expect(await command(['resume', '--url', 'http://127.0.0.1:1'], { environment })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('(ECONNREFUSED); is vpc-reconciler running there?'),
  });
  expect(await command(['resume', '--url', 'nowhere'], { environment })).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('--url: expected a URL such as http://127.0.0.1:8484, found "nowhere"'),
  });
  expect(await command(['pause', '--url', daemon.url])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('expected the reconcile token of the daemon'),
  });
});
