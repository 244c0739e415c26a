import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAULT_NAMES } from '../../../src/emulator/scenario/faults.ts';
import { command, database, emulated, folderOf, temporaryFolder, web } from '../command.ts';
import type { Ended, Environment } from '../command.ts';

/** Runs `emulate`, calls `use` with the variables that it prints, and stops it. */
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
  { seed: 'empty', code: 2, holds: '0 services' },
])('prints the variables for clients; with --seed $seed, a plan exits with $code', async ({ seed, code, holds }) => {
  const services = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const ended = await emulating(['--seed', seed, '--services', services], async (environment) => {
    expect(await command(['plan', '--services', services], { environment })).toMatchObject({ code, stderr: '' });
  });
  expect(ended.code).toBe(0);
  expect(ended.stdout.split('\n')).toEqual([
    '# A local emulator of the Workers VPC services API, for demos and tests.',
    `# It holds ${holds} (--seed ${seed}). Press Ctrl-C to stop it.`,
    expect.stringMatching(/^export CLOUDFLARE_BASE_URL=http:\/\/127\.0\.0\.1:\d+\/client\/v4$/),
    'export CLOUDFLARE_ACCOUNT_ID=0123456789abcdef0123456789abcdef',
    'export CLOUDFLARE_API_TOKEN=emulator-token-not-a-secret',
    '',
  ]);
  expect(ended.stderr).toMatch(
    /^\S+Z GET \/client\/v4\/accounts\/\w+\/connectivity\/directory\/services\?\S+ 200 \d+ ms\n$/,
  );
});

test('reports a folder that cannot be read, unless the seed is empty', async () => {
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

test('reports a port that is in use', async () => {
  const { url } = await emulated();
  const { port } = new URL(url);
  expect(await command(['emulate', '--seed', 'empty', '--port', port])).toEqual({
    code: 1,
    stdout: '',
    stderr: `vpc-reconciler: --port: expected a free port on 127.0.0.1, found that port ${port} is in use\n`,
  });
});

test('prints a scenario, simulates its faults, and logs them', async () => {
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
  for (const line of log.slice(0, 2)) expect(line).toMatch(/^(0 \(lost\)|503 \(503\))$/);
  expect(log.slice(2)).toEqual(['200', '']);
});

test('prints a scenario as comments of at most 80 columns', async () => {
  const line = ['--seed', 'empty', '--scenario', 'config/scenario.yaml'];
  const { stdout } = await emulating(line, async () => {});
  const comments = stdout.split('\n').filter((row) => row !== '' && !row.startsWith('export '));
  expect(comments.length).toBeGreaterThan(10);
  for (const row of comments) {
    expect(row.length).toBeLessThanOrEqual(80);
    expect(row).toMatch(/^# /);
  }
});

test('prints every problem of a scenario, one per line, and does nothing else', async () => {
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

test('names the encoding of a scenario in UTF-16', async () => {
  const scenario = join(temporaryFolder(), 'trouble.yaml');
  writeFileSync(scenario, Buffer.from('\ufefflatency: 5s\n', 'utf16le'));
  expect(await command(['emulate', '--seed', 'empty', '--scenario', scenario])).toEqual({
    code: 1,
    stdout: '',
    stderr: `vpc-reconciler: ${scenario}:1:1 expected UTF-8, found UTF-16; save the file as UTF-8\n`,
  });
});

test('reports a scenario that cannot be read', async () => {
  expect(await command(['emulate', '--seed', 'empty', '--scenario', '/nowhere.yaml'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'vpc-reconciler: --scenario: expected a scenario file, found that "/nowhere.yaml" cannot be read: no such file or folder\n',
  });
});
