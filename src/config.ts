import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { isObject } from './core/json.ts';
import { renderProblem } from './core/text.ts';
import { didYouMean } from './core/suggest.ts';
import { readYaml } from './core/yaml.ts';

/** `500ms`, `2s`, `5m`, `1h`, and 0; becomes milliseconds. */
const duration = z.union([z.string(), z.literal(0)]).transform((text, context) => {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(String(text));
  const unit = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }[match?.[2] ?? ''];
  if (String(text) === '0') return 0;
  const ms = unit === undefined ? Number.NaN : Number(match?.[1]) * unit;
  if (ms <= LONGEST_TIMER_MS) return ms;
  context.addIssue({ code: 'custom', message: 'expected a duration such as 500ms, 2s, 5m or 1h' });
  return z.NEVER;
});

/** Timers of the platform count in 31 bits; longer ones fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

const positiveDuration = duration.refine((ms) => ms > 0, 'expected a duration above zero');

/** Variables and flags are text: `true` and `false` are what they say. */
const flag = z.union(
  [z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')],
  'expected true or false',
);

const list = z.union(
  [
    z.array(z.string().min(1)).min(1),
    z
      .string()
      .min(1)
      .transform((text) => text.split(',').map((part) => part.trim())),
  ],
  'expected a list of globs, such as **/*.yaml',
);

const wholeNumber = (least: number, most: number) => {
  const message = `expected a whole number from ${least} to ${most}`;
  const text = z.string().regex(/^\d+$/, message).transform(Number);
  return z
    .union([z.number(), text], message)
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, message);
};

const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, `expected ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`);

/** What holds where nothing is said, as one would write it. */
const DEFAULTS = {
  services: 'services',
  include: ['**/*.{yaml,yml,json}'],
  allow_empty: false,
  mode: 'apply',
  interval: '5m',
  settle: '50ms',
  rescan: '30s',
  unknown_fields: 'preserve',
  concurrency: 30,
  request_timeout: '30s',
  pass_timeout: '15m',
  grace_period: '20s',
  log_level: 'info',
  log_format: 'auto',
} as const;

const include: string[] = [...DEFAULTS.include];
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Every setting: its check, and what it is. Durations come out in milliseconds. */
const settingsSchema = z.strictObject({
  services: z.string().min(1, 'expected a folder').prefault(DEFAULTS.services).describe('the folder of declarations'),
  include: list.prefault(include).describe('what in it is read: globs, relative to the folder'),
  allow_empty: flag
    .prefault(DEFAULTS.allow_empty)
    .describe('a folder without a declaration is a failed pass unless true'),
  mode: oneOf(['apply', 'detect']).prefault(DEFAULTS.mode).describe('apply, or detect: report drift, write nothing'),
  interval: duration.prefault(DEFAULTS.interval).describe('how often drift is looked for, with jitter; 0 is never'),
  settle: duration.prefault(DEFAULTS.settle).describe('quiet time after a change of the folder'),
  rescan: positiveDuration.prefault(DEFAULTS.rescan).describe('how often the folder is looked at without any event'),
  unknown_fields: oneOf(['preserve', 'withhold', 'drop'])
    .prefault(DEFAULTS.unknown_fields)
    .describe('live fields that this version does not know: preserve, withhold the update, or drop'),
  concurrency: wholeNumber(1, 100).prefault(DEFAULTS.concurrency).describe('requests under way at the most'),
  request_timeout: positiveDuration.prefault(DEFAULTS.request_timeout).describe('how long one request may take'),
  pass_timeout: positiveDuration.prefault(DEFAULTS.pass_timeout).describe('how long one pass may take'),
  grace_period: duration.prefault(DEFAULTS.grace_period).describe('how long requests under way may take after SIGTERM'),
  log_level: oneOf(LEVELS)
    .prefault(DEFAULTS.log_level)
    .describe(`the least level that is logged: ${LEVELS.join(', ')}`),
  log_format: oneOf(['auto', 'json', 'pretty'])
    .prefault(DEFAULTS.log_format)
    .describe('json, pretty, or auto: pretty on a terminal, json elsewhere'),
});

export type Settings = Readonly<z.infer<typeof settingsSchema>>;
export type SettingName = keyof Settings;

/** A setting as a person meets it: its name, what it is, its default as one would write it. */
export type SettingFacts = { readonly name: SettingName; readonly description: string; readonly fallback: string };

