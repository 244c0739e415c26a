import { createServer } from 'node:http';
import { expect, onTestFinished, test } from 'vitest';
import { accountAt, command, database, emulated, folderOf, web } from '../cli/command.ts';
import type { EmulatorOptions } from '../../src/emulator/emulator.ts';
import { start } from './program.ts';
import { servedBy } from './serving.ts';

/* `status` and `get` ask a real daemon. */

const event = 'reconciliation_report';
const TOKEN = 'correct-horse-battery-staple';
const environment = { VPC_RECONCILER_RECONCILE_TOKEN: TOKEN };
const other = web({ service_id: '0191e3a4-5b6c-7d8e-9f00-112233445588', name: 'other' });

/** A daemon that has ended a pass, in an account where `web` has drifted. */
async function daemonOver(options: EmulatorOptions = {}, ...flags: readonly string[]) {
  const emulator = await emulated({ services: [web({ http_port: 81 }), database(), other], ...options });
  const folder = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const program = start(['run', '--services', folder, '--interval', '1h', ...flags], {
    environment: { ...accountAt(emulator.url), ...environment },
  });
  const daemon = await servedBy(program);
  await program.logged({ event });
  const ask = async (...line: readonly string[]) => command([...line, '--url', daemon.url], { environment });
  return { emulator, program, daemon, folder, ask };
}

test('shows that everything is in sync, and one service of it', async () => {
  const { ask, folder } = await daemonOver({ services: [web(), database(), other] });
  const { code, stdout, stderr } = await ask('status');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^in sync: 1 unmanaged, 2 in sync \(\d+ ms, 1 request\)\nchecked {4}\ds ago, commit unknown, /,
  );
  expect(stdout).toMatch(/\nnext pass {2}in [\dhms ]+\nbudget {5}1099 of 1100 requests left in 5m, /);

  const shown = await ask('get', 'db');
  expect(shown).toMatchObject({ code: 0, stderr: '' });
  expect(shown.stdout).toContain(`= db  0191e3a4-5b6c-7d8e-9f00-112233445577  ${folder}/db.yaml:1\n    live:\n`);
  expect(shown.stdout).toMatch(/\n {6}tcp_port +5432\n/);
  expect(shown.stdout).toMatch(
    /\nstate {4}in sync, since .* or earlier \(\ds ago\)\nchecked {2}\ds ago, commit unknown\n$/,
  );
  expect(await ask('get', 'other')).toMatchObject({ code: 0, stdout: expect.stringContaining('left alone') });
});

test('shows what needs a person', async () => {
  const { ask } = await daemonOver({ scenario: { share: 1, faults: [400], methods: ['PUT'] } });
  const { code, stdout } = await ask('status');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^partial: 1 failed, 1 unmanaged, 1 in sync \(\d+ ms, 2 requests\)\n~ web /);
  expect(stdout).toContain('    http_port  81 → 8080\n  ! failed: HTTP 400');
  expect(await ask('get', 'web')).toMatchObject({ code: 1, stdout: expect.stringContaining('! failed: HTTP 400') });
  const json = await ask('get', 'web', '--output', 'json');
  expect(JSON.parse(json.stdout)).toMatchObject({
    name: 'web',
    state: 'drifted',
    result: 'failed',
    changes: [{ path: 'http_port', live: 81, declared: 8080 }],
    live: { http_port: 81 },
    declared: { http_port: 8080 },
  });
  const status = await ask('status', '--output', 'json');
  expect(status.code).toBe(1);
  expect(JSON.parse(status.stdout)).toMatchObject({ health: { ready: true }, report: { outcome: 'partial' } });
});

test('shows differences that are only reported, and a pause', async () => {
  const { ask, program } = await daemonOver({}, '--mode', 'detect');
  expect(await ask('status')).toMatchObject({ code: 2, stdout: expect.stringMatching(/^pending: 1 to update, /) });
  expect(await ask('get', 'web')).toMatchObject({ code: 2, stdout: expect.stringContaining('= to be updated\n') });
  await ask('pause', '--reason', 'vendor migration');
  await program.logged({ event, trigger: 'request' });
  expect(await ask('status')).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('\nwrites     paused: vendor migration\n'),
  });
});

test('shows that passes fail', async () => {
  const { ask, emulator, program, daemon } = await daemonOver({ services: [web(), database()] });
  await emulator.close();
  await fetch(`${daemon.url}/api/reconcile`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } });
  await program.logged({ event, outcome: 'failed' });
  const { code, stdout } = await ask('status');
  expect(code).toBe(1);
  expect(stdout).toMatch(/^failed: .*ECONNREFUSED/);
  expect(stdout).toMatch(/\ntried {6}\d+s ago, commit unknown, .*\nlast good {2}\d+s ago\nnext pass {2}/);
  const service = await ask('get', 'web');
  expect(service.code).toBe(0);
  expect(service.stdout).toMatch(/\noutdated {2}later passes could not check it: .*ECONNREFUSED/);
});

test('suggests a name for one that is unknown', async () => {
  const { ask } = await daemonOver();
  expect(await ask('get', 'wbe')).toEqual({
    code: 1,
    stdout: '',
    stderr: 'vpc-reconciler: expected the name or id of a service, found "wbe"\n',
  });
  expect(await ask('get', 'othr')).toMatchObject({
    code: 1,
    stderr: 'vpc-reconciler: expected the name or id of a service, found "othr"; did you mean "other"?\n',
  });
  expect(await ask('get', '')).toMatchObject({ code: 1, stderr: expect.stringContaining('HTTP 400: name: expected') });
});

test.for([['status'], ['get', 'web'], ['wait', '--revision', '0123456', '--timeout', '0']])(
  'the command %s says what is wrong with another program at the address',
  async (line) => {
    for (const [status, answer] of [
      [200, '{}'],
      [
        200,
        '{"passes":[{"run_id":1,"\u001B[31m":2}],"healthy":"##[error]x","finding":[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]}',
      ],
      [200, '<html><title>Log in</title></html>'],
      [401, '{"error":"who are you\u202e"}'],
      [403, ''],
      [404, '<title>404</title>'],
    ] as const) {
      const server = createServer((_, response) => response.writeHead(status).end(answer));
      await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(null)));
      onTestFinished(() => void server.close());
      const address = server.address();
      const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
      const { code, stdout, stderr } = await command([...line, '--url', url]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^vpc-reconciler: [^\n]+\n$/);
      expect(stderr).not.toMatch(/\u202e|##\[|internal error/);
      expect(stderr).not.toContain('\u001B');
    }
  },
);

test('says that nothing listens there', async () => {
  for (const line of [['status'], ['get', 'web']]) {
    expect(await command([...line, '--url', 'http://127.0.0.1:1'])).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('connection refused (ECONNREFUSED); is vpc-reconciler running there?'),
    });
  }
});
