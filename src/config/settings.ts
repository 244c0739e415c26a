import * as z from 'zod';
import { POLICIES } from '../core/plan/policy.ts';
import { UNKNOWN_FIELDS_POLICIES } from '../core/plan/withhold.ts';
import type { Mode } from '../core/report/pass.ts';
import { notifications } from './notifications/notification-settings.ts';
import {
  duration,
  flag,
  globs,
  limit,
  listenAddress,
  oneOf,
  optionalGlobs,
  optionalFile,
  optionalSourceUrl,
  optionalUrl,
  pathsInFolder,
  positiveDuration,
  rates,
  schedule,
  secret,
  wholeNumber,
} from './setting-values.ts';

/** The default of every setting, as a configuration file would hold it. */
export const DEFAULTS = {
  services: 'services',
  include: ['**/*.{yaml,yml,json}'],
  exclude: 'none',
  values: 'none',
  allow_empty: false,
  mode: 'apply',
  policy: 'update',
  interval: '5m',
  schedule: 'none',
  settle: '50ms',
  rescan: '30s',
  unknown_fields: 'preserve',
  request_budget: '1100/5m, 150/1s',
  concurrency: 30,
  request_timeout: '30s',
  pass_timeout: '15m',
  ca_file: 'none',
  max_changes: 'none',
  max_change_percent: 'none',
  max_deletes: 3,
  canary: 0,
  grace_period: '20s',
  fresh_for: '15m',
  http_listen: '127.0.0.1:8484',
  service_metrics: 0,
  reconcile_token: 'none',
  reconcile_token_file: 'none',
  public_url: 'none',
  source_url: 'none',
  notifications: 'none',
  log_level: 'info',
  log_format: 'auto',
} as const;

const include: string[] = [...DEFAULTS.include];

/** Only the command `plan` uses the mode `plan`. */
const RUN_MODES = ['apply', 'detect'] as const satisfies readonly Mode[];
const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
const LOG_FORMATS = ['auto', 'json', 'pretty'] as const;

