import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { accountAt, database, emulated, folderOf, SECRET, web } from '../cli/command.ts';
import { documents } from '../pass/fleet.ts';
import { inShell, ran, start } from './program.ts';

test('emulate prints the variables that another process needs, and exits with 0 on SIGTERM', async () => {
  const services = folderOf({ 'web.yaml': web() });
  const emulator = start(['emulate', '--services', services]);
  await emulator.until((stdout) => /^export CLOUDFLARE_API_TOKEN=.*\n/m.test(stdout));
  const exports = [...emulator.stdout().matchAll(/^export (\w+)=(.*)$/gm)];
  const environment = Object.fromEntries(exports.map(([, name, value]) => [name, value ?? '']));

  const plan = await ran(['plan', '--services', services], { environment });
  expect(plan).toMatchObject({ code: 2, stderr: '', stdout: expect.stringContaining('pending: 1 to update') });
  const apply = await ran(['apply', '--services', services, '--output', 'json'], { environment });
  expect(apply).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(apply.stdout)).toMatchObject({ outcome: 'converged' });

  emulator.send('SIGTERM');
  const { code, stderr } = await emulator.ended;
  expect(code).toBe(0);
  expect(
    stderr
      .trimEnd()
      .split('\n')
      .map((line) => line.split(' ')[1]),
  ).toEqual(['GET', 'GET', 'PUT']);
});

test('validate reports every problem and exits with 1, without account and network', async () => {
  const folder = folderOf({ 'web.yaml': web(), 'db.yaml': database({ tcp_port: 0 }) });
  const environment = { CLOUDFLARE_BASE_URL: 'https://nowhere.invalid', CLOUDFLARE_API_TOKEN: SECRET };
  const { code, stdout, stderr } = await ran(['validate', '--services', folder], { environment });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toContain(`${join(folder, 'db.yaml')}:1:`);
});

test('reports each problem of the account in one line, with exit code 1', async () => {
  const environment = {
    CLOUDFLARE_BASE_URL: `https://${SECRET}@example.com`,
    CLOUDFLARE_API_TOKEN: `${SECRET} ${SECRET}`,
  };
  const { code, stdout, stderr } = await ran(['plan'], { environment });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr.split('\n').map((line) => line.split(': ').slice(0, 2))).toEqual([
    ['vpc-reconciler', 'CLOUDFLARE_ACCOUNT_ID'],
    ['vpc-reconciler', 'CLOUDFLARE_BASE_URL'],
    ['vpc-reconciler', 'CLOUDFLARE_API_TOKEN'],
    [''],
  ]);
});

test('reports wrong usage in one line, with exit code 1', async () => {
  expect(await ran(['plan', '--frob'])).toEqual({
    code: 1,
    stdout: '',
    stderr: "vpc-reconciler: unknown option '--frob'; see --help\n",
  });
});

/** Declarations whose plan is several times as long as the buffer of a pipe. */
const many = Array.from({ length: 1000 }, (_, index) =>
  web({ service_id: `0199a0c4-2b10-7c3e-8a51-${String(index).padStart(12, '0')}`, name: `web-${index}` }),
);

test('writes the complete result to a slow reader', async () => {
  const { url } = await emulated({ services: many.map((service) => ({ ...service, http_port: 81 })) });
  const services = folderOf({ 'many.yaml': documents(many) });
  const line = ['plan', '--services', services, '--output', 'json'];
  const { code, stdout } = await ran(line, { environment: accountAt(url), readAfterMs: 1500 });
  expect(stdout.length).toBeGreaterThan(400 * 1024);
  expect(JSON.parse(stdout)).toMatchObject({ counts: { drifted: 1000 } });
  expect(code).toBe(2);
});

test('ignores a reader that closes the pipe, as in `plan | head -1`', async () => {
  const { url } = await emulated({ services: many.map((service) => ({ ...service, http_port: 81 })) });
  const services = folderOf({ 'many.yaml': documents(many) });
  const head = inShell('{ "$@"; echo "exit $?" >&2; } | head -n 1');
  const { stdout, stderr } = await ran(['plan', '--services', services], {
    environment: accountAt(url),
    command: head,
  });
  expect(stdout).toMatch(/^~ web-0 [^\n]+\n$/);
  // On a busy machine, listing can take long enough for a notice.
  expect(stderr.replace(/^vpc-reconciler: waiting for .*\n/, '')).toBe('exit 2\n');
});

test.runIf(existsSync('/dev/full'))('reports a result that cannot be written', async () => {
  const { code, stderr } = await ran(['validate'], { command: inShell('"$@" > /dev/full') });
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'vpc-reconciler: the result cannot be written: the disk is full\n',
  });
});
