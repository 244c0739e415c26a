import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountAt, database, emulated, folderOf, SECRET, temporaryFolder, web } from '../cli/command.ts';
import { ran, start } from './program.ts';

const event = 'reconciliation_report';
const WRONG = 'v4-d3JvbmctdG9rZW4tdGhhdC1pcy1zZWNyZXQ';

/** Returns the variables of an account, with the token in a file. */
function withFile(url: string, file: string) {
  const { CLOUDFLARE_API_TOKEN: _, ...account } = accountAt(url);
  return { ...account, CLOUDFLARE_API_TOKEN_FILE: file };
}

/** Creates the volume of a Kubernetes secret with one key, and a function that replaces the value as the kubelet does. */
function secretVolume(token: string) {
  const folder = temporaryFolder();
  let version = 0;
  const publish = (value: string) => {
    const name = `..2026_11_24_${(version += 1)}`;
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'token'), value);
    symlinkSync(name, join(folder, '..data_tmp'));
    renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
    if (version > 1) rmSync(join(folder, `..2026_11_24_${version - 1}`), { recursive: true });
  };
  publish(token);
  symlinkSync('..data/token', join(folder, 'token'));
  return { path: join(folder, 'token'), publish };
}

test('sends one request per pass with a wrong token, and uses a new token within five seconds', async () => {
  const emulator = await emulated({ services: [web({ http_port: 81 }), database({ tcp_port: 1 })] });
  const volume = secretVolume(WRONG);
  const program = start(['run', '--services', folderOf({ 'web.yaml': web(), 'db.yaml': database() })], {
    environment: withFile(emulator.url, volume.path),
  });
  expect(await program.logged({ event, trigger: 'startup' })).toMatchObject({
    outcome: 'denied',
    api: { requests: 1 },
    error: { kind: 'denied', status: 401, code: 10_000 },
  });
  volume.publish(SECRET);
  const published = performance.now();
  expect(await program.logged({ event, outcome: 'converged' })).toMatchObject({ counts: { updated: 2 } });
  expect(performance.now() - published).toBeLessThan(5000);
  expect(emulator.requests.map(({ status }) => status)).toEqual([401, 200, 200, 200]);
  program.send('SIGTERM');
  const { code, stdout, stderr } = await program.ended;
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain(WRONG);
});

test('uses a rotated token', async () => {
  const emulator = await emulated({ services: [web()] });
  const volume = secretVolume(`${SECRET}\n`);
  const program = start(['run', '--services', folderOf({ 'web.yaml': web() }), '--interval', '0'], {
    environment: withFile(emulator.url, volume.path),
  });
  await program.logged({ event, outcome: 'in_sync' });
  volume.publish(WRONG);
  await program.logged({ event: 'credential_changed' });
  expect(await program.logged({ event })).toMatchObject({ trigger: 'change', outcome: 'denied' });
  program.send('SIGTERM');
  const { stdout, stderr } = await program.ended;
  expect(stdout + stderr).not.toContain(WRONG);
});

test('logs once that the token file broke, goes on with the last token, and logs that it is whole again', async () => {
  const emulator = await emulated({ services: [web()] });
  const volume = secretVolume(`${SECRET}\n`);
  const program = start(['run', '--services', folderOf({ 'web.yaml': web() }), '--interval', '0'], {
    environment: withFile(emulator.url, volume.path),
  });
  await program.logged({ event, outcome: 'in_sync' });
  volume.publish(`"${SECRET}"`);
  expect(await program.logged({ event: 'credential_missing' })).toMatchObject({
    msg: 'CLOUDFLARE_API_TOKEN_FILE: expected a token, found quotes around it; remove the quotes; the last token stays in use until the file contains a token',
  });
  volume.publish(SECRET);
  await program.logged({ event: 'credential_restored' });
  program.send('SIGTERM');
  const { stdout } = await program.ended;
  expect(stdout.split('credential_missing')).toHaveLength(2);
});

