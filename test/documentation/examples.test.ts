import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { loadConfig } from '../../src/config/load-config.ts';
import { isObject } from '../../src/core/base/json.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { readValues } from '../../src/core/load/values/values.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import { accountAt, emulated } from '../cli/command.ts';
import { start } from '../e2e/program.ts';
import { blocksOf, pages, root } from './pages.ts';
import type { Block } from './pages.ts';

/*
 * Every example of the documentation is checked by the program itself: declarations are parsed, settings are loaded, and the commands of a
 * `console` block are run and must print what the block shows.
 */

const blocks = pages.flatMap(blocksOf);
const inLanguage = (language: string) =>
  blocks
    .filter((block) => block.language === language)
    .map((block): readonly [string, Block] => [`${block.page}:${block.line}`, block]);

describe('YAML', () => {
  test.for(inLanguage('yaml'))('%s is valid', ([, { content }]) => {
    const documents = parseAllDocuments(content);
    expect('empty' in documents ? documents.errors : documents.flatMap(({ errors }) => errors)).toEqual([]);
  });

  const declarations = inLanguage('yaml').filter(([, { content }]) => /^(service_id|host):/m.test(content));
  /** The values of the examples that refer to some. */
  const values = readValues(
    blocks
      .filter(({ content }) => /^# \S*values\.yaml/.test(content))
      .map(({ page, content }) => ({ file: page, text: content })),
  );
  test.for(declarations)('%s is a valid declaration', ([, { content }]) => {
    const { problems, declarations: valid } = parseFile(
      'example.yaml',
      content,
      content.includes('${') ? values : null,
    );
    expect(problems).toEqual([]);
    expect(valid).not.toEqual([]);
  });
});

test.for(inLanguage('json'))('%s is valid JSON', ([, { content }]) => {
  expect(isObject(JSON.parse(content))).toBe(true);
});

describe('settings', () => {
  /** `request_timeout: 30s` in running text. */
  const examples = pages.flatMap((page) =>
    [
      ...readFileSync(join(root, page), 'utf8').matchAll(
        /`((?:request_timeout|mode|interval|http_listen|max_changes): [^`]+)`/g,
      ),
    ].map(([, text = '']): readonly [string, string] => [page, text]),
  );
  test.for(examples)('%s: %s is accepted', ([, text]) => {
    const file = join(temporaryFolder(), 'config.yaml');
    writeFileSync(file, text);
    expect(() => loadConfig({ environment: {}, flags: {}, file })).not.toThrow();
  });
});

describe('transcripts', () => {
  test.for(inLanguage('console'))('%s is what the program prints', async ([, { content }]) => {
    const [shown = '', ...lines] = content.split('\n');
    const command = /^\$ vpc-reconciler (.*)$/.exec(shown)?.[1] ?? '';
    const setting = SETTINGS[command];
    expect(setting, `no setting for "${command}"`).toBeDefined();
    const { folder, environment, flags = [] } = (await setting?.()) ?? { folder: root, environment: {} };
    const program = start([...command.split(' '), ...flags], { cwd: folder, environment });
    const { stdout } = await program.ended;
    expect(comparable(stdout)).toBe(comparable(lines.join('\n')));
  });
});

/** Where a transcript takes place: a folder, and the account. `flags` are not shown. */
type Setting = {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
};

const SETTINGS: Readonly<Record<string, () => Setting | Promise<Setting>>> = {
  validate: () => {
    const folder = samples();
    const file = join(folder, 'services/databases/orders-db.yaml');
    const text = readFileSync(file, 'utf8');
    const wrong = text.replace('tcp_port:', 'tcp_prot:').replace(/^( *tunnel_id: .*).$/m, '$1');
    writeFileSync(file, wrong);
    return { folder, environment: {} };
  },
  'import --into services': async () => {
    const services = ['orders-api.yaml', 'databases/orders-db.yaml'].map((name) => {
      const service: unknown = parse(readFileSync(join(root, 'services', name), 'utf8'));
      return isObject(service) ? service : {};
    });
    const { url } = await emulated({ services });
    return { folder: temporaryFolder(), environment: accountAt(url) };
  },
  status: async () => {
    const names = ['databases/orders-db', 'telemetry', 'intranet'];
    const [orders = {}, telemetry = {}, intranet = {}] = names.map((name): JsonObject => {
      const service: unknown = parse(readFileSync(join(root, 'services', `${name}.yaml`), 'utf8'));
      return isObject(service) ? service : {};
    });
    const emulator = await emulated({
      services: [{ ...orders, tcp_port: 5433 }, { ...telemetry, tcp_port: 4318 }, intranet],
      scenario: { refuse: ['orders-db'] },
    });
    const folder = samples();
    const include = names.map((name) => `${name}.yaml`).join(',');
    const daemon = start(['run', '--services', 'services', '--include', include], {
      cwd: folder,
      environment: accountAt(emulator.url),
    });
    const { url } = await daemon.logged({ event: 'serving' });
    await daemon.logged({ event: 'reconciliation_report' });
    return { folder, environment: {}, flags: ['--url', String(url)] };
  },
  'accept orders-db': async () => {
    const service: unknown = parse(readFileSync(join(root, 'services/databases/orders-db.yaml'), 'utf8'));
    const { url } = await emulated({ services: [{ ...(isObject(service) ? service : {}), tcp_port: 5433 }] });
    return { folder: samples(), environment: accountAt(url) };
  },
};

/** Times and request ids differ from run to run. */
function comparable(output: string): string {
  return output
    .replaceAll(/\b\d+ ms\b/g, '0 ms')
    .replaceAll(/\b\d+[hms](?: \d+[ms])?(?= ago|$)/gm, '0s')
    .replaceAll(/\d+(?= of \d+ requests)/g, '0')
    .replaceAll(/CF-Ray \w+/g, 'CF-Ray 0')
    .trimEnd();
}

/** A folder that holds a copy of the samples as `services`. */
function samples(): string {
  const folder = temporaryFolder();
  cpSync(join(root, 'services'), join(folder, 'services'), { recursive: true });
  return folder;
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-documentation-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
