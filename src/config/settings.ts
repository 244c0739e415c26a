import * as z from 'zod';
import { parseDuration } from '../core/base/duration.ts';
import { capitalized, toJsonSchema } from '../core/base/json-schema.ts';
import type { JsonSchema } from '../core/base/json-schema.ts';
import { UNKNOWN_FIELDS_POLICIES } from '../core/plan/withhold.ts';
import {
  duration,
  flag,
  globs,
  limit,
  listenAddress,
  oneOf,
  optionalFile,
  positiveDuration,
  rates,
  schedule,
  secret,
  wholeNumber,
} from './setting-values.ts';

/** What holds where nothing is said, as one would write it. */
export const DEFAULTS = {
  services: 'services',
  include: ['**/*.{yaml,yml,json}'],
  allow_empty: false,
  mode: 'apply',
  interval: '5m',
  schedule: 'none',
  settle: '50ms',
  rescan: '30s',
  unknown_fields: 'preserve',
  request_budget: '1100/5m, 150/1s',
  concurrency: 30,
  request_timeout: '30s',
  pass_timeout: '15m',
  max_changes: 'none',
  max_change_percent: 'none',
  grace_period: '20s',
  fresh_for: '15m',
  http_listen: '127.0.0.1:8484',
  reconcile_token: 'none',
  reconcile_token_file: 'none',
  log_level: 'info',
  log_format: 'auto',
} as const;

/** What else one may write, for editors. */
const EXAMPLES: { readonly [Name in keyof typeof DEFAULTS]: readonly unknown[] } = {
  services: ['/srv/services'],
  include: [['**/*.yaml'], '*.yaml, teams/**/*.{yaml,yml}'],
  allow_empty: [true],
  mode: ['detect'],
  interval: ['1h', 0],
  schedule: ['0 6 * * 1-5 Europe/Berlin'],
  settle: ['500ms'],
  rescan: ['1m'],
  unknown_fields: ['withhold'],
  request_budget: ['500/5m', ['500/5m', '50/1s']],
  concurrency: [10],
  request_timeout: ['10s'],
  pass_timeout: ['5m'],
  max_changes: [40],
  max_change_percent: [25],
  grace_period: ['10s'],
  fresh_for: ['1h'],
  http_listen: ['0.0.0.0:8484', 'none'],
  reconcile_token: [],
  reconcile_token_file: ['/run/secrets/reconcile-token'],
  log_level: ['debug'],
  log_format: ['json'],
};

const include: string[] = [...DEFAULTS.include];
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;

/** Every setting: its check, and what it is. Durations come out in milliseconds. */
export const settingsSchema = z.strictObject(
  {
    services: z
      .string('expected a folder')
      .min(1, 'expected a folder')
      .prefault(DEFAULTS.services)
      .describe('the folder of declarations'),
    include: globs.prefault(include).describe('what in the folder is read: globs, relative to it'),
    allow_empty: flag
      .prefault(DEFAULTS.allow_empty)
      .describe('take a folder without a declaration for what is meant, not for a mistake'),
    mode: oneOf(['apply', 'detect']).prefault(DEFAULTS.mode).describe('apply, or detect: report drift, write nothing'),
    interval: duration.prefault(DEFAULTS.interval).describe('how often drift is looked for, with jitter; 0 is never'),
    schedule: schedule
      .prefault(DEFAULTS.schedule)
      .describe('when drift is looked for besides: cron, and a time zone if not UTC; or none'),
    settle: duration.prefault(DEFAULTS.settle).describe('quiet time after a change of the folder'),
    rescan: positiveDuration.prefault(DEFAULTS.rescan).describe('how often the folder is looked at without any event'),
    unknown_fields: oneOf(UNKNOWN_FIELDS_POLICIES)
      .prefault(DEFAULTS.unknown_fields)
      .describe('live fields that this version does not know: preserve, withhold the update, or drop'),
    request_budget: rates
      .prefault(DEFAULTS.request_budget)
      .describe('requests per duration at the most, all of a credential: lists, updates and retries'),
    concurrency: wholeNumber(1, 100).prefault(DEFAULTS.concurrency).describe('requests under way at the most'),
    request_timeout: positiveDuration.prefault(DEFAULTS.request_timeout).describe('how long one request may take'),
    pass_timeout: positiveDuration.prefault(DEFAULTS.pass_timeout).describe('how long one pass may take'),
    max_changes: limit(1_000_000)
      .prefault(DEFAULTS.max_changes)
      .describe('a plan with more updates is withheld whole; or none'),
    max_change_percent: limit(100)
      .prefault(DEFAULTS.max_change_percent)
      .describe('a plan that updates more percent of the declared live services is withheld whole; or none'),
    grace_period: duration
      .prefault(DEFAULTS.grace_period)
      .describe('how long requests under way may take after SIGTERM'),
    fresh_for: positiveDuration
      .prefault(DEFAULTS.fresh_for)
      .describe('how long passes may go on failing, or a due pass may stay away, before /readyz says 503'),
    http_listen: listenAddress
      .prefault(DEFAULTS.http_listen)
      .describe('where the status page, /healthz, /readyz and /metrics are; none is nowhere'),
    reconcile_token: secret
      .prefault(DEFAULTS.reconcile_token)
      .describe('the token with which POST /api/reconcile may be asked for a pass; or none, which refuses it'),
    reconcile_token_file: optionalFile
      .prefault(DEFAULTS.reconcile_token_file)
      .describe('a file that holds the token of POST /api/reconcile, read again for every request; or none'),
    log_level: oneOf(LEVELS)
      .prefault(DEFAULTS.log_level)
      .describe(`the least level that is logged: ${LEVELS.join(', ')}`),
    log_format: oneOf(['auto', 'json', 'pretty'])
      .prefault(DEFAULTS.log_format)
      .describe('json, pretty, or auto: pretty on a terminal, json elsewhere'),
  },
  'expected one mapping of settings, such as "interval: 5m"',
);

