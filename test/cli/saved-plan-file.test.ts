import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.ts';
import { accountAt, command, database, emulated, folderOf, temporaryFolder, web } from './command.ts';

const WEB = '0191e3a4-5b6c-7d8e-9f00-112233445566';
const DB = '0191e3a4-5b6c-7d8e-9f00-112233445577';

/** Saves a plan for two drifted services. */
async function savedPlan(...flags: readonly string[]) {
  const emulator = await emulated({ services: [web({ http_port: 81 }), database({ tcp_port: 1 })] });
  const folder = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const file = join(temporaryFolder(), 'plan.json');
  const environment = accountAt(emulator.url);
  const { code } = await command(['plan', '--services', folder, '--out', file, ...flags], { environment });
  expect(code).toBe(2);
  const puts = () => emulator.requests.filter(({ method }) => method === 'PUT').length;
  return {
    emulator,
    folder,
    file,
    puts,
    apply: async (...more: readonly string[]) =>
      command(['apply', file, '--services', folder, ...more], { environment }),
  };
}

describe('a saved plan', () => {
  test('is applied unchanged', async () => {
    const { apply, puts, file } = await savedPlan();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      plan_version: 2,
      steps: [
        { kind: 'update', name: 'web' },
        { kind: 'update', name: 'db' },
      ],
    });
    expect(await apply()).toMatchObject({ code: 0, stdout: expect.stringContaining('converged: 2 updated') });
    expect(puts()).toBe(2);
  });

  test.for<{ changed: string; change: (plan: Awaited<ReturnType<typeof savedPlan>>) => void; message: string }>([
    {
      changed: 'a live service',
      change: ({ emulator }) => emulator.change(WEB, (service) => ({ ...service, http_port: 82 })),
      message: '"web" changed live: http_port was 81, is now 82',
    },
    {
      changed: 'a declaration',
      change: ({ folder }) => writeFileSync(join(folder, 'db.yaml'), JSON.stringify(database({ tcp_port: 7 }))),
      message: 'the update of "db" changed: tcp_port was 5432, is now 7',
    },
    {
      changed: 'a live service, to its declared value',
      change: ({ emulator }) => emulator.change(DB, (service: JsonObject) => ({ ...service, tcp_port: 5432 })),
      message: '"db" is already in sync',
    },
  ])('is rejected after a change of $changed', async ({ change, message }) => {
    const plan = await savedPlan();
    change(plan);
    const { code, stdout } = await plan.apply();
    expect(code).toBe(1);
    expect(stdout).toContain(`failed: the plan is stale: ${message}`);
    expect(plan.puts()).toBe(0);
  });

  test('that has been applied writes nothing and exits with 0', async () => {
    const { apply, puts } = await savedPlan();
    expect(await apply()).toMatchObject({ code: 0 });
    expect(await apply()).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('in sync: 2 services'),
      stderr:
        'vpc-reconciler: all services of the plan are in sync, so it was probably applied before; nothing was written\n',
    });
    expect(puts()).toBe(2);
  });

  test('is rejected for a different account', async () => {
    const { file, apply, puts } = await savedPlan();
    writeFileSync(file, readFileSync(file, 'utf8').replace('0123456789abcdef', 'ffffffffffffffff'));
    expect(await apply()).toMatchObject({ code: 1, stdout: expect.stringContaining('it was made for account') });
    expect(puts()).toBe(0);
  });

  test('made with --only is applied to the same services, and to no others', async () => {
    const { apply, puts, emulator } = await savedPlan('--only', 'web');
    expect(await apply('--only', 'db')).toMatchObject({
      code: 1,
      stderr:
        'vpc-reconciler: --only: expected the selection of the plan, which was made with --only web, found "db"; omit --only, or make another plan\n',
    });
    expect(puts()).toBe(0);
    expect(await apply()).toMatchObject({ code: 0, stdout: expect.stringContaining('1 updated') });
    expect(emulator.services()).toMatchObject([{ http_port: 8080 }, { tcp_port: 1 }]);
  });

  test('of all services cannot be applied to some', async () => {
    const { apply, puts } = await savedPlan();
    expect(await apply('--only', 'db')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('made without --only'),
    });
    expect(puts()).toBe(0);
  });

  test('is rejected if it is missing or has other content', async () => {
    const { file, apply, puts } = await savedPlan();
    writeFileSync(file, '{}');
    expect(await apply()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('expected a plan saved by plan --out, found different content'),
    });
    const away = await command(['apply', join(file, 'x'), '--emulator']);
    expect(away).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be read: part of its path is not a folder'),
    });
    expect(puts()).toBe(0);
  });

  test.for([
    ['no/where', 'its folder does not exist'],
    ['.', 'it is a folder'],
    ['web.yaml/plan', 'part of its path is not a folder'],
    ['dangling', 'it is a symbolic link to a folder that does not exist'],
    ['circle', 'its symbolic links form a loop'],
    ['/dev/null', 'it is not a regular file'],
  ] as const)('reports why it cannot be written to %s', async ([name, reason]) => {
    const folder = folderOf({ 'web.yaml': web() });
    symlinkSync('no/where', join(folder, 'dangling'));
    symlinkSync('circle', join(folder, 'circle'));
    const out = resolve(folder, name);
    const before = readdirSync(folder);
    expect(await command(['plan', '--emulator', '--services', folder, '--out', out])).toMatchObject({
      code: 1,
      stderr: `vpc-reconciler: --out: expected a writable file, found that "${out}" cannot be written: ${reason}\n`,
    });
    expect(readdirSync(folder)).toEqual(before);
  });

  test.for(['exists', 'does not exist'])('is written through a symbolic link to a file that %s', async (state) => {
    const services = folderOf({ 'web.yaml': web() });
    const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
    const target = join(elsewhere, 'plan.json');
    if (state === 'exists') writeFileSync(target, 'old');
    symlinkSync(elsewhere, join(folder, 'plans'));
    symlinkSync('plans/plan.json', join(folder, 'latest'));
    const out = join(folder, 'latest');
    expect(await command(['plan', '--emulator', '--services', services, '--out', out])).toMatchObject({ code: 2 });
    expect(readlinkSync(out)).toBe('plans/plan.json');
    expect(JSON.parse(readFileSync(target, 'utf8'))).toMatchObject({ plan_version: 2 });
    expect(readdirSync(elsewhere)).toEqual(['plan.json']);
  });
});

