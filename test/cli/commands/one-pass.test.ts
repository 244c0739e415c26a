import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { stopReason } from '../../../src/cli/program.ts';
import { EXAMPLE_TUNNEL } from '../../../src/emulator/emulator.ts';
import { unusedUrl, refusal, replying, served, success } from '../../cloudflare/server.ts';
import { accountAt, command, database, emulated, folderOf, SECRET, web } from '../command.ts';
import type { Ended, Environment } from '../command.ts';

const declared = () => folderOf({ 'web.yaml': web(), 'db.yaml': database() });

/** Parses the report, which is all of stdout. */
function reportOf({ stdout }: Ended): Record<string, unknown> {
  return Object(JSON.parse(stdout));
}

test('plan exits with 0 if all services are in sync', async () => {
  const { url, requests } = await emulated({ services: [web(), database()] });
  const ended = await command(['plan', '--services', declared()], { environment: accountAt(url) });
  expect(ended).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^in sync: 2 services \(\d+ ms, 1 request\)\n$/),
    stderr: '',
  });
  expect(requests).toHaveLength(1);
});

test('plan exits with 2 if changes are pending, and writes nothing', async () => {
  const { url, requests } = await emulated({ services: [web({ http_port: 81 }), database()] });
  const services = declared();
  const ended = await command(['plan', '--services', services], { environment: accountAt(url) });
  expect({ ...ended, stdout: ended.stdout.split('\n') }).toEqual({
    code: 2,
    stdout: [
      `~ web  0191e3a4-5b6c-7d8e-9f00-112233445566  ${services}/web.yaml:1`,
      '    http_port  81 → 8080',
      '  = to be updated',
      expect.stringMatching(/^pending: 1 to update, 1 in sync \(\d+ ms, 1 request\)$/),
      '',
    ],
    stderr: '',
  });
  expect(requests.map(({ method }) => method)).toEqual(['GET']);
});

test('apply exits with 0 after all updates, and again if all services are in sync', async () => {
  const { url, services } = await emulated({ services: [web({ http_port: 81 }), database({ name: 'old' })] });
  const line = ['apply', '--services', declared(), '--output', 'json'];
  const first = await command(line, { environment: accountAt(url) });
  expect(first).toMatchObject({ code: 0, stderr: '' });
  expect(reportOf(first)).toMatchObject({
    trigger: 'command',
    mode: 'apply',
    outcome: 'converged',
    counts: { updated: 2 },
  });
  expect(services()).toMatchObject([web(), database()]);
  const second = await command(line, { environment: accountAt(url) });
  expect(second.code).toBe(0);
  expect(reportOf(second)).toMatchObject({ outcome: 'in_sync', services: [] });
});

test('--output json prints the report and nothing else', async () => {
  const { url, accountId } = await emulated({ services: [web({ http_port: 81 })] });
  const services = declared();
  const ended = await command(['plan', '--services', services, '--output', 'json'], { environment: accountAt(url) });
  expect(ended).toMatchObject({ code: 2, stderr: '' });
  const report = reportOf(ended);
  expect(Object.keys(report).sort()).toEqual(
    [
      'schema_version',
      'run_id',
      'trigger',
      'mode',
      'account_id',
      'source',
      'started_at',
      'paused',
      'superseded',
      'finished_at',
      'duration_ms',
      'outcome',
      'counts',
      'api',
      'unconfirmed',
      'next_expiry',
      'services',
      'problems',
      'error',
    ].sort(),
  );
  expect(report).toMatchObject({
    schema_version: 2,
    mode: 'plan',
    account_id: accountId,
    source: { path: services, revision: null, files: 2 },
    outcome: 'partial',
    counts: { declared: 2, drifted: 1, missing: 1 },
    services: [
      { name: 'web', finding: 'drifted', action: 'update', result: null },
      { name: 'db', finding: 'missing' },
    ],
  });
});

test.for(['plan', 'apply'])('%s exits with 1 if a file is invalid or the folder cannot be read', async (name) => {
  const { url } = await emulated({ services: [web()] });
  const environment = accountAt(url);
  const broken = folderOf({ 'web.yaml': web(), 'broken.yaml': 'name: [' });
  const cases = [
    { services: broken, message: `${broken}/broken.yaml:1:` },
    { services: join(broken, 'nowhere'), message: 'expected a folder of declarations, found nothing there' },
    { services: folderOf({ 'README.md': '# none' }), message: 'expected at least one declaration' },
  ];
  for (const { services, message } of cases) {
    const { code, stdout, stderr } = await command([name, '--services', services], { environment });
    expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
    expect(stdout).toContain(message);
  }
});

