import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.ts';
import { startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { accountAt, database, emulated, folderOf, SECRET, web } from '../cli/command.ts';
import { served, success } from '../cloudflare/server.ts';
import { start } from './program.ts';
import type { Program } from './program.ts';
import { servedBy } from './serving.ts';

const event = 'reconciliation_report';

type Running = { readonly program: Program; readonly emulator: Emulator; readonly folder: string };

/** Starts a daemon that has converged on two services, with a separate folder and emulated account. */
async function converged(...flags: string[]): Promise<Running> {
  const emulator = await emulated({ services: [web({ http_port: 81 }), database()] });
  const folder = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const program = start(['run', '--services', folder, '--interval', '0', ...flags], {
    environment: accountAt(emulator.url),
  });
  await program.logged({ event, trigger: 'startup', outcome: 'converged' });
  return { program, emulator, folder };
}

function edit(folder: string, name: string, content: JsonObject | string): void {
  writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
}

const putsOf = ({ requests }: Emulator) => requests.filter(({ method }) => method === 'PUT').map(({ body }) => body);

test('converges at start, detects an edit, logs JSON lines, and exits with 0 on SIGTERM', async () => {
  const { program, emulator, folder } = await converged();
  expect(emulator.services()).toMatchObject([web(), database()]);

  edit(folder, 'web.yaml', web({ http_port: 8081 }));
  const report = await program.logged({ event, trigger: 'change' });
  expect(report).toMatchObject({
    outcome: 'converged',
    services: [{ name: 'web', cause: 'declaration', result: 'updated' }],
  });
  expect(putsOf(emulator)).toMatchObject([{ http_port: 8080 }, { http_port: 8081 }]);

  program.send('SIGTERM');
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line): unknown => Object(JSON.parse(line)).event);
  // The watch is set up during the first pass.
  expect(events.filter((each) => each !== 'watching')).toEqual([
    'started',
    'serving',
    event,
    event,
    'stopping',
    'stopped',
  ]);
  expect(events).toContain('watching');
});

