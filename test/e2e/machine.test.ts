import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, renameSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountAt, emulated, folderOf, SECRET, temporaryFolder, web } from '../cli/command.ts';
import { after, inShell, start } from './program.ts';
import type { Program } from './program.ts';
import { servedBy } from './serving.ts';

const event = 'reconciliation_report';

/** A daemon with a pass every 100 ms. */
async function running(services: string, command: readonly [string, ...string[]]): Promise<Program> {
  const { url } = await emulated({ services: [web()] });
  const line = ['run', '--services', services, '--interval', '100ms'];
  return start(line, { environment: accountAt(url), command });
}

/** On SIGUSR2 sets the clock on the wall back by an hour and ten minutes. */
const jumper = `
  const { now } = Date;
  let ahead = 0;
  globalThis.Date = class extends Date {
    constructor(...parts) { super(...(parts.length === 0 ? [now() + ahead] : parts)); }
    static now() { return now() + ahead; }
  };
  process.on('SIGUSR2', () => { ahead -= 4_200_000; });
`;

test('a clock that jumps is told, once, and passes go on as before', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const program = await running(services, after(jumper));
  await program.logged({ event, outcome: 'in_sync' });
  program.send('SIGUSR2');
  const { level, by_ms } = await program.logged({ event: 'clock_jumped' });
  expect(level).toBe(40);
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

test('once the clock has jumped, the next pass is told by the new time, at once, and to who looks on', async () => {
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
  // On the hour, to the second, and never farther than the next one.
  expect(Math.round(Date.parse(at) / 1000) % 3600).toBe(0);
  expect(in_seconds).toBeLessThanOrEqual(3600);

  await program.logged({ event: 'clock_jumped' });
  let told = '';
  while (!told.includes('event: phase')) told += (await events?.read())?.value ?? '';
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

/** A resolver that never answers, as one sees it from within. */
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

test('a resolver that does not answer fails a pass after request_timeout, and the daemon goes on', async () => {
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

test('told to stop while a resolver does not answer, the daemon ends long before request_timeout', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const told = stuckResolver.replace('() => {}', `() => { process.stderr.write('asked\\n'); }`);
  const program = start(['run', '--services', services, '--request-timeout', '10m'], {
    environment: atAnAddressNobodyKnows,
    command: after(told),
  });
  await program.told(/asked/);
  program.send('SIGTERM');
  expect(await program.logged({ event })).toMatchObject({ outcome: 'interrupted' });
  expect(await program.ended).toMatchObject({ code: 0, stderr: 'asked\n' });
});

test('a thread that is stuck in the system keeps no process from ending', async () => {
  // Whoever opens a named pipe waits until somebody opens its other end.
  const pipe = join(temporaryFolder(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const stuckThread = `import { open } from 'node:fs'; open(${JSON.stringify(pipe)}, 'r', () => {});`;
  const program = await running(folderOf({ 'web.yaml': web() }), after(stuckThread));
  await program.logged({ event, outcome: 'in_sync' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

/**
 * A daemon on a file system that hangs from when it listens: the one thread that asks the file system in the process's stead waits
 * for somebody to open the other end of a named pipe, which `release` does.
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

test('a file system that lets no watch stand is told, and looked at again and again until one stands', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const { program, release } = await hanging(services);
  const daemon = await servedBy(program);
  await program.logged({ event, outcome: 'in_sync' });
  const reason = `the watcher of ${services} was not ready within 10s`;
  expect(await program.logged({ event: 'watching' })).toMatchObject({ level: 40, by: 'rescans', reason });
  // It is tried again, and then all the same: no more watches than one wait for an answer.
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

test('a watch that stands late is one all the same', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const { program, release } = await hanging(services, '1h'); // No other one is put up in its place.
  await program.logged({ event: 'watching', by: 'rescans' });
  release();
  await program.logged({ event: 'watching', by: 'events' });
  writeFileSync(join(services, 'web.yaml'), JSON.stringify(web({ http_port: 81 })));
  await program.logged({ event, trigger: 'change', outcome: 'converged' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
});

test('told to stop while the file system lets no watch stand, the daemon ends long before grace_period', async () => {
  const { program } = await hanging(folderOf({ 'web.yaml': web() }));
  await program.logged({ event, outcome: 'in_sync' });
  program.send('SIGTERM');
  const told = performance.now();
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  expect(performance.now() - told).toBeLessThan(10_000);
});

/** On SIGUSR2 takes all file descriptors that there are, and on the next one gives them back. */
const glutton = `
  import { closeSync, openSync } from 'node:fs';
  const taken = [];
  process.on('SIGUSR2', () => {
    if (taken.length > 0) for (const fd of taken.splice(0)) closeSync(fd);
    else try { for (;;) taken.push(openSync('/dev/null')); } catch {}
  });
`;

test('out of file descriptors, passes fail and say so; the daemon recovers, and sees what happened meanwhile', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const program = await running(services, inShell('ulimit -n 100; exec "$@"', after(glutton)));
  await program.logged({ event, outcome: 'in_sync' });

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