test('plan exits with 2, and apply with 1, if a service is missing or its update is withheld', async () => {
  const { url } = await emulated({ services: [web({ http_port: 81 })] });
  const environment = accountAt(url);
  const missing = ['--services', declared()];
  const withheld = ['--services', folderOf({ 'web.yaml': web() }), '--max-changes', '0'];
  for (const line of [withheld, missing]) {
    expect(await command(['plan', ...line], { environment })).toMatchObject({ code: 2 });
    expect(await command(['apply', ...line, '--mode', 'detect'], { environment })).toMatchObject({ code: 2 });
    expect(await command(['apply', ...line], { environment })).toMatchObject({ code: 1 });
  }
  const denied = { environment: accountAt(url, 'another-token-of-someone') };
  expect(await command(['plan', ...missing], denied)).toMatchObject({ code: 1 });
});

test('accepts an empty folder with --allow-empty', async () => {
  const { url } = await emulated({ services: [web()] });
  const line = ['plan', '--allow-empty', '--services', folderOf({})];
  expect(await command(line, { environment: accountAt(url) })).toMatchObject({ code: 0, stderr: '' });
});

test('apply exits with 1 if the API rejects an update', async () => {
  const { url } = await emulated({ services: [web({ http_port: 81 })], tunnels: [] });
  const ended = await command(['apply', '--services', folderOf({ 'web.yaml': web() })], {
    environment: accountAt(url),
  });
  expect(ended).toMatchObject({ code: 1, stderr: '' });
  expect(ended.stdout).toContain('! failed: HTTP 400, code 5101: ');
});

/** Responses of a wrong API, or to a wrong credential, and the line that reports each. */
const DENIALS: readonly { readonly reason: string; readonly url: () => Promise<string>; readonly message: RegExp }[] = [
  {
    reason: 'the token is wrong',
    url: async () => (await emulated({ token: 'another-token' })).url,
    message: /^denied: .*check the credential/,
  },
  {
    reason: 'the account id is wrong',
    url: async () => (await emulated({ accountId: 'another' })).url,
    message: /^denied: HTTP 40[34].*\n$/,
  },
  {
    reason: 'the path of the base URL is wrong',
    url: async () => (await emulated()).url.replace('/client/v4', ''),
    message: /^denied: HTTP 404.*check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_BASE_URL/,
  },
  {
    reason: 'a web server responds with a page',
    url: async () => (await replying({ status: 404, body: '<!doctype html><title>404</title>' })).url,
    message: /^denied: HTTP 404: the response is a web page, "404", and not in .*; check .*CLOUDFLARE_BASE_URL/,
  },
  {
    reason: 'a web server redirects',
    url: async () => (await replying({ status: 302, headers: { location: 'https://example.com/' } })).url,
    message: /^denied: HTTP 302.*; the redirect to example\.com is not followed: check CLOUDFLARE_BASE_URL/,
  },
  {
    reason: 'the permission is missing',
    url: async () => (await replying({ status: 403, body: refusal(10_000, 'Authentication error') })).url,
    message: /^denied: HTTP 403, code 10000: Authentication error; check the credential/,
  },
];

test.for(DENIALS)('plan prints one line if $reason', async ({ url, message }) => {
  const ended = await command(['plan', '--services', declared()], { environment: accountAt(await url()) });
  expect(ended).toMatchObject({ code: 1, stderr: '' });
  expect(ended.stdout).toMatch(message);
  expect(ended.stdout.split('\n')).toHaveLength(2);
});

test.for([
  { reason: 'the connection is refused', url: unusedUrl },
  { reason: 'the response is a page', url: async () => (await replying({ body: '<html>' })).url },
  { reason: 'there is no response', url: async () => (await served(() => {})).url },
])('plan fails at --pass-timeout if $reason', async ({ url }) => {
  const line = ['plan', '--services', declared(), '--pass-timeout', '200ms', '--output', 'json'];
  const ended = await command(line, { environment: accountAt(await url()) });
  expect(ended).toMatchObject({ code: 1, stderr: '' });
  expect(reportOf(ended)).toMatchObject({ outcome: 'failed', error: { kind: 'transient' } });
});

