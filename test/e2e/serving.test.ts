import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { accountAt, database, emulated, folderOf, temporaryFolder, web } from '../cli/command.ts';
import { success } from '../cloudflare/server.ts';
import { git } from '../source/git.ts';
import { ran, start } from './program.ts';
import type { Program } from './program.ts';
import { servedBy } from './serving.ts';
import type { Served } from './serving.ts';

const event = 'reconciliation_report';
const TOKEN = 'correct-horse-battery-staple';

type Running = { readonly program: Program; readonly daemon: Served; readonly folder: string };

/** Starts a daemon and waits for its first pass, which converges. */
async function converged(...flags: readonly string[]): Promise<Running> {
  return convergedWith({}, ...flags);
}

async function convergedWith(environment: Readonly<Record<string, string>>, ...flags: string[]): Promise<Running> {
  const emulator = await emulated({ services: [web({ http_port: 81 }), database()] });
  const folder = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const program = start(['run', '--services', folder, '--interval', '0', ...flags], {
    environment: { ...accountAt(emulator.url), ...environment },
  });
  const daemon = await servedBy(program);
  await daemon.until('/api/report', ({ status }) => status === 200);
  return { program, daemon, folder };
}

async function post({ url }: Served, path: string, token?: string): Promise<{ status: number; json: unknown }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const response = await fetch(url + path, { method: 'POST', headers, signal: AbortSignal.timeout(20_000) });
  return { status: response.status, json: await response.json() };
}

test('serves the same reports as the log, newest first', async () => {
  const { program, daemon, folder } = await converged();
  const first = await program.logged({ event, trigger: 'startup' });
  writeFileSync(join(folder, 'web.yaml'), JSON.stringify(web({ http_port: 82 })));
  const second = await program.logged({ event, trigger: 'change' });
  await daemon.until('/api/report', ({ json }) => Object(json).run_id === second['run_id']);
  const { json: reports } = await daemon.get('/api/reports');
  expect(reports).toHaveLength(2);
  for (const [index, logged] of [second, first].entries()) {
    const { level: _, time: __, event: ___, msg: ____, ...report } = logged;
    expect(withoutNulls(Object(reports)[index])).toEqual(report);
  }
  expect((await daemon.get('/api/report')).json).toEqual(Object(reports)[0]);
});

/** Returns a report without the fields that are null, as in the log. */
function withoutNulls(report: unknown): unknown {
  return JSON.parse(JSON.stringify(report, (_, value: unknown) => (value === null ? undefined : value)));
}

test('serves metrics of the same passes and requests', async () => {
  const { daemon } = await converged();
  const metrics = await daemon.text('/metrics');
  for (const line of [
    'vpc_reconciler_passes_total{outcome="converged",trigger="startup"} 1',
    'vpc_reconciler_api_requests_total{method="GET",status="200"} 1',
    'vpc_reconciler_api_requests_total{method="PUT",status="200"} 1',
    'vpc_reconciler_updates_total{result="updated"} 1',
    'vpc_reconciler_request_budget_limit{window="1"} 1100',
    'vpc_reconciler_request_budget_remaining{window="1"} 1098',
    'vpc_reconciler_ready 1',
    'vpc_reconciler_healthy 1',
  ]) {
    expect(metrics).toContain(`${line}\n`);
  }
});

test('serves the page with its stylesheet, script, and links', async () => {
  const { daemon } = await converged();
  const page = await daemon.text('/');
  expect(page).toMatch(/^<!doctype html>/i);
  expect(page).toContain('web');
  const parts = [...page.matchAll(/(?:href|src)="(\/[^"]+)"/g)].map(([, path]) => path);
  expect(parts).toEqual(expect.arrayContaining(['/page.css', '/page.js']));
  for (const path of parts) expect((await fetch(daemon.url + path)).status).toBe(200);
});

