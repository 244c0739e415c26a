import { readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.ts';
import { accountAt, command, database, emulated, folderOf, temporaryFolder, web } from './command.ts';

const WEB = '0191e3a4-5b6c-7d8e-9f00-112233445566';
const DB = '0191e3a4-5b6c-7d8e-9f00-112233445577';

/** Two services that drifted, and a plan of that in a file. */
async function planned(...flags: readonly string[]) {
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

describe('a plan in a file', () => {
  test('is applied as it is', async () => {
    const { apply, puts, file } = await planned();
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      plan_version: 1,
      steps: [
        { kind: 'update', name: 'web' },
        { kind: 'update', name: 'db' },
      ],
    });
    expect(await apply()).toMatchObject({ code: 0, stdout: expect.stringContaining('converged: 2 updated') });
    expect(puts()).toBe(2);
  });

  test.for<{ what: string; move: (stage: Awaited<ReturnType<typeof planned>>) => void; told: string }>([
    {
      what: 'a live service',
      move: ({ emulator }) => emulator.change(WEB, (service) => ({ ...service, http_port: 82 })),
      told: '"web" changed live: http_port was 81, is now 82',
    },
    {
      what: 'a declaration',
      move: ({ folder }) => writeFileSync(join(folder, 'db.yaml'), JSON.stringify(database({ tcp_port: 7 }))),
      told: 'the update of "db" changed: tcp_port was 5432, is now 7',
    },
    {
      what: 'a service, by somebody else',
      move: ({ emulator }) => emulator.change(DB, (service: JsonObject) => ({ ...service, tcp_port: 5432 })),
      told: '"db" is already in sync',
    },
  ])('is refused, with what moved: $what', async ({ move, told }) => {
    const stage = await planned();
    move(stage);
    const { code, stdout } = await stage.apply();
    expect(code).toBe(1);
    expect(stdout).toContain(`failed: the saved plan is stale: ${told}`);
    expect(stage.puts()).toBe(0);
  });

  test('is refused a second time, for it has been applied', async () => {
    const { apply, puts } = await planned();
    expect(await apply()).toMatchObject({ code: 0 });
    expect(await apply()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining(
        'the saved plan is stale: all of its services are in sync, so it was probably applied before',
      ),
    });
    expect(puts()).toBe(2);
  });

  test('is refused for another account', async () => {
    const { file, apply, puts } = await planned();
    writeFileSync(file, readFileSync(file, 'utf8').replace('0123456789abcdef', 'ffffffffffffffff'));
    expect(await apply()).toMatchObject({ code: 1, stdout: expect.stringContaining('it was made for account') });
    expect(puts()).toBe(0);
  });

  test('of a part is applied to the same part, and to no other', async () => {
    const { apply, puts, emulator } = await planned('--only', 'web');
    expect(await apply('--only', 'db')).toMatchObject({
      code: 1,
      stderr: 'vpc-reconciler: --only: expected none, for the plan was made with --only web, found db\n',
    });
    expect(puts()).toBe(0);
    expect(await apply()).toMatchObject({ code: 0, stdout: expect.stringContaining('1 updated') });
    expect(emulator.services()).toMatchObject([{ http_port: 8080 }, { tcp_port: 1 }]);
  });

  test('of all is not applied to a part', async () => {
    const { apply, puts } = await planned();
    expect(await apply('--only', 'db')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('made without --only'),
    });
    expect(puts()).toBe(0);
  });

  test('that is none, or is not there, is wrong usage', async () => {
    const { file, apply, puts } = await planned();
    writeFileSync(file, '{}');
    expect(await apply()).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('expected a plan as plan --out writes it'),
    });
    const away = await command(['apply', join(file, 'x'), '--emulator']);
    expect(away).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('cannot be read: part of its path is not a folder'),
    });
    expect(puts()).toBe(0);
  });

  test.for([
    ['no/where', 'its folder is not there'],
    ['.', 'it is a folder'],
    ['web.yaml/plan', 'part of its path is not a folder'],
    ['astray', 'its link leads to a folder that is not there'],
    ['circle', 'its symbolic links form a loop'],
    ['/dev/null', 'it is no regular file'],
  ] as const)('that cannot be written is told in words: %s', async ([name, why]) => {
    const folder = folderOf({ 'web.yaml': web() });
    symlinkSync('no/where', join(folder, 'astray'));
    symlinkSync('circle', join(folder, 'circle'));
    const out = resolve(folder, name);
    const before = readdirSync(folder);
    expect(await command(['plan', '--emulator', '--services', folder, '--out', out])).toMatchObject({
      code: 1,
      stderr: `vpc-reconciler: --out: expected a file that can be written, found that "${out}" cannot: ${why}\n`,
    });
    expect(readdirSync(folder)).toEqual(before);
  });

  test.for(['there already', 'not yet there'])(
    'is written through a link, which stays, to what is %s',
    async (there) => {
      const services = folderOf({ 'web.yaml': web() });
      const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
      const place = join(elsewhere, 'plan.json');
      if (there === 'there already') writeFileSync(place, 'old');
      symlinkSync(elsewhere, join(folder, 'plans'));
      symlinkSync('plans/plan.json', join(folder, 'latest'));
      const out = join(folder, 'latest');
      expect(await command(['plan', '--emulator', '--services', services, '--out', out])).toMatchObject({ code: 2 });
      expect(readlinkSync(out)).toBe('plans/plan.json');
      expect(JSON.parse(readFileSync(place, 'utf8'))).toMatchObject({ plan_version: 1 });
      expect(readdirSync(elsewhere)).toEqual(['plan.json']);
    },
  );
});

describe('--only', () => {
  test('narrows what is planned, applied and told, by name and by id', async () => {
    const { apply, puts, folder, emulator } = await planned();
    const environment = accountAt(emulator.url);
    const { stdout } = await command(['plan', '--services', folder, '--only', DB], { environment });
    expect(stdout).toMatch(/^~ db .*\n.*\n.*\npending: 1 to update/);
    expect(stdout).not.toContain('web');
    expect(await command(['apply', '--services', folder, '--only', 'db'], { environment })).toMatchObject({ code: 0 });
    expect(puts()).toBe(1);
    expect(await apply()).toMatchObject({ code: 1 });
  });

  test('that means nobody is told, with who may be meant, and nothing is done', async () => {
    const { folder, emulator, puts } = await planned();
    const { code, stdout } = await command(['apply', '--services', folder, '--only', 'webb'], {
      environment: accountAt(emulator.url),
    });
    expect(code).toBe(1);
    expect(stdout).toContain('--only: expected the name or id of a service, found "webb"');
    expect(puts()).toBe(0);
  });
});

test('a plan is Markdown where a pull request wants it', async () => {
  const { folder, emulator } = await planned();
  const { code, stdout } = await command(['plan', '--services', folder, '--output', 'markdown'], {
    environment: accountAt(emulator.url),
  });
  expect(code).toBe(2);
  expect(stdout).toMatch(/^### VPC services plan: pending\n/);
  expect(stdout).toContain('<details><summary>');
});

test.for([
  ['always', true],
  ['never', false],
  ['auto', false],
] as const)('colors are %s where nobody looks on: %s', async ([when, colored]) => {
  const { folder, emulator } = await planned();
  const { stdout } = await command(['plan', '--services', folder, '--color', when], {
    environment: accountAt(emulator.url),
  });
  expect(stdout.includes('\u{1b}[')).toBe(colored);
});

test('what never ends is no plan', async () => {
  expect(await command(['apply', '/dev/zero', '--emulator'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('expected a file that plan --out wrote, found another'),
  });
});