/** Checks and describes every setting. Durations are parsed to milliseconds. */
export const settingsSchema = z.strictObject(
  {
    services: z
      .string('expected a folder')
      .min(1, 'expected a folder')
      .prefault(DEFAULTS.services)
      .describe('Folder that holds the declarations; in a configuration file, relative to that file'),
    include: globs.prefault(include).describe('Files to read: globs relative to the folder, separated by commas'),
    exclude: optionalGlobs
      .prefault(DEFAULTS.exclude)
      .describe('Files and folders to leave out: globs relative to the folder, separated by commas, or none'),
    values: pathsInFolder
      .prefault(DEFAULTS.values)
      .describe('Files of values for references such as ${tunnels.berlin}: paths in the folder, or none'),
    allow_empty: flag
      .prefault(DEFAULTS.allow_empty)
      .describe('Accept a folder without declarations instead of failing the pass'),
    mode: oneOf(RUN_MODES)
      .prefault(DEFAULTS.mode)
      .describe('Whether run and apply correct drift (apply) or only report it and write nothing (detect)'),
    policy: oneOf(POLICIES)
      .prefault(DEFAULTS.policy)
      .describe(
        'Which writes are allowed: update services; upsert also creates missing ones; sync also deletes those that are declared absent',
      ),
    interval: duration
      .prefault(DEFAULTS.interval)
      .describe('How often to check for drift, with jitter; 0 turns these checks off'),
    schedule: schedule
      .prefault(DEFAULTS.schedule)
      .describe('Additional times to check for drift: a cron expression with an optional time zone, or none'),
    settle: duration.prefault(DEFAULTS.settle).describe('How long the folder must stay unchanged before it is read'),
    rescan: positiveDuration
      .prefault(DEFAULTS.rescan)
      .describe('How often to rescan the folder in case a change event was missed'),
    unknown_fields: oneOf(UNKNOWN_FIELDS_POLICIES)
      .prefault(DEFAULTS.unknown_fields)
      .describe(
        'What an update does with live fields unknown to this version: preserve them, withhold the update, or drop them',
      ),
    request_budget: rates
      .prefault(DEFAULTS.request_budget)
      .describe('Maximum rates of requests of this process, including retries'),
    concurrency: wholeNumber(1, 100).prefault(DEFAULTS.concurrency).describe('Maximum number of requests in flight'),
    request_timeout: positiveDuration.prefault(DEFAULTS.request_timeout).describe('Timeout of one request'),
    pass_timeout: positiveDuration.prefault(DEFAULTS.pass_timeout).describe('Timeout of one pass'),
    ca_file: optionalFile
      .prefault(DEFAULTS.ca_file)
      .describe('File of certificate authorities, in PEM format, to trust in addition to those of Node.js, or none'),
    max_changes: limit(1_000_000)
      .prefault(DEFAULTS.max_changes)
      .describe('Maximum number of creates, updates and deletes in a plan, or none; a larger plan is withheld'),
    max_change_percent: limit(100)
      .prefault(DEFAULTS.max_change_percent)
      .describe(
        'Maximum percentage of the declared live services that a plan updates or deletes, or none; a larger plan is withheld',
      ),
    max_deletes: limit(1_000_000)
      .prefault(DEFAULTS.max_deletes)
      .describe('Maximum number of deletes in a plan, or none; if it has more, all deletes are withheld'),
    canary: wholeNumber(0, 1000)
      .prefault(DEFAULTS.canary)
      .describe(
        'How many writes of a plan run first and alone; if one of them fails, the rest is withheld. 0 for none',
      ),
    grace_period: duration
      .prefault(DEFAULTS.grace_period)
      .describe('How long requests in flight may take to finish after a stop signal; 0 aborts them immediately'),
    fresh_for: positiveDuration
      .prefault(DEFAULTS.fresh_for)
      .describe('How long passes may fail or be overdue before /readyz returns 503'),
    http_listen: listenAddress
      .prefault(DEFAULTS.http_listen)
      .describe('Address and port of the status page, /healthz, /readyz and /metrics, or none'),
    service_metrics: wholeNumber(0, 1000)
      .prefault(DEFAULTS.service_metrics)
      .describe(
        'Maximum number of drifted services that have a metric of their own, the longest drifted first; 0 for none',
      ),
    reconcile_token: secret
      .prefault(DEFAULTS.reconcile_token)
      .describe('Token that authorizes POST /api/reconcile, or none to reject these requests'),
    reconcile_token_file: optionalFile
      .prefault(DEFAULTS.reconcile_token_file)
      .describe('File that holds the token for POST /api/reconcile, read again for every request, or none'),
    public_url: optionalUrl
      .prefault(DEFAULTS.public_url)
      .describe('Address at which people reach the status page, for links in messages, or none'),
    source_url: optionalSourceUrl
      .prefault(DEFAULTS.source_url)
      .describe('Address of a declaration at its commit, with {revision}, {file} and {line}, for links, or none'),
    notifications: notifications
      .prefault(DEFAULTS.notifications)
      .describe('Receivers of messages and commit statuses, by name, or none'),
    log_level: oneOf(LOG_LEVELS)
      .prefault(DEFAULTS.log_level)
      .describe(`Minimum level to log: ${LOG_LEVELS.join(', ')}`),
    log_format: oneOf(LOG_FORMATS)
      .prefault(DEFAULTS.log_format)
      .describe('Format of the log: json, pretty, or auto (pretty on a terminal, json otherwise)'),
  },
  'expected one mapping of settings, such as "interval: 5m"',
);

export type Settings = Readonly<z.infer<typeof settingsSchema>>;
export type SettingName = keyof Settings;

/** The settings that hold a path. In a configuration file, a relative path begins at the folder of that file. */
export const PATH_SETTINGS: ReadonlySet<string> = new Set<SettingName>(['services', 'ca_file', 'reconcile_token_file']);

/** The settings that only a configuration file can hold, because their values are nested. */
export const FILE_ONLY_SETTINGS: ReadonlySet<string> = new Set<SettingName>(['notifications']);

/** The setting whose value is never printed. */
export const SECRET_SETTING = 'reconcile_token';

/** The names of all settings, in the order of the documentation. */
export const SETTINGS: readonly SettingName[] = settingsSchema.keyof().options;

/** Returns the environment variable of a setting: `VPC_RECONCILER_REQUEST_TIMEOUT`. */
export function variableOf(name: string): string {
  return `VPC_RECONCILER_${name.toUpperCase()}`;
}

/** Returns the flag of a setting: `--request-timeout`. */
export function flagOf(name: string): string {
  return `--${name.replaceAll('_', '-')}`;
}