test('sends an event when a pass ends', async () => {
  const { daemon, folder } = await converged();
  const disconnect = new AbortController();
  const response = await fetch(`${daemon.url}/api/events`, { signal: disconnect.signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  writeFileSync(join(folder, 'web.yaml'), JSON.stringify(web({ http_port: 82 })));
  let text = '';
  while (!/^event: report\ndata: .*"trigger":"change".*\n\n/m.test(text)) text += (await reader?.read())?.value ?? '';
  expect(text).toMatch(/^event: phase$/m);
  disconnect.abort();
});

describe('a request for a pass', () => {
  test('is refused when no token is set', async () => {
    const { daemon } = await converged();
    expect(await post(daemon, '/api/reconcile', 'none')).toEqual({
      status: 403,
      json: {
        error: 'requests that need a token are turned off; set reconcile_token or reconcile_token_file to turn them on',
      },
    });
  });

  test('is refused without the right token', async () => {
    const { daemon, program } = await convergedWith({ VPC_RECONCILER_RECONCILE_TOKEN: TOKEN });
    for (const token of [undefined, '', 'x', TOKEN.slice(1), `${TOKEN}x`, TOKEN.toUpperCase(), `${TOKEN} x`]) {
      expect(await post(daemon, '/api/reconcile?wait=true', token)).toMatchObject({ status: 401 });
    }
    const basic = { authorization: `Basic ${Buffer.from(`:${TOKEN}`).toString('base64')}` };
    const response = await fetch(`${daemon.url}/api/reconcile`, { method: 'POST', headers: basic });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
    expect((await fetch(`${daemon.url}/api/reconcile?token=${TOKEN}`, { method: 'POST' })).status).toBe(401);
    expect((await daemon.get('/api/reports')).json).toHaveLength(1);
    expect(program.stdout() + program.stderr()).not.toContain(TOKEN);
  });

  test('is answered at once, or with the report when the client waits', async () => {
    const { daemon, program } = await convergedWith({ VPC_RECONCILER_RECONCILE_TOKEN: TOKEN });
    expect(await post(daemon, '/api/reconcile?wait=true', TOKEN)).toMatchObject({
      status: 200,
      json: { trigger: 'request', outcome: 'in_sync' },
    });
    expect(await post(daemon, '/api/reconcile?wait=maybe', TOKEN)).toMatchObject({ status: 400 });
    expect(await post(daemon, '/api/reconcile', TOKEN)).toEqual({ status: 202, json: { accepted: true } });
    await program.logged({ event, trigger: 'request' });
    await program.logged({ event, trigger: 'request' });
  });

  test('uses the current token in the file', async () => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, `${TOKEN}\n`);
    const { daemon, program } = await converged('--reconcile-token-file', file);
    expect(await post(daemon, '/api/reconcile', TOKEN)).toMatchObject({ status: 202 });
    writeFileSync(file, 'another-token-of-mine\n');
    expect(await post(daemon, '/api/reconcile', TOKEN)).toMatchObject({ status: 401 });
    expect(await post(daemon, '/api/reconcile', 'another-token-of-mine')).toMatchObject({ status: 202 });
    expect(program.stdout() + program.stderr()).not.toMatch(/correct-horse|another-token/);
  });

  const NO_TOKEN = {
    status: 503,
    json: { error: 'reconcile_token_file holds no token; requests that need one are refused until it does' },
  };

  test.for([
    { spoil: rmSync, why: 'found that it cannot be read: no such file or folder' },
    { spoil: (file: string) => writeFileSync(file, '\n'), why: 'found an empty file' },
    { spoil: (file: string) => writeFileSync(file, 'fifteen-letters'), why: 'found a shorter one' },
    { spoil: (file: string) => writeFileSync(file, 'two words of a token'), why: 'found other characters' },
    { spoil: (file: string) => (rmSync(file), mkdirSync(file)), why: 'found a path that is not a regular file' },
  ])('is refused while the file is missing or holds no token: $why', async ({ spoil, why }) => {
    const file = join(temporaryFolder(), 'token');
    writeFileSync(file, TOKEN);
    const { daemon, program } = await converged('--reconcile-token-file', file);
    expect(await post(daemon, '/api/reconcile', TOKEN)).toMatchObject({ status: 202 });
    spoil(file);
    for (const shown of [TOKEN, undefined, 'fifteen-letters']) {
      expect(await post(daemon, '/api/reconcile', shown)).toEqual(NO_TOKEN);
    }
    expect((await daemon.get('/healthz')).status).toBe(200);
    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, TOKEN);
    expect(await post(daemon, '/api/reconcile', TOKEN)).toMatchObject({ status: 202 });
    const { msg } = await program.logged({ event: 'reconcile_token_missing' });
    expect(msg).toMatch(
      /^reconcile_token_file: expected .*; POST \/api\/reconcile is refused until the file contains a token$/,
    );
    expect(msg).toContain(`${why}; `);
    await program.logged({ event: 'reconcile_token_restored' });
    expect(program.stdout().split('reconcile_token_missing')).toHaveLength(2);
  });
});

