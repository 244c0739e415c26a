import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAULT_NAMES } from '../../../src/emulator/scenario/faults.ts';
import { command, database, emulated, folderOf, web } from '../command.ts';
import type { Ended, Environment } from '../command.ts';

/** Runs `emulate`, calls back with the variables that it prints, and then tells it to stop. */
async function emulating(line: readonly string[], use: (variables: Environment) => Promise<void>): Promise<Ended> {
  const stop = new AbortController();
  const ready = Promise.withResolvers<string>();
  let output = '';
  const running = command(['emulate', ...line], {
    stop: stop.signal,
    onOutput: (text) => {
      output += text;
      if (output.includes('CLOUDFLARE_API_TOKEN=')) ready.resolve(output);
    },
  });
  await Promise.race([running, ready.promise]);
  await use(Object.fromEntries([...output.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name, value])));
  stop.abort();
  return running;
}

test.for([
  { seed: 'in-sync', code: 0, holds: '2 services' },
  { seed: 'drifted', code: 2, holds: '3 services' },
  { seed: 'empty', code: 1, holds: '0 services' },
])('prints what a client needs; seeded $seed, a plan ends with $code', async ({ seed, code, holds }) => {
  const services = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const ended = await emulating(['--seed', seed, '--services', services], async (environment) => {
    expect(await command(['plan', '--services', services], { environment })).toMatchObject({ code, stderr: '' });
  });
  expect(ended.code).toBe(0);
  expect(ended.stdout.split('\n')).toEqual([
    '# A local emulator of the Workers VPC services API, for demos and tests.',
    `# It holds ${holds} (--seed ${seed}). Ctrl-C ends it.`,
    expect.stringMatching(/^export CLOUDFLARE_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/client\/v4$/),
    'export CLOUDFLARE_ACCOUNT_ID=0123456789abcdef0123456789abcdef',
    'export CLOUDFLARE_API_TOKEN=emulator-token-not-a-secret',
    '',
  ]);
  expect(ended.stderr).toMatch(
    /^\S+Z GET \/client\/v4\/accounts\/\w+\/connectivity\/directory\/services\?\S+ 200 \d+ ms\n$/,
  );
});

test('a folder that cannot be read is told, where it is needed', async () => {
  expect(await command(['emulate', '--services', '/nowhere'])).toMatchObject({
    code: 1,
    stdout: '',
    stderr: expect.stringMatching(/^vpc-reconciler: \/nowhere: expected a folder of declarations, found nothing there/),
  });
  const ended = await emulating(['--services', '/nowhere', '--seed', 'empty'], async (variables) => {
    expect(Object.keys(variables)).toHaveLength(3);
  });
  expect(ended.code).toBe(0);
});

test('a port that somebody else has is told', async () => {
  const { url } = await emulated();
  const { port } = new URL(url);
  expect(await command(['emulate', '--seed', 'empty', '--port', port])).toEqual({
    code: 1,
    stdout: '',
    stderr: `vpc-reconciler: --port: expected a free port of 127.0.0.1, found one that is in use: ${port}\n`,
  });
});

test('a scenario is told, and strikes; the log says whom and how', async () => {
  const folder = folderOf({ 'web.yaml': web(), 'trouble.yml.txt': 'share: 1\nfaults: [lost, 503]\nstops_after: 2\n' });
  const scenario = join(folder, 'trouble.yml.txt');
  const line = ['--seed', 'in-sync', '--services', folder, '--scenario', scenario];
  const ended = await emulating(line, async (environment) => {
    expect(await command(['plan', '--services', folder], { environment })).toMatchObject({ code: 0, stderr: '' });
  });
  expect(ended.code).toBe(0);
  expect(ended.stdout.split('\n').slice(2, 5)).toEqual([
    `# ${scenario}:`,
    '#   100 % of GET, PUT, POST, DELETE fail with lost, 503 (seed 1)',
    '#   stops after 2 faults',
  ]);
  const log = ended.stderr.replaceAll(/^\S+Z GET \S+ (\d+) \d+ ms/gm, '$1').split('\n');
  expect(log).toHaveLength(4);
  for (const struck of log.slice(0, 2)) expect(struck).toMatch(/^(0 \(lost\)|503 \(503\))$/);
  expect(log.slice(2)).toEqual(['200', '']);
});

test('whatever a scenario has in store, what is told of it keeps within 80 columns, as comments', async () => {
  const line = ['--seed', 'empty', '--scenario', 'config/scenario.yaml'];
  const { stdout } = await emulating(line, async () => {});
  const comments = stdout.split('\n').filter((row) => row !== '' && !row.startsWith('export '));
  expect(comments.length).toBeGreaterThan(10);
  for (const row of comments) {
    expect(row.length).toBeLessThanOrEqual(80);
    expect(row).toMatch(/^# /);
  }
});

test('everything wrong in a scenario is told, a line each, before anything is done', async () => {
  const scenario = join(folderOf({ 'trouble.yaml': 'faults: [trunctated]\nlatncy: 5s\n' }), 'trouble.yaml');
  expect(await command(['emulate', '--seed', 'empty', '--scenario', scenario])).toEqual({
    code: 1,
    stdout: '',
    stderr: [
      `vpc-reconciler: ${scenario}:1:10 faults[0]: expected a status from 400 to 599, ${FAULT_NAMES.slice(0, -1).join(', ')} or slow, found "trunctated"; did you mean "truncated"?`,
      `vpc-reconciler: ${scenario}:2:1 latncy: unknown key; did you mean "latency"?`,
      '',
    ].join('\n'),
  });
});

test('a scenario that cannot be read is told', async () => {
  expect(await command(['emulate', '--seed', 'empty', '--scenario', '/nowhere.yaml'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'vpc-reconciler: --scenario: expected a file that says what goes wrong, found that "/nowhere.yaml" cannot be read: no such file or folder\n',
  });
});
