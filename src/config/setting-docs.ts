import { parseDuration } from '../core/base/duration.ts';
import { capitalize } from '../core/base/text/capitalize.ts';
import { toJsonSchema } from '../core/service/json-schema.ts';
import type { JsonSchema } from '../core/service/json-schema.ts';
import { notificationsSchema } from './notifications/notification-schema.ts';
import {
  DEFAULTS,
  FILE_ONLY_SETTINGS,
  flagOf,
  SECRET_SETTING,
  SETTINGS,
  settingsSchema,
  variableOf,
} from './settings.ts';
import type { SettingName } from './settings.ts';

/** Values other than the default, which editors offer. */
const EXAMPLES: Readonly<Record<SettingName, readonly unknown[]>> = {
  services: ['/srv/services'],
  include: [['**/*.yaml'], '*.yaml, teams/**/*.{yaml,yml}'],
  exclude: [['archive', '**/*.test.yaml'], 'archive'],
  values: [['values.yaml'], 'values.yaml, values-prod.yaml'],
  allow_empty: [true],
  mode: ['detect'],
  policy: ['upsert', 'sync'],
  interval: ['1h', 0],
  schedule: ['0 6 * * 1-5 Europe/Berlin'],
  settle: ['500ms'],
  rescan: ['1m'],
  unknown_fields: ['withhold'],
  request_budget: ['500/5m', ['500/5m', '50/1s']],
  concurrency: [10],
  request_timeout: ['10s'],
  pass_timeout: ['5m'],
  ca_file: ['/etc/ssl/company-ca.pem'],
  max_changes: [40],
  max_change_percent: [25],
  max_deletes: [10],
  canary: [1],
  grace_period: ['10s'],
  fresh_for: ['1h'],
  http_listen: ['0.0.0.0:8484', 'none'],
  service_metrics: [50],
  reconcile_token: [],
  reconcile_token_file: ['/run/secrets/reconcile-token'],
  public_url: ['https://vpc.example.com'],
  source_url: ['https://github.com/org/network/blob/{revision}/services/{file}#L{line}'],
  notifications: [{ team: { type: 'slack', url_file: '/run/secrets/slack-url' } }],
  log_level: ['debug'],
  log_format: ['json'],
};

/** Placeholders that do not follow from the default and the examples. */
const PLACEHOLDERS: Partial<Record<SettingName, string>> = {
  services: 'folder',
  include: 'globs',
  exclude: 'globs',
  values: 'paths',
  schedule: 'cron',
  unknown_fields: 'policy',
  request_budget: 'rates',
  http_listen: 'address:port',
};

/** How a setting is documented in help texts and in the JSON Schema. */
export type SettingDoc = {
  readonly name: SettingName;
  readonly description: string;
  /** The default, as the text of a flag or a variable. */
  readonly defaultText: string;
  /** The name of the value in help texts, such as `duration`. */
  readonly placeholder: string;
  /** Whether the setting has a flag. A secret has none: other users of the machine can read the flags of a process. */
  readonly hasFlag: boolean;
  /** Whether the setting has an environment variable. */
  readonly hasVariable: boolean;
};

/** The documentation of every setting, in the order of `SETTINGS`. */
export const settingDocs: readonly SettingDoc[] = SETTINGS.map((name) => ({
  name,
  description: settingsSchema.shape[name].description ?? '',
  defaultText: String(DEFAULTS[name]),
  placeholder: placeholderOf(name),
  hasFlag: name !== SECRET_SETTING && !FILE_ONLY_SETTINGS.has(name),
  hasVariable: !FILE_ONLY_SETTINGS.has(name),
}));

/** Returns the JSON Schema of a configuration file. */
export function configSchema(): JsonSchema {
  const { properties, ...schema } = toJsonSchema(settingsSchema, capitalize);
  const documented = settingDocs.map(({ name, description, defaultText, hasFlag, hasVariable }) => {
    const title = capitalize(name.replaceAll('_', ' '));
    const flag = hasFlag ? ` Flag: ${flagOf(name)}.` : '';
    const variable = hasVariable ? ` Environment: ${variableOf(name)}.` : '';
    const sentences = `${description}. Default: ${defaultText}.${variable}${flag}`;
    return [
      name,
      {
        ...Object(Object(properties)[name]),
        ...(name === 'notifications' ? notificationsSchema() : {}),
        title,
        description: sentences,
        examples: EXAMPLES[name],
      },
    ];
  });
  const description =
    'A configuration file. Every setting is optional. Environment variables override the file, and flags override both.';
  return { ...schema, title: 'Settings', description, properties: Object.fromEntries(documented) };
}

function placeholderOf(name: SettingName): string {
  const placeholder = PLACEHOLDERS[name];
  if (placeholder !== undefined) return placeholder;
  const value = DEFAULTS[name];
  if (typeof value === 'boolean') return 'true|false';
  if (parseDuration(String(value)) !== null) return 'duration';
  return EXAMPLES[name].every(Number.isInteger) ? 'number' : (name.split('_').at(-1) ?? name);
}
