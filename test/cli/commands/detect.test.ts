import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Emulator } from '../../../src/emulator/emulator.ts';
import { accountAt, command, database, emulated, folderOf, temporaryFolder, web } from '../command.ts';
import type { Environment } from '../command.ts';

/* `mode: detect` writes nothing, whichever command runs. */

const declared = () => folderOf({ 'web.yaml': web(), 'db.yaml': database() });
const drifted = () => ({ services: [web({ http_port: 81 }), database({ tcp_port: 1 })] });

function expectNoWrites({ requests }: Emulator): void {
  expect(requests.filter(({ method }) => method !== 'GET')).toEqual([]);
}

/** Writes a configuration file. Returns the environment that names it. */
function configured(text: string): Environment {
  const file = join(temporaryFolder(), 'config.yaml');
  writeFileSync(file, text);
  return { VPC_RECONCILER_CONFIG: file };
}

const byVariable = () => ({ VPC_RECONCILER_MODE: 'detect' });
const byFile = () => configured('interval: 1h\nmode: detect\n');

const WEB = '0191e3a4-5b6c-7d8e-9f00-112233445566';

test.for([
  { given: 'the environment', environment: byVariable, flags: [], from: 'VPC_RECONCILER_MODE' },
  { given: 'the configuration file', environment: byFile, flags: [], from: 'config.yaml:2 mode' },
  { given: 'the command line', environment: () => ({}), flags: ['--mode', 'detect'], from: '--mode' },
  {
    given: 'the command line only',
    environment: () => configured('mode: apply'),
    flags: ['--mode=detect'],
    from: '--mode',
  },
])('apply only plans under mode: detect in $given, says so, and exits with 2', async ({ environment, flags, from }) => {
  const emulator = await emulated(drifted());
  const line = ['apply', '--services', declared(), ...flags];
  const { code, stdout, stderr } = await command(line, {
    environment: { ...accountAt(emulator.url), ...environment() },
  });
  expect(code).toBe(2);
  expect(stdout).toMatch(/^ {2}= to be updated\n(.*\n)*pending: 2 to update/m);
  expect(stderr.trimEnd()).toMatch(
    /: the mode is detect, so apply plans and writes nothing; to write, add --mode apply$/,
  );
  expect(stderr).toContain(`${from}: `);
  expectNoWrites(emulator);
});

test('apply names the mode in the report, and keeps it clean for programs', async () => {
  const emulator = await emulated(drifted());
  const environment = { ...accountAt(emulator.url), ...byVariable() };
  const json = await command(['apply', '--services', declared(), '--output', 'json'], { environment });
  expect(JSON.parse(json.stdout)).toMatchObject({ mode: 'detect', outcome: 'pending', counts: { updated: 0 } });
  const markdown = await command(['apply', '--services', declared(), '--output', 'markdown'], { environment });
  expect(markdown.stdout).toMatch(/^### VPC services drift for `.*`: pending\n/);
  expectNoWrites(emulator);
});

test('apply exits with 0 under mode: detect if all services are in sync, and with 2 if a service is missing', async () => {
  const emulator = await emulated({ services: [web()] });
  const environment = { ...accountAt(emulator.url), ...byVariable() };
  const inSync = ['apply', '--services', folderOf({ 'web.yaml': web() })];
  const missing = ['apply', '--services', folderOf({ 'db.yaml': database() })];
  expect(await command(inSync, { environment })).toMatchObject({ code: 0 });
  expect(await command(missing, { environment })).toMatchObject({ code: 2 });
  expectNoWrites(emulator);
});

test.for([byVariable, byFile])('apply --mode apply writes in spite of the setting', async (setting) => {
  const emulator = await emulated(drifted());
  const ended = await command(['apply', '--mode', 'apply', '--services', declared()], {
    environment: { ...accountAt(emulator.url), ...setting() },
  });
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  expect(emulator.services()).toMatchObject([web(), database()]);
});

test('apply PLAN checks the plan under mode: detect, and writes nothing', async () => {
  const emulator = await emulated(drifted());
  const environment = { ...accountAt(emulator.url), ...byVariable() };
  const [services, file] = [declared(), join(temporaryFolder(), 'plan.json')];
  const planned = await command(['plan', '--services', services, '--out', file], { environment });
  expect(planned.stderr).toContain(
    `to apply it, run: vpc-reconciler apply ${file} --services ${services} --mode apply`,
  );

  const held = await command(['apply', file, '--services', services], { environment });
  expect(held).toMatchObject({ code: 2, stdout: expect.stringContaining('pending: 2 to update') });
  expectNoWrites(emulator);

  const applied = await command(['apply', file, '--services', services, '--mode', 'apply'], { environment });
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('2 updated') });

  const again = await command(['apply', file, '--services', services], { environment });
  expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('it was probably applied before') });

  emulator.change(WEB, (service) => ({ ...service, http_port: 7 }));
  const stale = await command(['apply', file, '--services', services], { environment });
  expect(stale).toMatchObject({ code: 1, stdout: expect.stringContaining('the plan is stale') });
  expect(emulator.requests.filter(({ method }) => method === 'PUT')).toHaveLength(2);
});

test('apply --emulator writes nothing under mode: detect', async () => {
  const ended = await command(['apply', '--emulator', '--services', declared()], { environment: byVariable() });
  expect(ended).toMatchObject({ code: 2, stdout: expect.stringContaining('pending: ') });
});