test('refuses a request for a pass while the process is shutting down', async () => {
  let put: ServerResponse | undefined;
  const api = createServer((request, response) => {
    if (request.method === 'PUT') put = response;
    else response.end(JSON.stringify(success([web({ http_port: 81 })])));
  });
  await once(api.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void api.close());
  const address = api.address();
  if (address === null || typeof address === 'string') throw new Error('expected a port');
  const program = start(['run', '--services', folderOf({ 'web.yaml': web() })], {
    environment: { ...accountAt(`http://127.0.0.1:${address.port}`), VPC_RECONCILER_RECONCILE_TOKEN: TOKEN },
  });
  const daemon = await servedBy(program);
  await expect.poll(() => put, { timeout: 10_000 }).toBeDefined();
  const waiting = post(daemon, '/api/reconcile?wait=true', TOKEN);
  program.send('SIGTERM');
  await daemon.until('/readyz', ({ json }) => Object(json).reason === 'shutting down');
  const refused = { status: 503, json: { error: 'no pass will start: the process is shutting down' } };
  for (const path of ['/api/reconcile', '/api/reconcile?wait=true']) {
    expect(await post(daemon, path, TOKEN)).toEqual(refused);
  }
  put?.end(JSON.stringify(success(web())));
  expect(await waiting).toEqual(refused);
  expect(await program.ended).toMatchObject({ code: 0 });
});

describe('ends with exit code 1 and says what to do', () => {
  test('when the port is in use', async () => {
    const { daemon } = await converged();
    const emulator = await emulated();
    const listen = new URL(daemon.url).host;
    const { code, stderr } = await ran(
      ['run', '--services', folderOf({ 'web.yaml': web() }), '--http-listen', listen],
      {
        environment: accountAt(emulator.url),
      },
    );
    expect(code).toBe(1);
    expect(stderr).toBe(
      `vpc-reconciler: http_listen: cannot listen on ${listen}: the port is in use, perhaps by another vpc-reconciler; choose another port, or "none" to turn the server off\n`,
    );
    expect(emulator.requests).toEqual([]);
  });

  test.for([
    { listen: '192.0.2.1:8484', why: 'this machine has no such address' },
    { listen: 'nosuch.invalid:8484', why: 'this machine has no such address' },
  ])('when it cannot listen on $listen', async ({ listen, why }) => {
    const environment = accountAt((await emulated()).url);
    const { code, stderr } = await ran(
      ['run', '--services', folderOf({ 'web.yaml': web() }), '--http-listen', listen],
      { environment },
    );
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `vpc-reconciler: http_listen: cannot listen on ${listen}: ${why}\n`,
    });
  });

  test.for([
    { text: 'short', why: 'expected a token of at least 16 characters, found a shorter one' },
    { text: '', why: 'expected a token, found an empty file' },
    { text: null, why: 'expected a file that holds the token, found that it cannot be read: no such file or folder' },
  ])('when the token file holds no token: $text', async ({ text, why }) => {
    const file = join(temporaryFolder(), 'token');
    if (text !== null) writeFileSync(file, text);
    const environment = accountAt((await emulated()).url);
    const { code, stderr } = await ran(
      ['run', '--services', folderOf({ 'web.yaml': web() }), '--reconcile-token-file', file],
      {
        environment,
      },
    );
    expect({ code, stderr }).toEqual({ code: 1, stderr: `vpc-reconciler: reconcile_token_file: ${why}\n` });
  });
});

test('serves nothing when turned off, or with --once', async () => {
  const emulator = await emulated({ services: [web()] });
  for (const flags of [['--http-listen', 'none'], ['--once']]) {
    const program = start(['run', '--services', folderOf({ 'web.yaml': web() }), ...flags], {
      environment: accountAt(emulator.url),
    });
    await program.logged({ event, outcome: 'in_sync' });
    program.send('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(program.stdout()).not.toContain('serving');
  }
});

test('reports a commit that changes no declaration, also in metrics', async () => {
  const folder = folderOf({ 'web.yaml': web() });
  git(folder, 'init', '--quiet');
  git(folder, 'add', '--all');
  const { url } = await emulated({ services: [web()] });
  const program = start(['run', '--services', folder, '--interval', '0', '--rescan', '200ms'], {
    environment: accountAt(url),
  });
  const daemon = await servedBy(program);
  await program.logged({ event, outcome: 'in_sync' });
  expect(await daemon.text('/metrics')).toContain('vpc_reconciler_source_info{revision=""} 1\n');
  const revisions: string[] = [];
  for (const message of ['one', 'two']) {
    git(folder, 'commit', '--quiet', '--allow-empty', '--message', message);
    const revision = git(folder, 'rev-parse', 'HEAD');
    revisions.push(revision);
    await daemon.until('/api/report', ({ json }) => Object(json).source.revision === revision);
  }
  const metrics = await daemon.text('/metrics');
  expect(metrics).toContain(`vpc_reconciler_source_info{revision="${revisions.at(-1)}"} 1\n`);
  expect(metrics.match(/^vpc_reconciler_source_info/gm)).toHaveLength(1);
});