export const settingFacts: readonly SettingFacts[] = settingsSchema.keyof().options.map((name) => ({
  name,
  description: settingsSchema.shape[name].description ?? '',
  fallback: written(DEFAULTS[name]),
}));

/** Where a value comes from, and how it was written there. */
export type Origin = { readonly text: string; readonly from: string };

export type Config = {
  readonly settings: Settings;
  /** One for every setting. */
  readonly origins: ReadonlyMap<string, Origin>;
};

/** What is wrong with the configuration: all of it, a line each. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export type ConfigSources = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By setting name; what was not given is not there. */
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  /** The configuration file, if any. */
  readonly file?: string | undefined;
};

const PREFIX = 'VPC_RECONCILER_';
/** The one variable that is no setting: it names the file. */
export const FILE_VARIABLE = `${PREFIX}CONFIG`;

/** Puts the configuration together, the later winning: file, environment, flags. Throws a `ConfigError` that names everything wrong. */
export function loadConfig({ environment, flags, file }: ConfigSources): Config {
  const faults: string[] = [];
  const given = new Map<string, { readonly value: unknown; readonly from: string }>();
  const path = file ?? environment[FILE_VARIABLE];
  if (path !== undefined) for (const [name, entry] of readConfigFile(path, faults)) given.set(name, entry);
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || !variable.startsWith(PREFIX) || variable === FILE_VARIABLE) continue;
    const name = variable.slice(PREFIX.length).toLowerCase();
    if (isSetting(name)) given.set(name, { value, from: variable });
    else
      faults.push(
        `${variable}: unknown setting${didYouMean(
          variable,
          settingFacts.map((each) => PREFIX + each.name.toUpperCase()),
        )}`,
      );
  }
  for (const [name, value] of Object.entries(flags)) given.set(name, { value, from: flagOf(name) });

  const values = Object.fromEntries([...given].map(([name, { value }]) => [name, value]));
  const parsed = settingsSchema.safeParse(values);
  for (const issue of parsed.error?.issues ?? []) {
    const name = String(issue.path[0]);
    faults.push(`${given.get(name)?.from}: ${issue.message}, found ${JSON.stringify(given.get(name)?.value)}`);
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults.join('\n'));
  const origins = settingFacts.map(({ name, fallback }): [string, Origin] => {
    const entry = given.get(name);
    return [
      name,
      entry === undefined ? { text: fallback, from: 'default' } : { text: written(entry.value), from: entry.from },
    ];
  });
  return Object.freeze({ settings: Object.freeze(parsed.data), origins: new Map(origins) });
}

/** `--request-timeout` */
export function flagOf(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}

/** The effective settings as a configuration file, each with where it comes from. */
export function printConfig({ origins }: Config): string {
  const lines = settingFacts.map(({ name }) => ({
    line: `${name}: ${origins.get(name)?.text}`,
    from: origins.get(name)?.from,
  }));
  const width = Math.max(...lines.map(({ line }) => line.length));
  return lines.map(({ line, from }) => `${line.padEnd(width)}  # ${from}`).join('\n');
}

function readConfigFile(
  path: string,
  faults: string[],
): [string, { readonly value: unknown; readonly from: string }][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    faults.push(
      `${path}: the configuration file cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
    return [];
  }
  const { documents, faults: yamlFaults, position } = readYaml(text);
  faults.push(
    ...yamlFaults.map(({ offset, path: key, message }) =>
      renderProblem({ file: path, ...position(offset), path: key, message }),
    ),
  );
  const [document, second] = documents;
  if (document === undefined) return [];
  if (!isObject(document.value) || second !== undefined) {
    faults.push(`${path}: expected one mapping of settings, such as "interval: 5m"`);
    return [];
  }
  return Object.entries(document.value).flatMap(([name, value]) => {
    const from = `${path}:${position(document.offsetOfKey([name])).line} ${name}`;
    if (isSetting(name)) return [[name, { value, from }]];
    faults.push(
      `${from}: unknown setting${didYouMean(
        name,
        settingFacts.map((each) => each.name),
      )}`,
    );
    return [];
  });
}

function isSetting(name: string): boolean {
  return Object.hasOwn(settingsSchema.shape, name);
}

/** As one would write it in the file. */
function written(value: unknown): string {
  if (Array.isArray(value)) return JSON.stringify(value);
  return typeof value === 'string' && /^[\w./-]+$/.test(value) ? value : JSON.stringify(value);
}
