import { statSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { isObject } from '../core/base/json.ts';
import { formatSuggestions, suggest } from '../core/base/text/suggest.ts';
import { ConfigError } from './config-error.ts';
import { readConfigFile } from './config-file.ts';
import type { LoadedFile, PlaceOf } from './config-file.ts';
import { formatSetting } from './format-setting.ts';
import {
  DEFAULTS,
  FILE_ONLY_SETTINGS,
  flagOf,
  PATH_SETTINGS,
  SECRET_SETTING,
  SETTINGS,
  settingsSchema,
  variableOf,
} from './settings.ts';
import type { SettingName, Settings } from './settings.ts';
import { describeNested } from './notifications/nested-issues.ts';
import type { NestedIssue } from './notifications/nested-issues.ts';
import { withoutSecrets } from './notifications/notification-settings.ts';

/** Where the value of a setting comes from, and its text as a configuration file would hold it. */
export type SettingOrigin = { readonly text: string; readonly from: string };

export type Config = {
  readonly settings: Settings;
  /** One origin per setting, in the order of `SETTINGS`. */
  readonly origins: ReadonlyMap<SettingName, SettingOrigin>;
  /** The configuration file; null if there is none. */
  readonly file: LoadedFile | null;
};

export type ConfigSources = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Values by setting name, for the flags that are given. */
  readonly flags: Readonly<Partial<Record<SettingName, string>>>;
  /** Path of the configuration file, from the command line. */
  readonly file?: string | undefined;
};

/** The environment variable that names the configuration file. */
export const FILE_VARIABLE = variableOf('config');

/** A value that has not been checked yet. `from` is the place that a message names. */
type GivenValue = {
  readonly value: unknown;
  readonly from: string;
  /** Returns the place of a key within a value of the configuration file. */
  readonly placeOf?: PlaceOf;
};

/** Given values by setting name, and the problems found so far. */
type Given = {
  readonly values: ReadonlyMap<string, GivenValue>;
  readonly errors: readonly string[];
  readonly file?: LoadedFile | null;
};

/**
 * Loads the settings. Flags override environment variables, which override the configuration file. Throws a `ConfigError` that reports
 * everything that is wrong.
 */
export function loadConfig({ environment, flags, file }: ConfigSources): Config {
  const configFile = fromFile(environment, file);
  const sources = [configFile, fromEnvironment(environment), fromFlags(flags)];
  const given = new Map(sources.flatMap(({ values }) => [...values]));
  const values = Object.fromEntries([...given].map(([name, { value }]) => [name, value]));
  const parsed = settingsSchema.safeParse(values);
  const errors = [
    ...sources.flatMap((source) => source.errors),
    ...findInvalidValues(parsed.error?.issues ?? [], given),
    ...findTokenConflict(given),
  ];
  if (!parsed.success || errors.length > 0) throw new ConfigError(errors.join('\n'));
  const settings = Object.freeze(parsed.data);
  return Object.freeze({ settings, origins: originsOf(settings, given), file: configFile.file ?? null });
}

function fromFile(environment: ConfigSources['environment'], fileFlag: string | undefined): Given {
  const path = fileFlag ?? environment[FILE_VARIABLE];
  if (path === undefined) return { values: new Map(), errors: [] };
  const { entries, errors, bytes } = readConfigFile(path, fileFlag === undefined ? FILE_VARIABLE : flagOf('config'));
  const [known, unknown] = partition(entries, ({ key }) => isSetting(key));
  return {
    values: new Map(known.map(({ key, value, ...place }) => [key, { value: resolvePath(key, value, path), ...place }])),
    errors: [...errors, ...unknown.map(({ key, from }) => `${from}: ${unknownSetting(suggest(key, SETTINGS))}`)],
    file: bytes === undefined ? null : { path, bytes },
  };
}

/** Resolves a path in a configuration file, so that it means the same wherever the program is started. */
function resolvePath(name: string, value: unknown, file: string): unknown {
  if (isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolvePath(key, each, file)]));
  }
  // In nested settings, the key says that it holds a path.
  const isPath =
    (PATH_SETTINGS.has(name) || name.endsWith('_file')) &&
    typeof value === 'string' &&
    value !== '' &&
    !isAbsolute(value);
  // A pipe, such as /dev/stdin, has no folder of its own.
  if (!isPath || isNone(name, value) || statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return value;
  return join(dirname(file), value);
}

/** Whether a value turns a setting off. A folder may have the name "none". */
function isNone(name: string, value: string): boolean {
  return value === 'none' && Object.hasOwn(DEFAULTS, name) && Object(DEFAULTS)[name] === 'none';
}

