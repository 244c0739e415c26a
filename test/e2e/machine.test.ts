import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { accountAt, emulated, folderOf, SECRET, temporaryFolder, web } from '../cli/command.ts';
import { after, inShell, start } from './program.ts';
import type { Program } from './program.ts';
import { servedBy } from './serving.ts';

const event = 'reconciliation_report';

/** Starts a daemon with a pass every 100 ms. */
async function running(services: string, command: readonly [string, ...string[]]): Promise<Program> {
  const { url } = await emulated({ services: [web()] });
  const line = ['run', '--services', services, '--interval', '100ms'];
  return start(line, { environment: accountAt(url), command });
}

/** Sets the wall clock back by an hour and ten minutes on SIGUSR2. */
const jumper = `
  const { now } = Date;
  let ahead = 0;
  globalThis.Date = class extends Date {
    constructor(...parts) { super(...(parts.length === 0 ? [now() + ahead] : parts)); }
    static now() { return now() + ahead; }
  };
  process.on('SIGUSR2', () => { ahead -= 4_200_000; });
`;

test('reports a clock jump once, and continues passes as before', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const program = await running(services, after(jumper));
  await program.logged({ event, outcome: 'in_sync' });
  program.send('SIGUSR2');
  const { level, by_ms } = await program.logged({ event: 'clock_jumped' });
  expect(level).toBe('warn');
  expect(by_ms).toBeGreaterThan(-4_201_000);
  expect(by_ms).toBeLessThan(-4_199_000);
  for (let pass = 0; pass < 3; pass += 1) {
    const { duration_ms } = await program.logged({ event, outcome: 'in_sync' });
    expect(duration_ms).toBeGreaterThanOrEqual(0);
  }
  program.send('SIGTERM');
  const { code, stdout } = await program.ended;
  expect(code).toBe(0);
  expect(stdout.match(/clock_jumped/g)).toHaveLength(1);
});