/** Splits a command line as a POSIX shell does. */
const split = (line: string) =>
  execFileSync('/bin/sh', ['-c', `printf '%s\\0' ${line}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);

describe('the command line that plan --out suggests', () => {
  test.for([
    { flags: [] },
    { flags: ['--only', 'web', '--color', 'never', '--title', 'x', '--output', 'json'] },
    { flags: ['--max-changes', '5', '--allow-empty', '--include', '*.{yaml,yml}'] },
  ])('works, with $flags', async ({ flags }) => {
    const emulator = await emulated({ services: [web({ http_port: 81 })] });
    const environment = accountAt(emulator.url);
    const folder = temporaryFolder();
    const services = join(folder, "the team's services");
    mkdirSync(services);
    writeFileSync(join(services, 'web.yaml'), JSON.stringify(web()));
    const out = join(folder, 'a plan.json');
    const { code, stderr } = await command(['plan', '--services', services, '--out', out, ...flags], { environment });
    expect(code).toBe(2);
    const [, line = ''] = /; to apply it, run: vpc-reconciler (.*)\n$/.exec(stderr) ?? [];
    expect(await command(split(line), { environment })).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 updated'),
    });
  });

  test('names the settings file, the emulator and the mode', async () => {
    const folder = folderOf({ 'web.yaml': web(), 'vpc.yaml.txt': 'mode: detect' });
    const [out, config] = [join(temporaryFolder(), 'plan.json'), join(folder, 'vpc.yaml.txt')];
    const line = ['plan', '--config', config, '--services', folder, '--emulator', '--out', out];
    expect((await command(line)).stderr).toBe(
      `vpc-reconciler: saved the plan to ${out}; to apply it, run: vpc-reconciler apply ${out} --emulator --config ${config} --services ${folder} --mode apply\n`,
    );
  });

  test('has a file whose name is not read as an option', async () => {
    const folder = folderOf({ 'web.yaml': web() });
    const out = `-plan-${process.pid}.json`;
    onTestFinished(() => rmSync(out, { force: true }));
    const { stderr } = await command(['plan', '--services', folder, '--emulator', `--out=${out}`]);
    expect(stderr).toContain(`run: vpc-reconciler apply ./${out} `);
  });
});

test('plan --out - prints the plan to stdout and the report to stderr, and apply - reads it', async () => {
  const { folder, emulator, puts } = await savedPlan();
  const environment = accountAt(emulator.url);
  const planned = await command(['plan', '--services', folder, '--out', '-'], { environment });
  expect(planned).toMatchObject({ code: 2, stderr: expect.stringMatching(/^~ web [^]*^pending: 2 to update .*\n$/m) });
  expect(JSON.parse(planned.stdout)).toMatchObject({ plan_version: 2, steps: [{ name: 'web' }, { name: 'db' }] });
  expect(existsSync('-')).toBe(false);

  const line = ['apply', '-', '--services', folder];
  expect(await command(line, { environment, input: 'no plan' })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'vpc-reconciler: standard input: expected a plan saved by plan --out, found different content; save the plan again\n',
  });
  expect(await command(line, { environment, input: planned.stdout })).toMatchObject({ code: 0 });
  expect(puts()).toBe(2);
});

test('plan --out - prints nothing to stdout if there is no plan', async () => {
  const ended = await command(['plan', '--services', '/nowhere', '--emulator', '--out', '-']);
  expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/^failed: /) });
});

describe('--only', () => {
  test('limits a plan and its application to services, by name and id', async () => {
    const { apply, puts, folder, emulator } = await savedPlan();
    const environment = accountAt(emulator.url);
    const { stdout } = await command(['plan', '--services', folder, '--only', DB], { environment });
    expect(stdout).toMatch(/^~ db .*\n.*\n.*\npending: 1 to update/);
    expect(stdout).not.toContain('web');
    expect(await command(['apply', '--services', folder, '--only', 'db'], { environment })).toMatchObject({ code: 0 });
    expect(puts()).toBe(1);
    expect(await apply()).toMatchObject({ code: 1 });
  });

  test('rejects an unknown service', async () => {
    const { folder, emulator, puts } = await savedPlan();
    const { code, stdout } = await command(['apply', '--services', folder, '--only', 'webb'], {
      environment: accountAt(emulator.url),
    });
    expect(code).toBe(1);
    expect(stdout).toContain('--only: expected the name or id of a service, found "webb"');
    expect(puts()).toBe(0);
  });
});

test('writes a plan as Markdown with --output markdown', async () => {
  const { folder, emulator } = await savedPlan();
  const { code, stdout } = await command(['plan', '--services', folder, '--output', 'markdown'], {
    environment: accountAt(emulator.url),
  });
  expect(code).toBe(2);
  expect(stdout).toMatch(/^### VPC services plan for `.*`: pending\n/);
  expect(stdout).toContain('```diff\n');
});