test.for(['plan', 'apply', 'import'])('%s prints one notice if the list is slow', async (name) => {
  const noticed = Promise.withResolvers<void>();
  const { url } = await served((_, response) => {
    // Respond only after the notice.
    void noticed.promise.then(() => response.end(JSON.stringify(success([web()]))));
  });
  const json = name === 'import' ? [] : ['--output', 'json'];
  const ended = await command([name, '--services', folderOf({ 'web.yaml': web() }), ...json], {
    environment: accountAt(url),
    onOutput: (text) => {
      if (text.includes('waiting')) noticed.resolve();
    },
  });
  expect(ended.code).toBe(0);
  const waiting = `vpc-reconciler: waiting for ${new URL(url).host} to list the services\n`;
  expect(ended.stderr.startsWith(waiting)).toBe(true);
  expect(ended.stderr.match(/waiting/g)).toHaveLength(1);
  if (name !== 'import') expect(reportOf(ended)).toMatchObject({ outcome: 'in_sync' });
});

test('plan advises what to check if the connection is refused', async () => {
  const ended = await command(['plan', '--services', declared(), '--pass-timeout', '1s'], {
    environment: accountAt(await unusedUrl()),
  });
  expect(ended.stdout).toMatch(
    /^failed: .*GET 127\.0\.0\.1:\d+: connection refused \(ECONNREFUSED\); check CLOUDFLARE_BASE_URL \(/,
  );
});

test.for<{ kind: string; set: (token: string) => Environment; from: string }>([
  { kind: 'a token', set: (token) => ({ CLOUDFLARE_API_TOKEN: token }), from: 'CLOUDFLARE_API_TOKEN' },
  {
    kind: 'a token in a file',
    set: (token) => ({
      CLOUDFLARE_API_TOKEN: '',
      CLOUDFLARE_API_TOKEN_FILE: join(folderOf({ token }), 'token'),
      CLOUDFLARE_EMAIL: 'ops@example.com',
      CLOUDFLARE_API_KEY: token,
    }),
    from: 'CLOUDFLARE_API_TOKEN_FILE',
  },
  {
    kind: 'email and key',
    set: (token) => ({ CLOUDFLARE_API_TOKEN: ' ', CLOUDFLARE_EMAIL: 'ops@example.com', CLOUDFLARE_API_KEY: token }),
    from: 'CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY',
  },
])('a denial names the variable of the credential: $kind', async ({ set, from }) => {
  const { url } = await replying({ status: 403, body: refusal(10_000, 'Authentication error') });
  const environment = { ...accountAt(url), ...set(SECRET) };
  const { stdout } = await command(['plan', '--services', declared()], { environment });
  expect(stdout).toContain(`Authentication error; check the credential in ${from}: updates need`);
});

test('plan and apply need no account with --emulator', async () => {
  const line = ['--emulator', '--services', declared(), '--output', 'json'];
  const plan = await command(['plan', ...line]);
  expect(plan).toMatchObject({ code: 2, stderr: '' });
  expect(reportOf(plan)).toMatchObject({ outcome: 'pending', counts: { drifted: 1, unmanaged: 1, in_sync: 1 } });
  const apply = await command(['apply', ...line]);
  expect(apply).toMatchObject({ code: 0, stderr: '' });
  expect(reportOf(apply)).toMatchObject({ outcome: 'converged', counts: { updated: 1 } });
});

test('with --emulator, the report contains an error if the folder cannot be read', async () => {
  const ended = await command(['plan', '--emulator', '--services', '/nowhere']);
  expect(ended).toMatchObject({ code: 1, stderr: '' });
  expect(ended.stdout).toMatch(/^failed: \/nowhere: expected a folder of declarations, found nothing there/);
});

/** Serves an account with one drifted service, whose PUT waits until the test calls `respond`. */
async function slowAccount() {
  const putting = Promise.withResolvers<void>();
  const allowed = Promise.withResolvers<void>();
  const { url, seen } = await served(({ method }, response) => {
    if (method === 'GET') return void response.end(JSON.stringify(success([web({ http_port: 81 })])));
    putting.resolve();
    void allowed.promise.then(() => response.end(JSON.stringify(success(web()))));
  });
  return { url, seen, putting: putting.promise, respond: allowed.resolve };
}

test('apply finishes the requests in flight after a stop signal', async () => {
  const { url, putting, respond } = await slowAccount();
  const stop = new AbortController();
  const line = ['apply', '--services', folderOf({ 'web.yaml': web() }), '--output', 'json'];
  const running = command(line, { environment: accountAt(url), stop: stop.signal });
  await putting;
  stop.abort(stopReason('SIGINT'));
  await sleep(50); // An aborted request would fail within this time.
  respond();
  const ended = await running;
  expect(ended).toMatchObject({
    code: 0,
    stderr: 'vpc-reconciler: received SIGINT: finishing the requests in flight; send it again to exit immediately\n',
  });
  expect(reportOf(ended)).toMatchObject({ outcome: 'converged', services: [{ result: 'updated' }] });
});

test('apply aborts the requests in flight after --grace-period', async () => {
  const { url, putting } = await slowAccount();
  const stop = new AbortController();
  const services = folderOf({ 'web.yaml': web() });
  const line = ['apply', '--services', services, '--output', 'json', '--grace-period', '20ms'];
  const running = command(line, { environment: accountAt(url), stop: stop.signal });
  await putting;
  stop.abort(stopReason('SIGINT'));
  const ended = await running;
  expect(ended.code).toBe(1);
  expect(reportOf(ended)).toMatchObject({
    outcome: 'interrupted',
    services: [{ result: 'failed', error: { kind: 'interrupted' } }],
  });
});

test.for(['plan', 'apply'])('%s exits at once on a stop signal while it lists the services', async (name) => {
  const listing = Promise.withResolvers<void>();
  const { url } = await served(() => listing.resolve());
  const stop = new AbortController();
  const line = [name, '--services', declared(), '--output', 'json'];
  const running = command(line, { environment: accountAt(url), stop: stop.signal });
  await listing.promise;
  stop.abort(stopReason('SIGTERM'));
  const ended = await running;
  expect(ended.code).toBe(1);
  expect(reportOf(ended)).toMatchObject({ outcome: 'interrupted', error: { message: 'received SIGTERM' } });
});

test('applies settings from the environment and the configuration file', async () => {
  const live = web({ http_port: 81, labels: { team: 'web' } });
  const { url } = await emulated({ services: [live], tunnels: [EXAMPLE_TUNNEL] });
  const folder = folderOf({ 'a.txt': web() });
  writeFileSync(join(folder, 'config.yaml'), `services: ${folder}\ninclude: ["*.txt"]\n`);
  const environment = {
    ...accountAt(url),
    VPC_RECONCILER_CONFIG: join(folder, 'config.yaml'),
    VPC_RECONCILER_UNKNOWN_FIELDS: 'withhold',
  };
  const ended = await command(['apply', '--output', 'json'], { environment });
  expect(ended.code).toBe(1);
  expect(reportOf(ended)).toMatchObject({ services: [{ result: 'withheld', unknown_fields: ['labels'] }] });
});

test('plan --show-unmanaged prints declarations for unmanaged services, in text only', async () => {
  const { url } = await emulated({ services: [web(), database({ name: 'a/b' })] });
  const environment = accountAt(url);
  const folder = folderOf({ 'web.yaml': web() });
  const line = ['plan', '--services', folder, '--show-unmanaged'];
  const { code, stdout } = await command(line, { environment });
  expect(code).toBe(0);
  const added = stdout.slice(stdout.indexOf('---\n'));
  expect(added).toBe(
    `---\n# ${folder}/a-b-112233445577.yaml\nservice_id: 0191e3a4-5b6c-7d8e-9f00-112233445577\nname: a/b\ntype: tcp\ntcp_port: 5432\nhost:\n  ipv4: 10.0.0.2\n  network:\n    tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da\n`,
  );
  expect(stdout).toMatch(/^in sync: 1 unmanaged, 1 in sync .*\n---\n/m);
  const json = await command([...line, '--output', 'json'], { environment });
  expect(JSON.parse(json.stdout)).toMatchObject({ outcome: 'in_sync', counts: { unmanaged: 1 } });
  writeFileSync(join(folder, 'added.yaml'), added);
  expect((await command(line, { environment })).stdout).toMatch(/^in sync: 2 services .*\n$/);
});
