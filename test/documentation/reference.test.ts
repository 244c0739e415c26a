import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { settingDocs } from '../../src/config/setting-docs.ts';
import { variableOf } from '../../src/config/settings.ts';
import { FAULT_NAMES } from '../../src/emulator/scenario/faults.ts';
import { scenarioSchema } from '../../src/emulator/scenario/scenario.ts';
import { command } from '../cli/command.ts';
import { pages, readPage, root, rowsOf } from './pages.ts';

/* Every name in the manuals exists, and everything that exists is in the manuals. */

test('config/README.md lists every setting with its default', () => {
  const documented = [...rowsOf('config/README.md', 'Settings')].map(([name, [fallback]]) => [name, fallback]);
  expect(documented).toEqual(settingDocs.map(({ name, defaultText }) => [name, `\`${defaultText}\``]));
});

const COMMANDS = [
  'run',
  'plan',
  'apply',
  'validate',
  'accept',
  'import',
  'notify',
  'status',
  'get',
  'wait',
  'pause',
  'resume',
  'emulate',
  'schema',
  'completion',
] as const;

test('config/README.md lists every command', async () => {
  const { stdout } = await command(['--help']);
  const listed = [...stdout.matchAll(/^ {2}([a-z]+)(?: \[|\s)/gm)]
    .map(([, name]) => name)
    .filter((name) => name !== 'help');
  expect(listed).toEqual([...COMMANDS]);
  expect([...rowsOf('config/README.md', 'Commands').keys()].map((name) => name.split(' ')[0])).toEqual(
    expect.arrayContaining([...COMMANDS]),
  );
});

describe('names in the manuals', () => {
  test('every flag exists', async () => {
    const helps = await Promise.all(COMMANDS.map(async (name) => (await command([name, '--help'])).stdout));
    helps.push((await command(['--help'])).stdout);
    const known = new Set(helps.join('\n').match(/--[a-z][a-z-]+/g));
    for (const page of [
      'README.md',
      'config/README.md',
      'services/README.md',
      'config/rehearsal.md',
      'config/pull-requests.md',
    ]) {
      const ours = readPage(page).replaceAll(/^.*\b(npm|npx|git|gh|curl|kubectl|test|node --)\b.*$/gm, '');
      const unknown = (ours.match(/(?<![\w-])--[a-z][a-z0-9-]+/g) ?? []).filter(
        (flag) => !known.has(flag) && !FLAGS_OF_OTHERS.has(flag),
      );
      expect({ page, unknown }).toEqual({ page, unknown: [] });
    }
  });

  test('every command line of a pipeline exists, with its flags', async () => {
    const lines = [...readPage('config/pull-requests.md').matchAll(/vpc-reconciler\.cjs ([a-z]+)(.*)$/gm)];
    expect(new Set(lines.map(([, name]) => name))).toEqual(new Set(['validate', 'plan', 'apply', 'wait']));
    for (const [line, name = '', rest = ''] of lines) {
      const { stdout } = await command([name, '--help']);
      const unknown = (rest.match(/--[a-z-]+/g) ?? []).filter((flag) => !stdout.includes(`${flag} `));
      expect({ line, unknown }).toEqual({ line, unknown: [] });
    }
  });

  test('every variable exists', () => {
    const known = new Set([...settingDocs.map(({ name }) => variableOf(name)), variableOf('config')]);
    const named = pages.flatMap((page) => readPage(page).match(/\bVPC_RECONCILER_[A-Z_]+\b/g) ?? []);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test('every log event exists', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => readFileSync(join(root, 'src', file), 'utf8'))
      .join('\n');
    const named = pages.flatMap((page) =>
      [...readPage(page).matchAll(/"event": "(\w+)"/g)].map(([, event = '']) => event),
    );
    expect(named).not.toEqual([]);
    expect(named.filter((event) => !sources.includes(`'${event}'`))).toEqual([]);
  });
});

/** Flags of Node. */
const FLAGS_OF_OTHERS = new Set(['--report-on-signal', '--disable-sigusr1', '--init']);

test('config/rehearsal.md lists every key of a scenario', () => {
  const keys = Object.keys(scenarioSchema.shape);
  expect([...rowsOf('config/rehearsal.md', 'Scenarios').keys()].filter((name) => keys.includes(name))).toEqual(keys);
});

test('config/rehearsal.md lists every fault', () => {
  const documented = [...rowsOf('config/rehearsal.md', 'Scenarios').keys()];
  expect(documented).toEqual(expect.arrayContaining([...FAULT_NAMES]));
});