test.for([
  ['always', true],
  ['never', false],
  ['auto', false],
] as const)('with --color %s, output to a pipe is colored: %s', async ([mode, colored]) => {
  const { folder, emulator } = await savedPlan();
  const { stdout } = await command(['plan', '--services', folder, '--color', mode], {
    environment: accountAt(emulator.url),
  });
  expect(stdout.includes('\u{1b}[')).toBe(colored);
});

test('a device that never ends is not a plan', async () => {
  expect(await command(['apply', '/dev/zero', '--emulator'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('expected a plan saved by plan --out, found a path that is not a regular file'),
  });
});

test.for(['plan.json', 'web.yaml', 'deep/plan.json', 'link.json'])(
  'plan --out does not write %s in the folder, where it would be read as a declaration',
  async (name) => {
    const { url, requests } = await emulated({ services: [web()] });
    const services = folderOf({ 'web.yaml': web() });
    mkdirSync(join(services, 'deep'));
    symlinkSync('plan.json', join(services, 'link.json'));
    const out = join(services, name);
    const { code, stderr } = await command(['plan', '--services', services, '--out', out], {
      environment: accountAt(url),
    });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: `vpc-reconciler: --out: expected a file that is not read as a declaration, found "${out}" in ${services}; save the plan in another folder\n`,
    });
    expect(requests).toEqual([]);
    expect(readFileSync(join(services, 'web.yaml'), 'utf8')).toBe(JSON.stringify(web()));
  },
);

test.for(['plan.txt', '.plan.json'])('plan --out writes %s in the folder, which is not read', async (name) => {
  const { url } = await emulated({ services: [web()] });
  const services = folderOf({ 'web.yaml': web() });
  const line = ['plan', '--services', services, '--out', join(services, name)];
  expect(await command(line, { environment: accountAt(url) })).toMatchObject({ code: 0 });
});
