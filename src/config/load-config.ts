import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { errnoText, errorCode } from '../core/base/errno.ts';
import { isObject } from '../core/base/json.ts';
import { formatSuggestions, suggest } from '../core/base/suggest.ts';
import { renderProblem } from '../core/load/problem.ts';
import { readYaml } from '../core/load/yaml/read-yaml.ts';
import { DEFAULTS, flagOf, SECRET_SETTING, SETTINGS, settingsSchema, variableOf } from './settings.ts';
import type { SettingName, Settings } from './settings.ts';

/** Where a value comes from, and how it was written there. */
export type SettingOrigin = { readonly text: string; readonly from: string };

export type Config = {
  readonly settings: Settings;
  /** One for every setting. */
  readonly origins: ReadonlyMap<string, SettingOrigin>;
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

/** The one variable that is no setting: it names the file. */
export const FILE_VARIABLE = variableOf('config');

/** What Kubernetes tells every pod about a Service whose name begins with ours: no setting of anybody's. */
const SERVICE_LINK =
  /_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)=|_PORT=(?:tcp|udp|sctp):/;

/** Puts the configuration together, the later winning: file, environment, flags. Throws a `ConfigError` that names everything wrong. */
export function loadConfig({ environment, flags, file }: ConfigSources): Config {
  const faults: string[] = [];
  const given = new Map<string, { readonly value: unknown; readonly from: string }>();
  const path = file ?? environment[FILE_VARIABLE];
  const named = file === undefined ? FILE_VARIABLE : flagOf('config');
  if (path !== undefined) for (const [name, entry] of readConfigFile(path, named, faults)) given.set(name, entry);
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined || !variable.startsWith(variableOf('')) || variable === FILE_VARIABLE) continue;
    const name = variable.slice(variableOf('').length).toLowerCase();
    if (isSetting(name) && variable === variableOf(name)) given.set(name, { value, from: variable });
    else if (!SERVICE_LINK.test(`${variable}=${value}`)) {
      faults.push(unknownSetting(variable, [...SETTINGS, 'config'], name, variableOf));
    }
  }
  for (const [name, value] of Object.entries(flags)) given.set(name, { value, from: flagOf(name) });

  const values = Object.fromEntries([...given].map(([name, { value }]) => [name, value]));
  const parsed = settingsSchema.safeParse(values);
  for (const [name, message] of new Map(parsed.error?.issues.map(({ path: [name], message }) => [name, message]))) {
    const entry = given.get(String(name));
    const found = name === SECRET_SETTING ? 'something else' : JSON.stringify(entry?.value);
    faults.push(`${entry?.from}: ${message}, found ${found}`);
  }
  // One of them would stand there for nothing, and be changed in vain.
  const tokens = (['reconcile_token', 'reconcile_token_file'] as const).flatMap((name) => given.get(name) ?? []);
  if (tokens.length > 1 && tokens.every(({ value }) => String(value).trim() !== 'none')) {
    const places = tokens.map(({ from }) => from).join(' and ');
    faults.push(`${places}: expected one of them, found both; "none" takes one back`);
  }
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults.join('\n'));
  const origins = SETTINGS.map((name): [string, SettingOrigin] => {
    const entry = given.get(name);
    if (entry === undefined) return [name, { text: written(DEFAULTS[name]), from: 'default' }];
    const setting = parsed.data[name];
    if (name === SECRET_SETTING) return [name, { text: setting === null ? 'none' : '[redacted]', from: entry.from }];
    // Text of a variable or a flag that means a number or a boolean is written as one.
    const spelled =
      name === 'include' ? parsed.data.include.join(',') : typeof setting === 'object' ? null : String(setting);
    const value = spelled === entry.value ? setting : entry.value;
    return [name, { text: written(value), from: entry.from }];
  });
  return Object.freeze({ settings: Object.freeze(parsed.data), origins: new Map(origins) });
}

/** The effective settings as a configuration file, each with where it comes from. */
export function printConfig({ origins }: Config): string {
  const lines = SETTINGS.map((name) => ({
    line: `${name}: ${origins.get(name)?.text}`,
    from: origins.get(name)?.from,
  }));
  const width = Math.max(...lines.map(({ line }) => line.length));
  return lines.map(({ line, from }) => `${line.padEnd(width)}  # ${from}`).join('\n');
}

function readConfigFile(
  path: string,
  named: string,
  faults: string[],
): [string, { readonly value: unknown; readonly from: string }][] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    faults.push(
      `${named}: expected a file of settings, found that ${JSON.stringify(path)} cannot be read: ${errnoText(errorCode(error))}`,
    );
    return [];
  }
  const { documents, problems, positionOf } = readYaml(text);
  faults.push(
    ...problems.map(({ offset, path: key, message }) =>
      renderProblem({ file: path, ...positionOf(offset), path: key, message }),
    ),
  );
  const [document, second] = documents;
  if (document === undefined) return [];
  if (!isObject(document.value) || second !== undefined) {
    faults.push(`${path}: expected one mapping of settings, such as "interval: 5m"`);
    return [];
  }
  return Object.entries(document.value).flatMap(([name, value]) => {
    const from = `${path}:${positionOf(document.offsetOfKey([name])).line} ${name}`;
    if (isSetting(name)) return [[name, { value, from }]];
    faults.push(unknownSetting(from, SETTINGS, name, String));
    return [];
  });
}

function isSetting(name: string): boolean {
  return Object.hasOwn(settingsSchema.shape, name);
}

/** With what may have been meant, spelled as it is where the name was found. */
function unknownSetting(from: string, known: readonly string[], name: string, spell: (name: string) => string): string {
  const meant = suggest(name, known).map(spell);
  return `${from}: unknown setting${meant.length === 0 ? '' : formatSuggestions(meant)}`;
}

/** As one would write it in the file: bare where YAML reads it as what it is, in quotes elsewhere. */
function written(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`;
  return typeof value === 'string' && /^[\w./:-]+$/.test(value) && parse(value) === value
    ? value
    : JSON.stringify(value);
}