test('the name of a variable in the place of its value is not redacted', async () => {
  const environment = { CLOUDFLARE_ACCOUNT_ID: 'a', CLOUDFLARE_API_TOKEN: 'CLOUDFLARE_API_TOKEN' };
  const { stderr } = await ran(['plan'], { environment });
  expect(stderr).toBe(
    'vpc-reconciler: CLOUDFLARE_API_TOKEN: expected a token, found the name of a variable; write the token itself\n',
  );
});

test('plan with a wrong token sends one request, says what to check, and exits with 1', async () => {
  const emulator = await emulated({ services: [web()] });
  const { code, stdout } = await ran(['plan', '--services', folderOf({ 'web.yaml': web() })], {
    environment: accountAt(emulator.url, WRONG),
  });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^denied: HTTP 401, code 10000: Authentication error; check the credential/);
  expect(stdout).not.toContain(WRONG);
  expect(emulator.requests).toHaveLength(1);
});

test('sends no more requests when stopped while it waits for the budget, reports and exits with 0', async () => {
  const emulator = await emulated({ services: [web({ http_port: 81 }), database({ tcp_port: 1 })] });
  const program = start(
    ['run', '--services', folderOf({ 'web.yaml': web(), 'db.yaml': database() }), '--request-budget', '2/10m'],
    { environment: accountAt(emulator.url) },
  );
  const waiting = await program.logged({ event: 'waiting' });
  expect(waiting).toMatchObject({
    level: 'info',
    msg: expect.stringMatching(/^waiting 10m: the request budget of 2\/10m is used up$/),
  });
  program.send('SIGTERM');
  expect(await program.logged({ event })).toMatchObject({
    outcome: 'interrupted',
    counts: { updated: 1, withheld: 1, failed: 0 },
  });
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });
  expect(emulator.requests).toHaveLength(2);
});

test('exits at once after a second signal, with a PUT in flight', async () => {
  const emulator = await emulated({
    services: [web({ http_port: 81 })],
    scenario: { share: 1, faults: ['late'], methods: ['PUT'] },
  });
  const program = start(['run', '--services', folderOf({ 'web.yaml': web() })], {
    environment: accountAt(emulator.url),
  });
  await expect.poll(() => emulator.requests.length, { timeout: 10_000 }).toBe(2);
  program.send('SIGTERM');
  await program.logged({ event: 'stopping' });
  program.send('SIGINT');
  expect((await program.ended).code).toBe(130);
});

test('aborts and reports requests in flight after the grace period', async () => {
  const emulator = await emulated({
    services: [web({ http_port: 81 })],
    scenario: { share: 1, faults: ['late'], methods: ['PUT'] },
  });
  const program = start(['run', '--services', folderOf({ 'web.yaml': web() }), '--grace-period', '300ms'], {
    environment: accountAt(emulator.url),
  });
  await expect.poll(() => emulator.requests.length, { timeout: 10_000 }).toBe(2);
  program.send('SIGTERM');
  expect(await program.logged({ event })).toMatchObject({
    outcome: 'interrupted',
    services: [{ result: 'failed', attempts: 1, error: { message: expect.stringContaining('grace_period') } }],
  });
  expect(await program.ended).toMatchObject({ code: 0 });
});

test('withholds a plan beyond the limit, and applies it with the flag that the message names', async () => {
  const emulator = await emulated({ services: [web({ http_port: 81 }), database({ tcp_port: 1 })] });
  const services = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const environment = { ...accountAt(emulator.url), VPC_RECONCILER_MAX_CHANGES: '1' };
  const withheld = await ran(['apply', '--services', services], { environment });
  expect(withheld.code).toBe(1);
  const [flags = ''] = /--max-changes \d+/.exec(withheld.stdout) ?? [];
  expect(emulator.requests).toHaveLength(1);
  const allowed = await ran(['apply', '--services', services, ...flags.split(' ')], { environment });
  expect(allowed).toMatchObject({ code: 0, stdout: expect.stringContaining('2 updated') });
});
