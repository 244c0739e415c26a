import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import type { Config, ConfigSources } from '../../src/config/load-config.ts';
import { renderConfig } from '../../src/config/render-config.ts';
import { settingDocs } from '../../src/config/setting-docs.ts';
import { flagOf, PATH_SETTINGS, variableOf } from '../../src/config/settings.ts';
import type { SettingName, Settings } from '../../src/config/settings.ts';

const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(text: string, name = 'config.yaml'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function load(sources: Partial<ConfigSources> = {}): Config {
  return loadConfig({ environment: {}, flags: {}, ...sources });
}

function faultsOf(sources: Partial<ConfigSources>): string[] {
  try {
    load(sources);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n');
    throw error;
  }
  throw new Error('expected a ConfigError');
}

const DEFAULTS: Settings = {
  services: 'services',
  include: ['**/*.{yaml,yml,json}'],
  exclude: [],
  values: [],
  allow_empty: false,
  mode: 'apply',
  policy: 'update',
  interval: 300_000,
  schedule: null,
  settle: 50,
  rescan: 30_000,
  unknown_fields: 'preserve',
  request_budget: [
    { requests: 1100, ms: 300_000, text: '1100/5m' },
    { requests: 150, ms: 1000, text: '150/1s' },
  ],
  concurrency: 30,
  request_timeout: 30_000,
  pass_timeout: 900_000,
  ca_file: null,
  max_changes: null,
  max_change_percent: null,
  max_deletes: 3,
  canary: 0,
  grace_period: 20_000,
  fresh_for: 900_000,
  http_listen: { host: '127.0.0.1', port: 8484 },
  service_metrics: 0,
  reconcile_token: null,
  reconcile_token_file: null,
  public_url: null,
  source_url: null,
  notifications: {},
  log_level: 'info',
  log_format: 'auto',
};

test('has a default for every setting', () => {
  expect(load().settings).toEqual(DEFAULTS);
  expect(Object.keys(DEFAULTS)).toEqual(settingDocs.map(({ name }) => name));
});

test('describes every setting', () => {
  for (const { description, defaultText } of settingDocs) {
    expect(description).toMatch(/\w/);
    expect(defaultText).not.toBe('');
  }
});

/** Three texts for every setting, and the value of each. */
const VALUES: {
  readonly [Name in Exclude<SettingName, 'notifications'>]: readonly (readonly [text: string, value: Settings[Name]])[];
} = {
  services: [
    ['one', 'one'],
    ['two', 'two'],
    ['/srv/three', '/srv/three'],
  ],
  include: [
    ['a.yaml', ['a.yaml']],
    ['b.yaml', ['b.yaml']],
    ['c/**/*.yml', ['c/**/*.yml']],
  ],
  exclude: [
    ['archive/', ['archive']],
    ['none', []],
    ['*.test.yaml, {a,b}/**', ['*.test.yaml', '{a,b}/**']],
  ],
  values: [
    ['values.yaml', ['values.yaml']],
    ['none', []],
    ['./a.yaml, env/b.yaml', ['a.yaml', 'env/b.yaml']],
  ],
  allow_empty: [
    ['true', true],
    ['false', false],
    ['true', true],
  ],
  mode: [
    ['detect', 'detect'],
    ['apply', 'apply'],
    ['detect', 'detect'],
  ],
  policy: [
    ['upsert', 'upsert'],
    ['sync', 'sync'],
    ['update', 'update'],
  ],
  interval: [
    ['1h', 3_600_000],
    ['0', 0],
    ['90s', 90_000],
  ],
  schedule: [
    ['0 6 * * 1-5 Europe/Berlin', { pattern: '0 6 * * 1-5', timezone: 'Europe/Berlin' }],
    ['none', null],
    ['*/10 * * * *', { pattern: '*/10 * * * *', timezone: 'UTC' }],
  ],
  settle: [
    ['0', 0],
    ['1s', 1000],
    ['10ms', 10],
  ],
  rescan: [
    ['1m', 60_000],
    ['2m', 120_000],
    ['1.5m', 90_000],
  ],
  unknown_fields: [
    ['withhold', 'withhold'],
    ['drop', 'drop'],
    ['preserve', 'preserve'],
  ],
  request_budget: [
    ['10/1m', [{ requests: 10, ms: 60_000, text: '10/1m' }]],
    [
      '20/1m,3/1s',
      [
        { requests: 20, ms: 60_000, text: '20/1m' },
        { requests: 3, ms: 1000, text: '3/1s' },
      ],
    ],
    ['1/500ms', [{ requests: 1, ms: 500, text: '1/500ms' }]],
  ],
  concurrency: [
    ['1', 1],
    ['100', 100],
    ['7', 7],
  ],
  request_timeout: [
    ['1s', 1000],
    ['2s', 2000],
    ['3s', 3000],
  ],
  pass_timeout: [
    ['1s', 1000],
    ['2s', 2000],
    ['3s', 3000],
  ],
  max_changes: [
    ['0', 0],
    ['none', null],
    ['10', 10],
  ],
  max_change_percent: [
    ['0', 0],
    ['none', null],
    ['100', 100],
  ],
  max_deletes: [
    ['0', 0],
    ['10', 10],
    ['none', null],
  ],
  canary: [
    ['0', 0],
    ['1', 1],
    ['1000', 1000],
  ],
  grace_period: [
    ['1s', 1000],
    ['0', 0],
    ['3s', 3000],
  ],
  fresh_for: [
    ['1m', 60_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
  ],
  http_listen: [
    ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
    ['[::1]:0', { host: '::1', port: 0 }],
    ['none', null],
  ],
  service_metrics: [
    ['0', 0],
    ['50', 50],
    ['1000', 1000],
  ],
  reconcile_token: [
    ['one-one-one-one-one', 'one-one-one-one-one'],
    ['two-two-two-two-two', 'two-two-two-two-two'],
    ['three-three-three-three', 'three-three-three-three'],
  ],
  ca_file: [
    ['one', 'one'],
    ['none', null],
    ['/etc/ssl/three.pem', '/etc/ssl/three.pem'],
  ],
  reconcile_token_file: [
    ['one', 'one'],
    ['none', null],
    ['/run/secrets/three', '/run/secrets/three'],
  ],
  public_url: [
    ['https://vpc.example.com/', 'https://vpc.example.com'],
    ['none', null],
    ['http://vpc.internal:8484/page', 'http://vpc.internal:8484/page'],
  ],
  source_url: [
    ['https://git.example.com/{revision}/{file}', 'https://git.example.com/{revision}/{file}'],
    ['none', null],
    ['https://git.example.com/{revision}/{file}#L{line}', 'https://git.example.com/{revision}/{file}#L{line}'],
  ],
  log_level: [
    ['trace', 'trace'],
    ['fatal', 'fatal'],
    ['silent', 'silent'],
  ],
  log_format: [
    ['json', 'json'],
    ['pretty', 'pretty'],
    ['auto', 'auto'],
  ],
};

test.for(settingDocs.map(({ name }) => name).filter((name) => name !== 'notifications'))(
  '%s: a flag overrides the environment, which overrides the file',
  (name) => {
    const [inFile = ['', ''], inEnvironment = ['', ''], inFlag = ['', '']] = VALUES[name];
    const file = fileOf(`${name}: ${inFile[0]}\n`);
    const environment = { [variableOf(name)]: inEnvironment[0] };
    const flags = { [name]: inFlag[0] };
    const fromFile = PATH_SETTINGS.has(name) ? join(dirname(file), inFile[0]) : inFile[1];
    expect(load({ file }).settings).toEqual({ ...DEFAULTS, [name]: fromFile });
    expect(load({ file, environment }).settings).toEqual({ ...DEFAULTS, [name]: inEnvironment[1] });
    expect(load({ environment, flags }).settings).toEqual({ ...DEFAULTS, [name]: inFlag[1] });
    const config = load({ file, environment, flags });
    expect(config.settings).toEqual({ ...DEFAULTS, [name]: inFlag[1] });
    expect(config.origins.get(name)?.from).toBe(flagOf(name));
  },
);

test('reads the file that a flag names, or else a variable', () => {
  const byFlag = fileOf('interval: 1s', 'flag.yaml');
  const environment = { VPC_RECONCILER_CONFIG: fileOf('interval: 2s', 'variable.yaml') };
  expect(load({ environment }).settings.interval).toBe(2000);
  expect(load({ environment, file: byFlag }).settings.interval).toBe(1000);
});

test.for([
  { text: '', reason: 'an empty file' },
  { text: '# nothing but words\n', reason: 'a file of comments' },
  { text: '---\n', reason: 'an empty document' },
])('reads no settings from $reason', ({ text }) => {
  expect(load({ file: fileOf(text) }).settings).toEqual(DEFAULTS);
});

test.for([
  { text: '- interval', found: 'expected one mapping of settings, such as "interval: 5m"' },
  { text: 'interval', found: 'expected one mapping of settings, such as "interval: 5m"' },
  { text: 'interval: 5m\n---\nmode: detect', found: 'expected one mapping of settings, such as "interval: 5m"' },
])('rejects a file that is not a mapping: $text', ({ text, found }) => {
  const file = fileOf(text);
  expect(faultsOf({ file })).toEqual([`${file}: ${found}`]);
});

test('reports the place of a syntax error and of a duplicate key', () => {
  const broken = fileOf('mode: apply\ninterval: "5m\n');
  expect(faultsOf({ file: broken })[0]).toContain(`${broken}:`);
  const doubled = fileOf('mode: apply\ninterval: 5m\nmode: detect\n');
  expect(faultsOf({ file: doubled })[0]).toContain(`${doubled}:3:1 mode: `);
});

test('reports why a file cannot be read, and what named it', () => {
  expect(faultsOf({ file: join(folder, 'nowhere.yaml') })).toEqual([
    `--config: expected a configuration file, found that "${folder}/nowhere.yaml" cannot be read: no such file or folder`,
  ]);
  expect(faultsOf({ environment: { VPC_RECONCILER_CONFIG: folder } })).toEqual([
    `VPC_RECONCILER_CONFIG: expected a configuration file, found that "${folder}" cannot be read: it is a folder`,
  ]);
});

test('names the encoding of a file in UTF-16', () => {
  const file = fileOf('');
  writeFileSync(file, Buffer.from('\ufeffinterval: 5m\n', 'utf16le'));
  expect(faultsOf({ file })).toEqual([`${file}:1:1 expected UTF-8, found UTF-16; save the file as UTF-8`]);
});

test('rejects unknown settings in the file and the environment, with a suggestion', () => {
  const file = fileOf('mode: apply\n\nintervall: 5m\n__proto__: 1\nrequest-timeout: 1s\ncompletely_wrong: 1\n');
  const environment = {
    VPC_RECONCILER_REQUEST_TIMOUT: '1s',
    VPC_RECONCILER_CONFG: 'x',
    VPC_RECONCILER_MODES: 'x',
    VPC_RECONCILER_mode: 'apply',
    VPC_RECONCILER_: 'x',
    VPC_RECONCILER_API_TOKEN: 'a-secret-in-the-wrong-place',
  };
  expect(faultsOf({ file, environment })).toEqual([
    `${file}:3 intervall: unknown setting; did you mean "interval"?`,
    `${file}:4 __proto__: unknown setting`,
    `${file}:5 request-timeout: unknown setting; did you mean "request_timeout"?`,
    `${file}:6 completely_wrong: unknown setting`,
    'VPC_RECONCILER_REQUEST_TIMOUT: unknown setting; did you mean "VPC_RECONCILER_REQUEST_TIMEOUT"?',
    'VPC_RECONCILER_CONFG: unknown setting; did you mean "VPC_RECONCILER_CONFIG"?',
    'VPC_RECONCILER_MODES: unknown setting; did you mean "VPC_RECONCILER_MODE"?',
    'VPC_RECONCILER_mode: unknown setting; did you mean "VPC_RECONCILER_MODE"?',
    'VPC_RECONCILER_: unknown setting',
    'VPC_RECONCILER_API_TOKEN: unknown setting',
  ]);
});

test.for([
  { text: ':8484', means: { host: '', port: 8484 } },
  { text: ' localhost:1 ', means: { host: 'localhost', port: 1 } },
  { text: '[fe80::1]:65535', means: { host: 'fe80::1', port: 65_535 } },
  { text: '', means: null },
])('parses the address "$text"', ({ text, means }) => {
  expect(load({ environment: { VPC_RECONCILER_HTTP_LISTEN: text } }).settings.http_listen).toEqual(means);
});

test.for(['8484', 'localhost', '127.0.0.1:65536', '::1:8484', 'http://localhost:8484', 'localhost:http', ' : '])(
  'rejects the address "%s"',
  (text) => {
    expect(faultsOf({ flags: { http_listen: text } })).toEqual([
      `--http-listen: expected an address and a port such as 127.0.0.1:8484, [::]:8484 or :8484 (all addresses), or none, found ${JSON.stringify(text)}`,
    ]);
  },
);

test('never prints the reconcile token, and has no flag for it', () => {
  const token = 'correct-horse-battery';
  for (const config of [
    load({ environment: { VPC_RECONCILER_RECONCILE_TOKEN: ` ${token} ` } }),
    load({ file: fileOf(`reconcile_token: ${token}`) }),
  ]) {
    expect(config.settings.reconcile_token).toBe(token);
    expect(renderConfig(config)).not.toContain('horse');
    expect(renderConfig(config)).toMatch(/^reconcile_token: \[redacted\] /m);
  }
  expect(renderConfig(load({ environment: { VPC_RECONCILER_RECONCILE_TOKEN: 'none' } }))).toContain(
    'reconcile_token: none ',
  );
  for (const bad of ['hunter2hunter2', 'a token with spaces in it', '', 'sécrètesécrète-long']) {
    expect(faultsOf({ environment: { VPC_RECONCILER_RECONCILE_TOKEN: bad } })).toEqual([
      'VPC_RECONCILER_RECONCILE_TOKEN: expected none, or a token of at least 16 printable ASCII characters without spaces, found something else',
    ]);
  }
  expect(settingDocs.filter(({ hasFlag }) => !hasFlag).map(({ name }) => name)).toEqual([
    'reconcile_token',
    'notifications',
  ]);
});

test('rejects two places for the reconcile token', () => {
  const environment = { VPC_RECONCILER_RECONCILE_TOKEN: 'correct-horse-battery' };
  const file = fileOf('interval: 1m\nreconcile_token_file: /run/token\n', 'token.yaml');
  const flags = { reconcile_token_file: '/run/other-token' };
  const both = 'expected one of them, found both; set one of them to "none"';
  expect(faultsOf({ environment, file })).toEqual([
    `VPC_RECONCILER_RECONCILE_TOKEN and ${file}:2 reconcile_token_file: ${both}`,
  ]);
  expect(faultsOf({ environment: { ...environment, VPC_RECONCILER_INTERVAL: 'soon' }, file, flags })).toEqual([
    expect.stringMatching(/^VPC_RECONCILER_INTERVAL: expected a duration/),
    `VPC_RECONCILER_RECONCILE_TOKEN and --reconcile-token-file: ${both}`,
  ]);
  const { settings } = load({ environment, file, flags: { reconcile_token_file: 'none' } });
  expect(settings).toMatchObject({ reconcile_token: 'correct-horse-battery', reconcile_token_file: null });
  const fileOnly = load({ environment: { VPC_RECONCILER_RECONCILE_TOKEN: 'none' }, file });
  expect(fileOnly.settings).toMatchObject({ reconcile_token: null, reconcile_token_file: '/run/token' });
});

test('ignores variables of other programs, and those that Kubernetes sets for a Service of this name', () => {
  const environment = {
    HOME: '/root',
    VPC_RECONCILER: 'x',
    VPC_RECONCILER_SERVICE_HOST: '10.0.0.1',
    VPC_RECONCILER_SERVICE_PORT: '8484',
    VPC_RECONCILER_SERVICE_PORT_HTTP: '8484',
    VPC_RECONCILER_PORT: 'tcp://10.0.0.1:8484',
    VPC_RECONCILER_PORT_8484_TCP: 'tcp://10.0.0.1:8484',
    VPC_RECONCILER_PORT_8484_TCP_PROTO: 'tcp',
    VPC_RECONCILER_PORT_8484_TCP_PORT: '8484',
    VPC_RECONCILER_PORT_8484_TCP_ADDR: '10.0.0.1',
    VPC_RECONCILER_METRICS_SERVICE_HOST: '10.0.0.1',
    VPC_RECONCILER_METRICS_PORT: 'tcp://10.0.0.1:9090',
    VPC_RECONCILER_MODE: undefined,
  };
  expect(load({ environment }).settings).toEqual(DEFAULTS);
  expect(faultsOf({ environment: { VPC_RECONCILER_PORT: '8484' } })).toEqual(['VPC_RECONCILER_PORT: unknown setting']);
});

test('lists every invalid value with its origin', () => {
  const file = fileOf('mode: aply\nrescan: 0\nconcurrency: 1.5\nlog_level: [info]\ninclude: []\n');
  const environment = {
    VPC_RECONCILER_ALLOW_EMPTY: 'yes',
    VPC_RECONCILER_SERVICES: '',
    VPC_RECONCILER_LOG_FORMAT: 'JSON',
    VPC_RECONCILER_BOGUS_THING: '1',
  };
  const flags = { interval: '5 minutes', unknown_fields: 'keep' };
  expect(faultsOf({ file, environment, flags })).toEqual([
    'VPC_RECONCILER_BOGUS_THING: unknown setting',
    'VPC_RECONCILER_SERVICES: expected a folder, found ""',
    `${file}:5 include: expected globs, such as **/*.yaml, found []`,
    'VPC_RECONCILER_ALLOW_EMPTY: expected true or false, found "yes"',
    `${file}:1 mode: expected apply or detect, found "aply"`,
    '--interval: expected a duration such as 500ms, 2s, 5m or 1h, at most 480h, found "5 minutes"',
    `${file}:2 rescan: expected a duration above zero, found 0`,
    '--unknown-fields: expected preserve, withhold or drop, found "keep"',
    `${file}:3 concurrency: expected a whole number from 1 to 100, found 1.5`,
    `${file}:4 log_level: expected trace, debug, info, warn, error, fatal or silent, found ["info"]`,
    'VPC_RECONCILER_LOG_FORMAT: expected auto, json or pretty, found "JSON"',
  ]);
});

test.for(['5', 'true', 'null', '', '[1s]', '{a: 1}', '.inf', '-1'])(
  'describes what is expected where every setting of a file is %s',
  (value) => {
    const file = fileOf(settingDocs.map(({ name }) => `${name}: ${value}`).join('\n'));
    for (const fault of faultsOf({ file })) expect(fault).toMatch(/:\d+ [\w.]+: expected .+, found ./);
  },
);

test.for([
  ['500ms', 500],
  ['2s', 2000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['480h', 1_728_000_000],
  ['1.5s', 1500],
  ['1.0005s', 1001],
  ['0', 0],
  ['0s', 0],
  ['00', null],
  ['481h', null],
  ['9e9h', null],
  ['5', null],
  ['-5m', null],
  ['+5m', null],
  ['5 m', null],
  [' 5m', null],
  ['5M', null],
  ['5d', null],
  ['.5s', null],
  ['1h30m', null],
  ['٣s', null],
  ['Infinity', null],
] as const)('parses the duration %s to %s ms', ([text, ms]) => {
  const flags = { interval: text };
  if (ms !== null) expect(load({ flags }).settings.interval).toBe(ms);
  else expect(faultsOf({ flags })).toHaveLength(1);
});

test('rejects zero where a duration must be positive', () => {
  for (const name of ['rescan', 'request_timeout', 'pass_timeout'] as const) {
    for (const text of ['0', '0ms', '0.1ms']) {
      expect(faultsOf({ flags: { [name]: text } })).toEqual([
        `${flagOf(name)}: expected a duration above zero, found "${text}"`,
      ]);
    }
  }
  expect(load({ flags: { interval: '0', settle: '0', grace_period: '0' } }).settings).toMatchObject({
    interval: 0,
    settle: 0,
    grace_period: 0,
  });
});

test.for([
  ['0', null],
  ['1', 1],
  ['100', 100],
  ['101', null],
  ['007', 7],
  ['1e1', null],
  ['0x10', null],
  ['-1', null],
  ['', null],
  ['99999999999999999999', null],
] as const)('parses the concurrency %s to %s', ([text, number]) => {
  const flags = { concurrency: text };
  if (number !== null) expect(load({ flags }).settings.concurrency).toBe(number);
  else expect(faultsOf({ flags })).toEqual([`--concurrency: expected a whole number from 1 to 100, found "${text}"`]);
});

test.for([
  ['a.yaml,b.yaml', ['a.yaml', 'b.yaml']],
  [' a.yaml , b.yaml ', ['a.yaml', 'b.yaml']],
  ['**/*.{yaml,yml,json}', ['**/*.{yaml,yml,json}']],
  ['*.{a,{b,c}},d/{e,f}', ['*.{a,{b,c}}', 'd/{e,f}']],
  ['a}b,c', ['a}b', 'c']],
  ['', null],
  [',', null],
  ['a,,b', null],
  ['a, ', null],
] as const)('splits the globs of a variable at commas: %s', ([text, globs]) => {
  const environment = { VPC_RECONCILER_INCLUDE: text };
  if (globs !== null) expect(load({ environment }).settings.include).toEqual(globs);
  else {
    expect(faultsOf({ environment })).toEqual([
      `VPC_RECONCILER_INCLUDE: expected globs, such as **/*.yaml, found "${text}"`,
    ]);
  }
});

test('accepts the default of every setting as a flag, as written in the help', () => {
  const flags = Object.fromEntries(settingDocs.map(({ name, defaultText }) => [name, defaultText]));
  expect(load({ flags }).settings).toEqual(DEFAULTS);
});

test('freezes the settings', () => {
  const { settings } = load();
  expect(() => Object.assign(settings, { mode: 'detect' })).toThrow(TypeError);
});

test('prints the settings as a file, each with its origin', () => {
  const file = fileOf('interval: 1h\nlog_format: json # for the collector\n');
  const environment = { VPC_RECONCILER_CONCURRENCY: '7', VPC_RECONCILER_SERVICES: '7', VPC_RECONCILER_SETTLE: '0' };
  const flags = { allow_empty: 'true', include: 'a.yaml,*.{b,c}' };
  expect(renderConfig(load({ file, environment, flags })).split('\n')).toEqual(
    [
      ['services: "7"', 'VPC_RECONCILER_SERVICES'],
      ['include: [a.yaml, "*.{b,c}"]', '--include'],
      ['exclude: none', 'default'],
      ['values: none', 'default'],
      ['allow_empty: true', '--allow-empty'],
      ['mode: apply', 'default'],
      ['policy: update', 'default'],
      ['interval: 1h', `${file}:1 interval`],
      ['schedule: none', 'default'],
      ['settle: 0', 'VPC_RECONCILER_SETTLE'],
      ['rescan: 30s', 'default'],
      ['unknown_fields: preserve', 'default'],
      ['request_budget: "1100/5m, 150/1s"', 'default'],
      ['concurrency: 7', 'VPC_RECONCILER_CONCURRENCY'],
      ['request_timeout: 30s', 'default'],
      ['pass_timeout: 15m', 'default'],
      ['ca_file: none', 'default'],
      ['max_changes: none', 'default'],
      ['max_change_percent: none', 'default'],
      ['max_deletes: 3', 'default'],
      ['canary: 0', 'default'],
      ['grace_period: 20s', 'default'],
      ['fresh_for: 15m', 'default'],
      ['http_listen: 127.0.0.1:8484', 'default'],
      ['service_metrics: 0', 'default'],
      ['reconcile_token: none', 'default'],
      ['reconcile_token_file: none', 'default'],
      ['public_url: none', 'default'],
      ['source_url: none', 'default'],
      ['notifications: none', 'default'],
      ['log_level: info', 'default'],
      ['log_format: json', `${file}:2 log_format`],
    ].map(([line, from]) => `${line?.padEnd('request_budget: "1100/5m, 150/1s"'.length)}  # ${from}`),
  );
});

/** Names of folders and globs, many of which are something else in YAML unless quoted. */
const names = fc.oneof(
  fc.constantFrom(
    '-',
    '---',
    '...',
    '~',
    'null',
    'true',
    'no',
    '1',
    '1e3',
    '0x1f',
    '.inf',
    '{a}',
    '[a]',
    '# a',
    'a: b',
  ),
  fc.constantFrom(
    ' a ',
    'a\nb',
    '"',
    "'",
    '\\',
    '*a',
    '&a',
    '!a',
    '%a',
    '@a',
    '`a',
    '<<',
    '?',
    '|',
    '>',
    'a #b',
    '\u0085',
  ),
  fc.string({ minLength: 1, unit: 'binary' }),
  fc.string({ minLength: 1 }),
);
const durations = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.constantFrom('ms', 's', 'm', 'h'))
  .map(([number, unit]) => `${number}${unit}`);

/** Returns a printed configuration without origins and without the folder. */
const printed = (config: Config) => renderConfig(config).replaceAll(/ *# .*$|^services: .*\n/gm, '');

test('prints a file that loads to the same settings', () => {
  const flags = fc.record(
    {
      services: names,
      include: fc.array(names, { minLength: 1 }).map((globs) => globs.join(',')),
      exclude: fc.constantFrom('none', 'a,b/**', '*.{x,y}'),
      values: fc.constantFrom('none', 'a.yaml', './a.yaml, b/c.yml'),
      allow_empty: fc.constantFrom('true', 'false'),
      mode: fc.constantFrom('apply', 'detect'),
      interval: fc.oneof(durations, fc.constant('0')),
      rescan: durations,
      request_budget: fc.constantFrom('1/1s', '1100/5m, 150/1s', ' 5/1m , 2/500ms'),
      max_changes: fc.constantFrom('none', '0', '7'),
      concurrency: fc.integer({ min: 1, max: 100 }).map(String),
      log_level: fc.constantFrom('trace', 'silent'),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(flags, (given) => {
      let config: Config;
      try {
        config = load({ flags: given });
      } catch (error) {
        return fc.pre(!(error instanceof ConfigError)); // An empty glob is invalid.
      }
      const file = fileOf(renderConfig(config));
      // A relative folder begins at the file that names it.
      const services = isAbsolute(config.settings.services)
        ? config.settings.services
        : join(dirname(file), config.settings.services);
      expect(load({ file }).settings).toEqual({ ...config.settings, services });
      expect(printed(load({ file }))).toBe(printed(config));
    }),
  );
});

test.for([
  ['request_budget', '10', '10'],
  ['request_budget', '10/1m,', '10/1m,'],
  ['request_budget', '0/1m', '0/1m'],
  ['request_budget', '10/0', '10/0'],
  ['max_changes', 'all', 'all'],
  ['max_changes', '-1', '-1'],
  ['max_change_percent', '101', '101'],
  ['max_change_percent', '1.5', '1.5'],
] as const)('rejects %s of %j', ([name, text, found]) => {
  const expected = {
    request_budget: 'expected requests per duration, one or more, such as 1100/5m, 150/1s',
    max_changes: 'expected none, or a whole number from 0 to 1000000',
    max_change_percent: 'expected none, or a whole number from 0 to 100',
  }[name];
  expect(faultsOf({ flags: { [name]: text } })).toEqual([`${flagOf(name)}: ${expected}, found "${found}"`]);
});

test('accepts a list of rates in the file', () => {
  const { settings } = load({ file: fileOf('request_budget: [10/1m, 2/1s]\n') });
  expect(settings.request_budget.map(({ text }) => text)).toEqual(['10/1m', '2/1s']);
});

const shipped = (name: string) => new URL(`../../config/${name}`, import.meta.url).pathname;

test('config/default.yaml explains every setting, in order, and holds its default', () => {
  const file = shipped('default.yaml');
  const { settings, origins } = load({ file });
  expect(settings).toEqual({ ...DEFAULTS, services: join(dirname(file), 'services') });
  for (const { from } of origins.values()) expect(from).toContain(`${file}:`);

  const lines = readFileSync(file, 'utf8').split('\n');
  const keys = lines.flatMap((line) => /^(\w+):/.exec(line)?.[1] ?? []);
  expect(keys).toEqual(settingDocs.map(({ name }) => name));
  const paragraphs = lines.join('\n').trim().split('\n\n');
  for (const paragraph of paragraphs) expect(paragraph).toMatch(/^# \w/);
});

test('config/demo.yaml loads', () => {
  const services = resolve(shipped('demo.yaml'), '../../services');
  expect(load({ file: shipped('demo.yaml') }).settings).toEqual({
    ...DEFAULTS,
    services,
    interval: 5000,
    log_format: 'pretty',
    policy: 'sync',
  });
});

describe('a path in a configuration file', () => {
  test.for([
    ['services: network', { services: 'network' }],
    ['services: ../other', { services: '../other' }],
    ['services: none', { services: 'none' }],
    ['ca_file: ca.pem', { ca_file: 'ca.pem' }],
    ['reconcile_token_file: secrets/token', { reconcile_token_file: 'secrets/token' }],
  ] as const)('is relative to the folder of the file: %s', ([text, paths]) => {
    const file = fileOf(text);
    const expected = Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, join(dirname(file), path)]));
    expect(load({ file }).settings).toMatchObject(expected);
    expect(load({ environment: { VPC_RECONCILER_CONFIG: file } }).settings).toMatchObject(expected);
    expect(load({ file: relative('', file) }).settings).toMatchObject(
      Object.fromEntries(Object.entries(expected).map(([name, path]) => [name, relative('', path)])),
    );
  });

  test('stays as it is if it is absolute, and where it is "none"', () => {
    const file = fileOf('services: /srv/services\nca_file: none\n');
    expect(load({ file }).settings).toMatchObject({ services: '/srv/services', ca_file: null });
  });

  test('is relative to the working directory if the file is a pipe', () => {
    const file = join(dirname(fileOf('')), 'pipe');
    execFileSync('mkfifo', [file]);
    const writer = spawn('/bin/sh', ['-c', `echo 'services: network' > '${file}'`]);
    expect(load({ file }).settings.services).toBe('network');
    writer.kill();
  });

  test('is checked like any other value', () => {
    const file = fileOf('services: ""\nca_file: 7\n');
    expect(faultsOf({ file })).toEqual([
      `${file}:1 services: expected a folder, found ""`,
      `${file}:2 ca_file: expected none, or the path of a file, found 7`,
    ]);
  });
});

describe('a schedule', () => {
  const expected =
    '--schedule: expected none, or a cron expression of five fields with an optional time zone, such as 0 6 * * 1-5 Europe/Berlin, found';
  test.for([
    ['0 6 * * 1-5 Europe/Berln', '; unknown time zone "Europe/Berln"; did you mean "Europe/Berlin"?'],
    ['0 6 * * 1-5 Berlin', '; unknown time zone "Berlin"; did you mean "Europe/Berlin"?'],
    ['0 6 * * 1-5 New York', '; unknown time zone "New York"; did you mean "America/New_York"?'],
    ['0 6 * * 1-5 Nowhere/Land', '; unknown time zone "Nowhere/Land"'],
    ['0 0 6 * * 1-5', '; it has six fields, so omit the one for seconds'],
    ['0 25 * * *', ''],
    ['0 25 * * * Europe/Berln', ''],
  ])('%s is rejected with what is wrong', ([schedule = '', advice = '']) => {
    expect(faultsOf({ flags: { schedule } })).toEqual([`${expected} ${JSON.stringify(schedule)}${advice}`]);
  });
});
