import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isObject } from '../../src/core/base/json.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import type { EmulatorOptions } from '../../src/emulator/emulator.ts';
import type { Ended } from '../cli/command.ts';
import { accountAt, command, database, emulated, temporaryFolder, web } from '../cli/command.ts';
import { git } from '../source/git.ts';
import { ran, start } from './program.ts';
import type { Program } from './program.ts';
import { servedBy } from './serving.ts';

/* `wait` as a pipeline uses it: real processes, and a real git repository that the daemon watches. */

const event = 'reconciliation_report';
const TOKEN = 'correct-horse-battery-staple';
const environment = { VPC_RECONCILER_RECONCILE_TOKEN: TOKEN };

/** A git repository with declarations. */
function repository() {
  const root = temporaryFolder();
  git(root, 'init', '--quiet');
  mkdirSync(join(root, 'services'));
  const commit = (files: Readonly<Record<string, string | JsonObject>>) => {
    for (const [name, content] of Object.entries(files)) {
      writeFileSync(join(root, 'services', name), typeof content === 'string' ? content : JSON.stringify(content));
    }
    git(root, 'add', '--all');
    git(root, 'commit', '--quiet', '--allow-empty', '--message', 'a change');
    return git(root, 'rev-parse', 'HEAD').trim();
  };
  return { root, services: join(root, 'services'), commit };
}

/** A repository with two services that are in sync, its account, and a daemon. */
async function daemonOver(options: EmulatorOptions = {}, ...flags: readonly string[]) {
  const emulator = await emulated({ services: [web(), database()], ...options });
  const { services, commit, root } = repository();
  const first = commit({ 'web.yaml': web(), 'db.yaml': database() });
  const run = (...more: readonly string[]) =>
    start(['run', '--services', services, '--interval', '0', '--rescan', '1s', ...flags, ...more], {
      environment: { ...accountAt(emulator.url), ...environment },
    });
  const program = run();
  const { url } = await servedBy(program);
  return { emulator, program, run, url, root, commit, first };
}

const wait = async (url: string, revision: string, ...flags: readonly string[]): Promise<Ended> =>
  ran(['wait', '--url', url, '--revision', revision, ...flags]);

const passOf = async (program: Program, revision: string) => {
  for (;;) {
    const report = await program.logged({ event });
    if (isObject(report['source']) && report['source']['revision'] === revision) return report;
  }
};

test('converged: waits for the pass of a commit, and shows what it changed', async () => {
  const { url, commit, program, first } = await daemonOver();
  await passOf(program, first);
  const waiting = wait(url, first.slice(0, 7));
  expect(await waiting).toEqual({
    code: 0,
    stdout: expect.stringMatching(
      `^in sync: 2 services \\(\\d+ ms, 1 request\\)\ncommit ${first.slice(0, 7)}: converged\n$`,
    ),
    stderr: '',
  });
  const second = commit({ 'web.yaml': web({ http_port: 81 }) });
  const { code, stdout } = await wait(url, second.toUpperCase());
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining(`commit ${second.slice(0, 7)}: converged\n`),
  });
  expect(stdout).toMatch(/http_port {2}8080 → 81\n {2}= updated/);
});

test('partial: names the services and the reasons', async () => {
  const { url, commit } = await daemonOver({ scenario: { share: 1, faults: [400], methods: ['PUT'] } });
  const revision = commit({ 'web.yaml': web({ http_port: 81 }) });
  const { code, stdout } = await wait(url, revision);
  expect(code).toBe(1);
  expect(stdout).toContain('~ web  0191e3a4-5b6c-7d8e-9f00-112233445566');
  expect(stdout).toContain('! failed: ');
  expect(stdout).toMatch(new RegExp(`commit ${revision.slice(0, 7)}: partial: 1 failed, 1 in sync\\n$`));
  const json = await wait(url, revision, '--output', 'json');
  expect(json.code).toBe(1);
  expect(JSON.parse(json.stdout)).toMatchObject({
    result: 'failed',
    revision,
    reason: 'partial: 1 failed, 1 in sync',
    daemon_revision: revision,
    report: { outcome: 'partial', source: { revision } },
  });
});

test('partial: names the problems of declarations', async () => {
  const { url, commit } = await daemonOver();
  const revision = commit({ 'web.yaml': web({ http_port: 80_000 }) });
  const { code, stdout } = await wait(url, revision);
  expect(code).toBe(1);
  expect(stdout).toContain('web.yaml:1:');
  expect(stdout).toContain('http_port: expected');
  expect(stdout).toMatch(new RegExp(`commit ${revision.slice(0, 7)}: partial: 1 invalid, 1 in sync\\n$`));
});

test('timeout: the daemon never reads the commit', async () => {
  const { url, first, program } = await daemonOver();
  await passOf(program, first);
  const never = '0123456789012345678901234567890123456789';
  expect(await wait(url, never, '--timeout', '2s')).toEqual({
    code: 3,
    stdout: `commit 0123456: not reconciled within 2s: the daemon has read commit ${first.slice(0, 7)}, not 0123456; that commit contains this one if this command exits with 0: git merge-base --is-ancestor ${never} ${first}\n`,
    stderr: `vpc-reconciler: waiting: the daemon has read commit ${first.slice(0, 7)}, not 0123456\n`,
  });
  const once = await wait(url, never, '--timeout', '0', '--output', 'json');
  expect(once).toMatchObject({ code: 3, stderr: '' });
  expect(JSON.parse(once.stdout)).toMatchObject({ result: 'timeout', daemon_revision: first, report: null });
});

