import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAKE_TOKEN } from '../../src/emulator/fake-account.ts';
import { accountAt, database, emulated, folderOf, SECRET, temporaryFolder, web } from '../cli/command.ts';
import { after, ran, start } from './program.ts';
import type { Program } from './program.ts';
import { servedBy } from './serving.ts';

// `start` checks that the output of every program does not contain the secret.

const event = 'reconciliation_report';

/** Starts a daemon in a process that runs this code first, and waits for a pass. */
async function running(code: string, ...flags: readonly string[]): Promise<Program> {
  const { url } = await emulated({ services: [web()] });
  const services = folderOf({ 'web.yaml': web() });
  const program = start(['run', '--services', services, '--interval', '100ms'], {
    environment: accountAt(url),
    command: after(code, ...flags),
  });
  await program.logged({ event, outcome: 'in_sync' });
  return program;
}

test('reports an unhandled rejection in one line without secrets, and continues', async () => {
  const program = await running(`
    process.on('SIGUSR2', () => void Promise.reject(new TypeError('no\\n"' + process.env.CLOUDFLARE_API_TOKEN + '"')));
  `);
  program.send('SIGUSR2');
  await program.stderrMatches(/\n/);
  await program.logged({ event, outcome: 'in_sync' });
  await program.logged({ event, outcome: 'in_sync' });
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({
    code: 0,
    stderr:
      String.raw`vpc-reconciler: internal error, continuing: unhandled rejection: TypeError: no\u{a}"[redacted]"` +
      '\n',
  });
});

test.for([
  { thrown: `new Error('no ' + process.env.CLOUDFLARE_API_TOKEN)`, told: 'Error: no [redacted]' },
  { thrown: `process.env.CLOUDFLARE_API_TOKEN`, told: '[redacted]' },
  { thrown: `Object.create(null)`, told: 'a value without a text was thrown' },
])('reports an uncaught exception in one line without secrets, and exits with 1: $told', async (row) => {
  const program = await running(`process.on('SIGUSR2', () => setTimeout(() => { throw ${row.thrown}; }));`);
  program.send('SIGUSR2');
  expect(await program.ended).toMatchObject({ code: 1, stderr: `vpc-reconciler: internal error: ${row.told}\n` });
});

test('reports a warning of Node in one line without secrets', async () => {
  const program = await running(`process.on('SIGUSR2', () => process.emitWarning(process.env.CLOUDFLARE_API_TOKEN));`);
  program.send('SIGUSR2');
  await program.stderrMatches(/^vpc-reconciler: Warning: \[redacted\]\n$/);
});

test('reports an internal error of a command in one line, with exit code 1', async () => {
  // The first function that a command calls.
  const code = `process.env = new Proxy(process.env, { get(of, name) { if (name === 'VPC_RECONCILER_CONFIG') throw new Error('no ' + of.CLOUDFLARE_API_TOKEN); return of[name]; } });`;
  const ended = await ran(['validate'], { environment: { CLOUDFLARE_API_TOKEN: SECRET }, command: after(code) });
  expect(ended).toEqual({ code: 1, stdout: '', stderr: 'vpc-reconciler: internal error: Error: no [redacted]\n' });
});

test('a diagnostic report contains neither the environment nor the network', async () => {
  const folder = temporaryFolder();
  const program = await running('', '--report-on-signal', `--report-directory=${folder}`);
  program.send('SIGUSR2');
  await program.stderrMatches(/Node\.js report completed/);
  const [name = ''] = readdirSync(folder);
  const report = readFileSync(join(folder, name), 'utf8');
  expect(JSON.parse(report)).toMatchObject({ header: { trigger: 'Signal' } });
  expect(report).not.toContain(SECRET);
  expect(JSON.parse(report)).not.toHaveProperty('environmentVariables');
  expect(JSON.parse(report)).not.toHaveProperty('header.networkInterfaces');
});

test.for(['json', 'pretty'] as const)('the %s log redacts the token in every text', async (format) => {
  // The token as the name of a service, which a report contains.
  const services = folderOf({ 'web.yaml': web({ name: SECRET }) });
  const { url } = await emulated({ services: [web()] });
  const environment = { ...accountAt(url), VPC_RECONCILER_LOG_FORMAT: format };
  const { code, stdout } = await ran(['run', '--once', '--services', services], { environment });
  expect(code).toBe(0);
  expect(stdout).toContain('[redacted]');
});

test('results redact the token from the environment and from a file', async () => {
  const services = folderOf({ 'web.yaml': web({ name: SECRET }) });
  const { url } = await emulated({ services: [web()] });
  const { CLOUDFLARE_API_TOKEN: token = '', ...account } = accountAt(url);
  const file = join(temporaryFolder(), 'token');
  writeFileSync(file, `${token}\n`);
  for (const credentials of [{ CLOUDFLARE_API_TOKEN: token }, { CLOUDFLARE_API_TOKEN_FILE: file }]) {
    for (const output of ['text', 'json']) {
      const line = ['plan', '--services', services, '--output', output];
      const { code, stdout } = await ran(line, { environment: { ...account, ...credentials } });
      expect(code).toBe(2);
      expect(stdout).toContain('[redacted]');
    }
  }
});

test('messages about wrong usage redact the token and the key', async () => {
  for (const name of ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_KEY']) {
    const { stderr } = await ran(['plan', '--output', SECRET], { environment: { [name]: SECRET } });
    expect(stderr).toContain("argument '[redacted]' is invalid");
  }
});

test("does not redact the emulator's token, even if it is in the environment", async () => {
  const environment = { CLOUDFLARE_API_TOKEN: FAKE_TOKEN };
  const emulator = start(['emulate', '--seed', 'empty'], { environment });
  await emulator.until((stdout) => stdout.includes(`export CLOUDFLARE_API_TOKEN=${FAKE_TOKEN}\n`));
});

test('redacts secrets in Markdown, although it escapes their characters', async () => {
  const token = 'cfut_AbCdEfGhIj_KlMnOpQrStUv-WxYz0123456789';
  const emulator = await emulated({ token, services: [web({ http_port: 81, name: token })] });
  const { code, stdout } = await ran(
    ['plan', '--services', folderOf({ [`${token}.yaml`]: web() }), '--output', 'markdown'],
    { environment: accountAt(emulator.url, token) },
  );
  expect(code).toBe(2);
  const read = stdout.replaceAll(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)));
  expect(read).not.toContain(token.slice(0, 16));
  expect(read).toContain('[redacted]');
});

test('redacts secrets on the status page, although markup escapes their characters', async () => {
  const token = `'<open>&"sesame"'-0123456789`;
  const emulator = await emulated({ token, services: [web({ name: 'web' }), database()] });
  const program = start(['run', '--services', folderOf({ 'web.yaml': web({ name: token }) })], {
    environment: accountAt(emulator.url, token),
  });
  const daemon = await servedBy(program);
  await daemon.until('/api/report', ({ status }) => status === 200);
  const page = await daemon.text('/');
  const read = page.replaceAll(/&#(\d+);/g, (_, number) => String.fromCodePoint(Number(number)));
  expect(read).toContain('[redacted]');
  expect(read).not.toContain('open>');
  expect(read).not.toContain('sesame');
});