function fromEnvironment(environment: ConfigSources['environment']): Given {
  const prefix = variableOf('');
  const entries = Object.entries(environment).flatMap(([variable, value]) =>
    value === undefined || !variable.startsWith(prefix) || variable === FILE_VARIABLE
      ? []
      : [{ variable, value, name: variable.slice(prefix.length).toLowerCase() }],
  );
  const [known, unknown] = partition(entries, ({ name, variable }) => isSetting(name) && variable === variableOf(name));
  return {
    values: new Map(
      known
        .filter(({ name }) => !FILE_ONLY_SETTINGS.has(name))
        .map(({ name, variable, value }) => [name, { value, from: variable }]),
    ),
    errors: [
      ...unknown
        .filter(({ variable, value }) => !SERVICE_LINK.test(`${variable}=${value}`))
        .map(({ name, variable }) => {
          const suggestions = suggest(name, [...SETTINGS, 'config']).map(variableOf);
          return `${variable}: ${unknownSetting(suggestions)}`;
        }),
      ...known
        .filter(({ name }) => FILE_ONLY_SETTINGS.has(name))
        .map(({ variable, name }) => `${variable}: ${name} can only be set in a configuration file`),
    ],
  };
}

/** Matches the variables that Kubernetes sets in every pod for a Service whose name begins with "vpc-reconciler". */
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)=|_PORT=(?:tcp|udp|sctp):/;

function fromFlags(flags: ConfigSources['flags']): Given {
  const values = Object.entries(flags).map(([name, value]) => [name, { value, from: flagOf(name) }] as const);
  return { values: new Map(values), errors: [] };
}

function isSetting(name: string): boolean {
  return Object.hasOwn(settingsSchema.shape, name);
}

function unknownSetting(suggestions: readonly string[]): string {
  return `unknown setting${formatSuggestions(suggestions)}`;
}

type Issue = NestedIssue & {
  /** `advice` is the end of the message. */
  readonly params?: { readonly [name: string]: unknown } | undefined;
};

/** Returns one line per invalid setting or nested key, although one can have several issues. */
function findInvalidValues(issues: readonly Issue[], given: Given['values']): readonly string[] {
  const keyOf = ({ path: [name = '', ...keys] }: Issue) =>
    FILE_ONLY_SETTINGS.has(String(name)) ? [name, ...keys].join('.') : String(name);
  const issueByKey = new Map(issues.map((issue) => [keyOf(issue), issue]));
  return [...issueByKey.values()].flatMap((issue) => {
    const { path, message, params } = issue;
    const name = String(path[0]);
    const { from, value, placeOf } = given.get(name) ?? {};
    if (placeOf !== undefined && FILE_ONLY_SETTINGS.has(name)) return describeNested(issue, value, placeOf);
    const found = name === SECRET_SETTING ? 'something else' : JSON.stringify(value);
    const advice = typeof params?.['advice'] === 'string' ? params['advice'] : '';
    return `${from}: ${message}, found ${found}${advice}`;
  });
}

/** Rejects two places for the reconcile token: one of them would be ignored, and changing it would have no effect. */
function findTokenConflict(given: Given['values']): readonly string[] {
  const tokens = (['reconcile_token', 'reconcile_token_file'] as const).flatMap((name) => given.get(name) ?? []);
  if (tokens.length < 2 || tokens.some(({ value }) => String(value).trim() === 'none')) return [];
  return [
    `${tokens.map(({ from }) => from).join(' and ')}: expected one of them, found both; set one of them to "none"`,
  ];
}

function originsOf(settings: Settings, given: Given['values']): Config['origins'] {
  return new Map(
    SETTINGS.map((name) => {
      const entry = given.get(name);
      if (entry === undefined) return [name, { text: formatSetting(DEFAULTS[name]), from: 'default' }];
      return [name, { text: textOf(name, settings, entry.value), from: entry.from }];
    }),
  );
}

/** Returns the text of a given value. Secrets are redacted. */
function textOf(name: SettingName, settings: Settings, value: unknown): string {
  const setting = settings[name];
  if (name === SECRET_SETTING) return setting === null ? 'none' : '[redacted]';
  if (FILE_ONLY_SETTINGS.has(name)) return formatSetting(withoutSecrets(value));
  // The values of variables and flags are text. Where the setting is a number, a boolean or a list, the text is written as one.
  const asText = isTextList(setting) ? setting.join(',') : typeof setting === 'object' ? null : String(setting);
  return formatSetting(asText === value ? setting : value);
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): readonly [Item[], Item[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