test('waits while the daemon restarts', async () => {
  const port = await freePort();
  const listen = ['--http-listen', `127.0.0.1:${port}`];
  const { url, commit, program, run, first } = await daemonOver({}, ...listen);
  await passOf(program, first);
  program.send('SIGKILL');
  await program.gone;
  const revision = commit({ 'web.yaml': web({ http_port: 81 }) });
  const waiting = start(['wait', '--url', url, '--revision', revision, '--timeout', '1m']);
  await waiting.stderrMatches(/waiting: .*connection refused \(ECONNREFUSED\)/);
  run();
  expect(await waiting.ended).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`commit ${revision.slice(0, 7)}: converged\n`),
  });
});

test('timeout: nothing listens there', async () => {
  const { code, stdout } = await wait(`http://127.0.0.1:${await freePort()}`, '0123456', '--timeout', '1s');
  expect({ code, stdout }).toEqual({
    code: 3,
    stdout: expect.stringMatching(/^commit 0123456: not reconciled within 1s: .*connection refused \(ECONNREFUSED\)/),
  });
});

test('a later commit has followed: the result of this one counts, and the later one is named', async () => {
  const { url, commit, program } = await daemonOver();
  const second = commit({ 'web.yaml': web({ http_port: 81 }) });
  await passOf(program, second);
  const third = commit({ 'web.yaml': web({ http_port: 82 }) });
  await passOf(program, third);
  const { code, stdout } = await wait(url, second);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    new RegExp(`commit ${second.slice(0, 7)}: converged; the daemon has read commit ${third.slice(0, 7)} since\\n$`),
  );
});

test('a commit is replaced before it was applied', async () => {
  const scenario = { share: 1, faults: [503], methods: ['PUT' as const] };
  const { url, commit, program } = await daemonOver({ scenario });
  const second = commit({ 'web.yaml': web({ http_port: 81 }) });
  await passOf(program, second);
  const third = commit({ 'web.yaml': web() });
  await passOf(program, third);
  const { code, stdout } = await wait(url, second);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    new RegExp(`commit ${second.slice(0, 7)}: .*; replaced by commit ${third.slice(0, 7)} before it was applied\\n$`),
  );
});

test('waits on while failures are temporary, and reports the reasons at the end', { timeout: 60_000 }, async () => {
  const { url, commit } = await daemonOver({ scenario: { share: 1, faults: [503], methods: ['PUT'] } });
  const revision = commit({ 'web.yaml': web({ http_port: 81 }) });
  const { code, stdout, stderr } = await wait(url, revision, '--timeout', '15s');
  expect(code).toBe(1);
  expect(stderr).toContain('waiting: partial: 1 failed, 1 in sync; the next pass may end differently\n');
  expect(stdout).toContain('! failed: ');
  expect(stdout).toMatch(new RegExp(`commit ${revision.slice(0, 7)}: partial: 1 failed, 1 in sync\\n$`));
});

test('the credential is refused', async () => {
  const emulator = await emulated({ services: [web(), database()] });
  const { services, commit } = repository();
  const revision = commit({ 'web.yaml': web() });
  const program = start(['run', '--services', services], {
    environment: accountAt(emulator.url, 'wrong-token-0123456'),
  });
  const { url } = await servedBy(program);
  const { code, stdout } = await wait(url, revision);
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringContaining(`commit ${revision.slice(0, 7)}: denied: `),
  });
});

test('the daemon only detects, or is paused', async () => {
  const { url, commit } = await daemonOver({}, '--mode', 'detect');
  const revision = commit({ 'web.yaml': web({ http_port: 81 }) });
  expect(await wait(url, revision)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('pending: 1 to update, 1 in sync, mode detect writes nothing\n'),
  });
  const paused = await daemonOver();
  await command(['pause', '--url', paused.url, '--reason', 'vendor migration'], { environment });
  const second = paused.commit({ 'web.yaml': web({ http_port: 81 }) });
  expect(await wait(paused.url, second)).toMatchObject({
    code: 1,
    stdout: expect.stringContaining('pending: 1 to update, 1 in sync, all writes are paused: vendor migration\n'),
  });
});

test('the folder of the daemon is not in a git checkout', async () => {
  const emulator = await emulated({ services: [web()] });
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.yaml'), JSON.stringify(web()));
  const program = start(['run', '--services', folder], { environment: accountAt(emulator.url) });
  const { url } = await servedBy(program);
  await program.logged({ event });
  expect(await wait(url, '0123456', '--timeout', '1m')).toMatchObject({
    code: 1,
    stdout: 'commit 0123456: the folder of the daemon is not in a git checkout, so its passes have no commit\n',
  });
});

test.for<[string, string]>([
  ['main', '; git rev-parse prints the hash of a branch or tag'],
  ['', ''],
  ['012345', '; git rev-parse'],
  ['\u001B[31m', ''],
])('rejects the revision "%s"', async ([revision, advice]) => {
  expect(await command(['wait', '--revision', revision])).toEqual({
    code: 1,
    stdout: '',
    stderr: expect.stringContaining(
      `--revision: expected the hash of a commit, 7 to 64 hexadecimal digits, found ${JSON.stringify(revision)}${advice}`,
    ),
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}