test('reports the next pass by the new time at once after a clock jump, and notifies clients', async () => {
  const { url } = await emulated({ services: [web()] });
  const line = ['run', '--services', folderOf({ 'web.yaml': web() }), '--interval', '0', '--schedule', '0 * * * *'];
  const program = start(line, { environment: accountAt(url), command: after(jumper) });
  const daemon = await servedBy(program);
  await daemon.until('/readyz', ({ json }) => Object(json).next_pass !== null);
  const nextPass = async () => Object((await daemon.get('/healthz')).json).next_pass;
  const before = await nextPass();
  const page = await fetch(`${daemon.url}/api/events`);
  const events = page.body?.pipeThrough(new TextDecoderStream()).getReader();

  program.send('SIGUSR2');
  await expect.poll(async () => (await nextPass()).at < before.at).toBe(true);
  const { at, in_seconds } = await nextPass();
  // On the next full hour, to the second.
  expect(Math.round(Date.parse(at) / 1000) % 3600).toBe(0);
  expect(in_seconds).toBeLessThanOrEqual(3600);

  await program.logged({ event: 'clock_jumped' });
  let told = '';
  while (!told.includes('event: phase')) told += (await events?.read())?.value ?? '';
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

/** Simulates a DNS resolver that never responds. */
const stuckResolver = `
  import dns from 'node:dns';
  import { isIP } from 'node:net';
  const { lookup } = dns;
  const stuck = () => {};
  dns.lookup = (name, ...rest) => (isIP(name) ? lookup : stuck)(name, ...rest);`;
const atAnAddressNobodyKnows = {
  CLOUDFLARE_ACCOUNT_ID: 'abc',
  CLOUDFLARE_API_TOKEN: SECRET,
  CLOUDFLARE_BASE_URL: 'https://api.stuck.example/client/v4',
};

test('fails a pass after request_timeout if the resolver does not respond, and continues', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const program = start(['run', '--services', services, '--request-timeout', '20ms'], {
    environment: atAnAddressNobodyKnows,
    command: after(stuckResolver),
  });
  for (let pass = 0; pass < 2; pass += 1) {
    const { error } = await program.logged({ event, outcome: 'failed' });
    expect(error).toMatchObject({ kind: 'transient', message: 'GET api.stuck.example: no response within 20ms' });
  }
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

test('shuts down long before request_timeout while the resolver does not respond', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const told = stuckResolver.replace('() => {}', `() => { process.stderr.write('asked\\n'); }`);
  const program = start(['run', '--services', services, '--request-timeout', '10m'], {
    environment: atAnAddressNobodyKnows,
    command: after(told),
  });
  await program.stderrMatches(/asked/);
  program.send('SIGTERM');
  expect(await program.logged({ event })).toMatchObject({ outcome: 'interrupted' });
  expect(await program.ended).toMatchObject({ code: 0, stderr: 'asked\n' });
});

test('exits even if a thread is blocked in the system', async () => {
  // Opening a named pipe blocks until its other end is opened.
  const pipe = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const stuckThread = `import { open } from 'node:fs'; open(${JSON.stringify(pipe)}, 'r', () => {});`;
  const program = await running(folderOf({ 'web.yaml': web() }), after(stuckThread));
  await program.logged({ event, outcome: 'in_sync' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

/**
 * Starts a daemon on a file system that hangs after the server listens: the only thread for file system calls waits until the other
 * end of a named pipe is opened, which `release` does.
 */
async function hanging(services: string, rescan = '300ms'): Promise<{ program: Program; release: () => void }> {
  const pipe = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const hang = `
    import { open } from 'node:fs';
    import { Server } from 'node:net';
    const { listen } = Server.prototype;
    Server.prototype.listen = function (...rest) {
      open(${JSON.stringify(pipe)}, () => {});
      return listen.apply(this, rest);
    };`;
  const { url } = await emulated({ services: [web()] });
  const program = start(['run', '--services', services, '--interval', '0', '--rescan', rescan], {
    environment: { ...accountAt(url), UV_THREADPOOL_SIZE: '1' },
    command: after(hang),
  });
  return { program, release: () => closeSync(openSync(pipe, 'w')) };
}

test('reports a file system on which no watch can be set up, and rescans until one is', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const { program, release } = await hanging(services);
  const daemon = await servedBy(program);
  await program.logged({ event, outcome: 'in_sync' });
  const reason = `the watcher of ${services} was not ready within 10s`;
  expect(await program.logged({ event: 'watching' })).toMatchObject({ level: 'warn', by: 'rescans', reason });
  // Another attempt does not add a second pending watch.
  const still = `the previous watcher of ${services} has not closed yet`;
  await program.logged({ event: 'watching', by: 'rescans', reason: still });
  expect(await daemon.get('/healthz')).toMatchObject({
    status: 200,
    json: { watcher: { by: 'rescans', reason: still } },
  });
  expect(await daemon.get('/readyz')).toMatchObject({ status: 200 });
  expect(await daemon.text('/metrics')).toMatch(/^vpc_reconciler_watcher_state\{state="rescans"\} 1$/m);
  writeFileSync(join(services, 'web.yaml'), JSON.stringify(web({ http_port: 81 })));
  await program.logged({ event, trigger: 'change', outcome: 'converged' });

  release();
  await program.logged({ event: 'watching', by: 'events' });
  writeFileSync(join(services, 'web.yaml'), JSON.stringify(web({ http_port: 82 })));
  await program.logged({ event, trigger: 'change', outcome: 'converged' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

test('uses a watch that is set up late', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const { program, release } = await hanging(services, '1h'); // No other watch replaces it.
  await program.logged({ event: 'watching', by: 'rescans' });
  release();
  await program.logged({ event: 'watching', by: 'events' });
  writeFileSync(join(services, 'web.yaml'), JSON.stringify(web({ http_port: 81 })));
  await program.logged({ event, trigger: 'change', outcome: 'converged' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

test('shuts down long before grace_period while no watch can be set up', async () => {
  const { program } = await hanging(folderOf({ 'web.yaml': web() }));
  await program.logged({ event, outcome: 'in_sync' });
  program.send('SIGTERM');
  const told = performance.now();
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  expect(performance.now() - told).toBeLessThan(10_000);
});

/** Opens all available file descriptors on SIGUSR2, and closes them on the next one. */
const glutton = `
  import { closeSync, openSync } from 'node:fs';
  const taken = [];
  process.on('SIGUSR2', () => {
    if (taken.length > 0) for (const fd of taken.splice(0)) closeSync(fd);
    else try { for (;;) taken.push(openSync('/dev/null')); } catch {}
  });
`;

test('reports failed passes without file descriptors, recovers, and detects the changes in between', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const program = await running(services, inShell('ulimit -n 100; exec "$@"', after(glutton)));
  await program.logged({ event, outcome: 'in_sync' });
  // Starting the thread that reads the folder needs descriptors as well.
  await program.until((stdout) => stdout.includes('"event":"watching"'));

  program.send('SIGUSR2');
  for (let pass = 0; pass < 2; pass += 1) {
    const { error } = await program.logged({ event, outcome: 'failed' });
    expect(error).toMatchObject({ kind: 'source', message: expect.stringContaining('EMFILE') });
  }
  const moved = `${services}-moved`;
  renameSync(services, moved);
  mkdirSync(services);
  renameSync(join(moved, 'web.yaml'), join(services, 'web.yaml'));
  rmdirSync(moved);
  await program.logged({ event, outcome: 'failed' });

  program.send('SIGUSR2');
  await program.logged({ event, outcome: 'in_sync' });
  writeFileSync(join(services, 'web.yaml'), JSON.stringify(web({ http_port: 81 })));
  await program.logged({ event, outcome: 'converged' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

/** Runs the program in a user namespace of its own, with this many of a kind of kernel object. */
const limited = (limit: string, count: number) =>
  inShell(`exec unshare --user --map-root-user sh -c 'echo ${count} > /proc/sys/user/${limit} && exec "$@"' sh "$@"`);

const mayLimit = spawnSync('unshare', [
  '--user',
  '--map-root-user',
  'test',
  '-w',
  '/proc/sys/user/max_inotify_watches',
]);

describe.runIf(mayLimit.status === 0)('with user namespaces (unshare):', () => {
  test.for([
    {
      limit: 'max_inotify_watches',
      reason: /^the kernel has too few inotify watches left for .*; raise fs\.inotify\.max_user_watches \(now \d+\)$/,
    },
    {
      limit: 'max_inotify_instances',
      reason:
        /^the kernel has no inotify instance left .*; raise fs\.inotify\.max_user_instances \(now \d+\) or ulimit -n$/,
    },
  ])('warns once when $limit is used up, with the limit to raise, and finds changes', async ({ limit, reason }) => {
    const services = folderOf({ 'web.yaml': web() });
    for (let folder = 0; folder < 8; folder += 1) mkdirSync(join(services, `folder-${folder}`));
    const { url } = await emulated({ services: [web()] });
    const program = start(['run', '--services', services, '--interval', '0', '--rescan', '100ms'], {
      environment: accountAt(url),
      command: limited(limit, limit === 'max_inotify_watches' ? 6 : 0),
    });
    const daemon = await servedBy(program);
    await program.until((stdout) => stdout.includes('"event":"watching"') && stdout.includes(event));
    const checks = async (): Promise<unknown> => Object((await daemon.get('/healthz')).json).watcher.last_check?.at;
    // Each rescan sets up the watch again, without success.
    for (let rescans = 0; rescans < 3; rescans += 1) {
      const before = await checks();
      await expect.poll(checks, { timeout: 10_000 }).not.toBe(before);
    }
    writeFileSync(join(services, 'web.yaml'), JSON.stringify(web({ http_port: 81 })));
    await program.logged({ event, trigger: 'change', outcome: 'converged' });
    expect(await daemon.get('/healthz')).toMatchObject({
      json: { watcher: { by: 'rescans', reason: expect.stringMatching(reason) } },
    });
    expect(program.stdout()).toMatch(/"level":"warn","time":"[^"]+","event":"watching","by":"rescans"/);
    expect(program.stdout().match(/"event":"watching"/g)).toHaveLength(1);
  });
});