test('corrects a change outside git, and exits with 0 on SIGINT', async () => {
  const { program, emulator } = await converged('--interval', '300ms');
  emulator.change('0191e3a4-5b6c-7d8e-9f00-112233445566', (service) => ({ ...service, http_port: 9999 }));
  const report = await program.logged({ event, outcome: 'converged' });
  expect(report).toMatchObject({ trigger: 'interval', services: [{ name: 'web', cause: 'live', result: 'updated' }] });
  expect(emulator.services()).toMatchObject([web(), database()]);
  program.send('SIGINT');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

test('logs when a failed pass is retried', async () => {
  const { program, folder } = await converged();
  rmSync(folder, { recursive: true });
  await program.logged({ event, outcome: 'failed' });
  const { in_ms: ms } = await program.logged({ event: 'next_retry' });
  expect(ms).toBeGreaterThanOrEqual(500);
  expect(ms).toBeLessThanOrEqual(1000);
});

test('detect reports drift and writes nothing, whatever causes a pass', async () => {
  const emulator = await emulated({ services: [web({ http_port: 81 })] });
  const folder = folderOf({ 'web.yaml': web() });
  const token = 'correct-horse-battery-staple';
  const program = start(['run', '--mode', 'detect', '--services', folder, '--http-listen', '127.0.0.1:0'], {
    environment: { ...accountAt(emulator.url), VPC_RECONCILER_RECONCILE_TOKEN: token },
  });
  const { url } = await servedBy(program);
  await program.logged({ event, mode: 'detect', outcome: 'pending' });
  edit(folder, 'web.yaml', web({ http_port: 8081 }));
  await program.logged({ event, trigger: 'change', mode: 'detect', outcome: 'pending' });
  program.send('SIGHUP');
  await program.logged({ event, trigger: 'signal', mode: 'detect', outcome: 'pending' });
  const response = await fetch(`${url}/api/reconcile?wait=true`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await response.json()).toMatchObject({ trigger: 'request', mode: 'detect', outcome: 'pending' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0 });
  expect(putsOf(emulator)).toEqual([]);
});

test('run --once exits with 2 if changes are pending in mode detect', async () => {
  const emulator = await emulated({ services: [web({ http_port: 81 })] });
  const program = start(['run', '--once', '--services', folderOf({ 'web.yaml': web() })], {
    environment: { ...accountAt(emulator.url), VPC_RECONCILER_MODE: 'detect' },
  });
  expect(await program.ended).toMatchObject({ code: 2 });
  expect(putsOf(emulator)).toEqual([]);
});

test('run --once waits for a list that lags behind its update, which it sends once', async () => {
  const emulator = await emulated({ services: [web({ http_port: 81 })], scenario: { list_lag: 3000 } });
  const program = start(['run', '--once', '--services', folderOf({ 'web.yaml': web() })], {
    environment: accountAt(emulator.url),
  });
  const { code, stdout } = await program.ended;
  expect(code).toBe(0);
  expect(putsOf(emulator)).toHaveLength(1);
  expect(stdout).toContain('"unconfirmed":["');
});

test('skips only a broken file, and applies the change of another file', async () => {
  const { program, emulator, folder } = await converged();
  edit(folder, 'web.yaml', 'name: [');
  edit(folder, 'db.yaml', database({ tcp_port: 5433 }));
  // The two edits may be detected as one change or as two.
  let report = await program.logged({ event, outcome: 'partial' });
  if (emulator.services()[1]?.['tcp_port'] !== 5433) report = await program.logged({ event, outcome: 'partial' });
  expect(report).toMatchObject({ problems: [{ file: join(folder, 'web.yaml') }] });
  expect(emulator.services()).toMatchObject([web(), database({ tcp_port: 5433 })]);

  edit(folder, 'web.yaml', web({ http_port: 8082 }));
  await program.logged({ event, outcome: 'converged' });
  expect(emulator.services()).toMatchObject([web({ http_port: 8082 }), database({ tcp_port: 5433 })]);
});

test('continues after the folder was removed and created again', async () => {
  const { program, emulator, folder } = await converged();
  rmSync(folder, { recursive: true });
  expect(await program.logged({ event, outcome: 'failed' })).toMatchObject({ error: { kind: 'source' } });
  expect(emulator.services()).toMatchObject([web(), database()]);

  mkdirSync(folder);
  edit(folder, 'all.yaml', `${JSON.stringify(web({ http_port: 8083 }))}\n---\n${JSON.stringify(database())}\n`);
  await program.logged({ event, outcome: 'converged' });
  expect(emulator.services()).toMatchObject([web({ http_port: 8083 }), database()]);
});

test('waits for a folder that does not exist yet', async () => {
  const emulator = await emulated({ services: [web({ http_port: 81 })] });
  const folder = join(folderOf({}), 'later', 'services');
  const program = start(['run', '--services', folder], { environment: accountAt(emulator.url) });
  await program.logged({ event, outcome: 'failed' });
  mkdirSync(folder, { recursive: true });
  edit(folder, 'web.yaml', web());
  await program.logged({ event, outcome: 'converged' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0 });
});

test('continues after an outage of the API', async () => {
  const { program, emulator } = await converged('--interval', '200ms', '--pass-timeout', '1s');
  await emulator.close();
  expect(await program.logged({ event, outcome: 'failed' })).toMatchObject({ error: { kind: 'transient' } });

  const { port } = new URL(emulator.url);
  const back = await startEmulator({ port: Number(port), token: SECRET, services: [web({ name: 'x' }), database()] });
  try {
    // On a busy machine, `pass_timeout` can end the pass after its update was made. Then the next one finds all services in sync.
    await expect.poll(() => back.services(), { timeout: 30_000 }).toMatchObject([web(), database()]);
    await program.logged({ event, outcome: 'in_sync' });
  } finally {
    await back.close();
  }
});

test('continues after the token was refused', async () => {
  const { url } = await emulated({ token: 'another-token' });
  const program = start(['run', '--services', folderOf({ 'web.yaml': web() })], { environment: accountAt(url) });
  const first = await program.logged({ event });
  expect(first).toMatchObject({ outcome: 'denied', level: 'error', error: { kind: 'denied' } });
  await program.logged({ event, trigger: 'interval', outcome: 'denied' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

/** Starts a daemon with a drifted service whose updates receive no response. */
async function hanging(...flags: string[]): Promise<Program> {
  const put = Promise.withResolvers<void>();
  const { url } = await served(({ method }, response) => {
    if (method === 'GET') response.end(JSON.stringify(success([web({ http_port: 81 })])));
    else put.resolve();
  });
  const program = start(['run', '--services', folderOf({ 'web.yaml': web() }), ...flags], {
    environment: accountAt(url),
  });
  await put.promise;
  return program;
}

test('exits at once after a second signal, with an update in flight', async () => {
  const program = await hanging();
  program.send('SIGTERM');
  await program.logged({ event: 'stopping' });
  program.send('SIGTERM');
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 143, stderr: '' });
  expect(stdout).not.toContain(event);
});

test('aborts and reports an update that receives no response within the grace period, and exits with 0', async () => {
  const program = await hanging('--grace-period', '100ms');
  program.send('SIGINT');
  expect(await program.logged({ event })).toMatchObject({
    outcome: 'interrupted',
    services: [{ result: 'failed', error: { kind: 'interrupted' } }],
  });
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

test('run --emulator --once needs no account, converges, and exits with 0', async () => {
  const program = start(['run', '--emulator', '--once', '--policy', 'sync']);
  const { code, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await program.logged({ event: 'started' });
  await program.logged({ event: 'emulator_request', method: 'PUT', status: 200 });
  await program.logged({ event, outcome: 'converged' });
  await program.logged({ event, outcome: 'in_sync' });
});

test('the command that warms up the image exits with 0', async () => {
  const [, line = ''] = /vpc-reconciler\.cjs (run --once .*?) &&/.exec(readFileSync('Dockerfile', 'utf8')) ?? [];
  expect(line).not.toBe('');
  expect(await start(line.split(' ')).ended).toMatchObject({ code: 0 });
});

test('run --once exits with 1 if a service needs attention, and writes no colors to a pipe', async () => {
  const { url } = await emulated({ services: [web()] });
  const services = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const program = start(['run', '--once', '--log-format', 'pretty', '--services', services], {
    environment: accountAt(url),
  });
  const { code, stdout, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  // The watch may be set up before or after the pass, or not at all.
  expect(stdout.split('\n').filter((line) => !/ INFO: watching /.test(line))).toEqual([
    expect.stringMatching(/^\[[\d:.]+\] INFO: vpc-reconciler \S+: reconciling .* with http:/),
    expect.stringMatching(/^\[[\d:.]+\] WARN: partial: 1 missing, 1 in sync \(/),
    expect.stringMatching(/^\? db {2}.* declared but not live/),
    expect.stringMatching(/^\[[\d:.]+\] INFO: stopped$/),
    '',
  ]);
});

test('warns once on SIGHUP that the configuration file has changed, and that it needs a restart', async () => {
  const config = join(folderOf({ 'config.yaml': 'interval: 0\n' }), 'config.yaml');
  const { program } = await converged('--config', config);
  program.send('SIGHUP');
  await program.logged({ event, trigger: 'signal' });
  expect(program.stdout()).not.toContain('config_changed');
  // In one step: a check must not see an empty file.
  writeFileSync(`${config}.new`, 'interval: 1m\n');
  renameSync(`${config}.new`, config);
  program.send('SIGHUP');
  expect(await program.logged({ event: 'config_changed' })).toMatchObject({
    level: expect.toSatisfy((level) => level === 40 || level === 'warn'),
    msg: `${config} has changed; the settings of the start stay in use until vpc-reconciler is restarted`,
  });
  rmSync(config);
  program.send('SIGHUP');
  expect(await program.logged({ event: 'config_changed' })).toMatchObject({
    msg: expect.stringContaining(`${config} cannot be read: no such file or folder; the settings`),
  });
  program.send('SIGHUP');
  await program.logged({ event, trigger: 'signal' });
  program.send('SIGTERM');
  const { code, stdout } = await program.ended;
  expect(code).toBe(0);
  expect(stdout.split('\n').filter((line) => line.includes('config_changed'))).toHaveLength(2);
});

test.for(['SIGUSR1', 'SIGUSR2', 'SIGQUIT'] as const)('says once that %s does nothing, and goes on', async (signal) => {
  const { program } = await converged();
  program.send(signal);
  await program.stderrMatches(/\n/);
  program.send(signal);
  program.send('SIGHUP');
  await program.logged({ event, trigger: 'signal' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({
    code: 0,
    stderr: `vpc-reconciler: received ${signal}, which does nothing; to stop the process, send SIGTERM\n`,
  });
});