export type Settings = Readonly<z.infer<typeof settingsSchema>>;
export type SettingName = keyof Settings;

/** A setting as a person meets it: its name, what it is, its default as a flag or a variable spells it. */
export type SettingFacts = {
  readonly name: SettingName;
  readonly description: string;
  readonly fallback: string;
  /** What stands for its value in a help: `duration`. */
  readonly placeholder: string;
  /** Whether there is a flag for it: not for a secret, which all the machine could read in the list of processes. */
  readonly hasFlag: boolean;
};

/** Its value is told nowhere. */
export const SECRET_SETTING = 'reconcile_token';

/** Their names. */
export const SETTINGS = settingsSchema.keyof().options;

/** Where neither the default nor the example tells what sort of value it is. */
const PLACEHOLDERS: Partial<Record<SettingName, string>> = {
  services: 'folder',
  include: 'globs',
  schedule: 'cron',
  unknown_fields: 'policy',
  request_budget: 'rates',
  http_listen: 'address:port',
};

export const settingFacts: readonly SettingFacts[] = SETTINGS.map((name) => ({
  name,
  description: settingsSchema.shape[name].description ?? '',
  fallback: String(DEFAULTS[name]),
  placeholder: placeholderOf(name),
  hasFlag: name !== SECRET_SETTING,
}));

function placeholderOf(name: SettingName): string {
  const special = PLACEHOLDERS[name];
  if (special !== undefined) return special;
  const fallback = DEFAULTS[name];
  if (typeof fallback === 'boolean') return 'true|false';
  if (parseDuration(String(fallback)) !== null) return 'duration';
  return EXAMPLES[name].every(Number.isInteger) ? 'number' : (name.split('_').at(-1) ?? name);
}

/** The JSON Schema of a configuration file. */
export function configSchema(): JsonSchema {
  const { properties, ...schema } = toJsonSchema(settingsSchema, capitalized);
  const described = settingFacts.map(({ name, description, fallback, hasFlag }) => {
    const title = capitalized(name.replaceAll('_', ' '));
    const elsewhere = `Omitted: ${fallback}. Elsewhere: ${variableOf(name)}${hasFlag ? `, ${flagOf(name)}` : ''}.`;
    const words = { title, description: `${capitalized(description)}. ${elsewhere}`, examples: EXAMPLES[name] };
    return [name, { ...Object(Object(properties)[name]), ...words }];
  });
  const description = 'The configuration file, which need not name them all. Variables and flags win over it.';
  return { ...schema, title: 'Settings', description, properties: Object.fromEntries(described) };
}

/** `VPC_RECONCILER_REQUEST_TIMEOUT` */
export function variableOf(name: string): string {
  return `VPC_RECONCILER_${name.toUpperCase()}`;
}

/** `--request-timeout` */
export function flagOf(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}
