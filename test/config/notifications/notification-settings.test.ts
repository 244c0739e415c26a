import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ConfigError } from '../../../src/config/config-error.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import type { Config } from '../../../src/config/load-config.ts';
import { renderConfig } from '../../../src/config/render-config.ts';
import { configSchema } from '../../../src/config/setting-docs.ts';

const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-notifications-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'config.yaml');

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
ajv.addVocabulary(['errorMessage', 'enumDescriptions', 'doNotSuggest']);
const bySchema = ajv.compile(configSchema());

function load(text: string, environment = {}): Config {
  writeFileSync(file, text);
  return loadConfig({ environment, flags: {}, file });
}

/** Returns the lines of the error, without the path of the file. */
function faultsOf(text: string, environment = {}): readonly string[] {
  try {
    load(text, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').map((line) => line.replace(`${file}:`, ''));
    throw error;
  }
  throw new Error('expected a ConfigError');
}

const ALL = `public_url: https://vpc.example.com
source_url: https://git.example.com/net/blob/{revision}/{file}#L{line}
notifications:
  oncall: { type: webhook, url: "https://hooks.example.com/T0/secret-part", secret_file: hook, remind_after: 4h, events: [failed, recovered] }
  relay: { type: webhook, url_file: /run/url, secret_file: /run/hook }
  team:
    type: slack
    url_file: slack
  commit: { type: github, repository: org/network, token_file: gh }
  mirror: { type: gitlab, repository: group/sub/network, token_file: gl, base_url: https://gitlab.example.com, context: vpc/prod }
`;

test('reads receivers, with their durations in milliseconds and paths from the folder of the file', () => {
  expect(load(ALL).settings.notifications).toEqual({
    oncall: {
      type: 'webhook',
      url: 'https://hooks.example.com/T0/secret-part',
      secret_file: join(folder, 'hook'),
      remind_after: 14_400_000,
      events: ['failed', 'recovered'],
    },
    relay: { type: 'webhook', url_file: '/run/url', secret_file: '/run/hook' },
    team: { type: 'slack', url_file: join(folder, 'slack') },
    commit: {
      type: 'github',
      repository: 'org/network',
      token_file: join(folder, 'gh'),
      base_url: 'https://api.github.com',
      context: 'vpc-reconciler',
    },
    mirror: {
      type: 'gitlab',
      repository: 'group/sub/network',
      token_file: join(folder, 'gl'),
      base_url: 'https://gitlab.example.com',
      context: 'vpc/prod',
    },
  });
  expect(bySchema(parse(ALL))).toBe(true);
});

test.for(['notifications: none', 'notifications:', 'notifications: {}'])('reads no receivers from "%s"', (text) => {
  expect(load(text).settings.notifications).toEqual({});
});

test('shows receivers without the path of an address', () => {
  const shown = renderConfig(load(ALL));
  expect(shown).not.toContain('secret-part');
  const { notifications } = parse(shown);
  expect(notifications.oncall.url).toBe('https://hooks.example.com/[redacted]');
  expect(notifications.team).toEqual({ type: 'slack', url_file: join(folder, 'slack') });
  expect(shown).toContain(`# ${file}:3 notifications`);
});

const receiver = (text: string) => `mode: apply\nnotifications:\n  team:\n    ${text.split('\n').join('\n    ')}\n`;

describe('an invalid receiver', () => {
  test.for([
    [
      'notifications: yes please',
      '1 notifications: expected none, or a mapping of names to receivers, found "yes please"',
    ],
    [
      'notifications: { team: on }',
      '1 notifications.team: expected the type webhook, slack, github or gitlab, found "on"',
    ],
    [
      'notifications: { "1 x": { type: slack, url_file: x } }',
      '1 notifications.1 x: expected a name of at most 40 letters, digits, _ and -, which begins with a letter',
    ],
    [
      receiver('type: slak'),
      '4 notifications.team.type: expected the type webhook, slack, github or gitlab, found "slak"',
    ],
    [
      receiver('url_file: x'),
      '3 notifications.team.type: expected the type webhook, slack, github or gitlab, found nothing',
    ],
    [
      receiver('type: slack\nurl: https://hooks.slack.com/secret'),
      '3 notifications.team.url_file: expected the path of a file, found nothing',
      '5 notifications.team.url: unknown key; did you mean "url_file"?',
    ],
    [
      receiver('type: slack\nurl_file: https://hooks.slack.com/secret'),
      '5 notifications.team.url_file: expected the path of a file, found the secret itself; write it to a file',
    ],
    [
      receiver('type: slack\nurl_file: x\nremind_afer: 1h'),
      '6 notifications.team.remind_afer: unknown key; did you mean "remind_after"?',
    ],
    [
      receiver('type: slack\nurl_file: x\nremind_after: soon'),
      '6 notifications.team.remind_after: expected a duration such as 500ms, 2s, 5m or 1h, at most 480h, found "soon"',
    ],
    [
      receiver('type: slack\nurl_file: x\nevents: [failed, broken]'),
      '6 notifications.team.events.1: expected denied, failed, contested, withheld, drift_found, paused, recovered or corrected, found "broken"',
    ],
    [receiver('type: webhook\nsecret_file: x'), '3 notifications.team: expected either url or url_file'],
    [
      receiver('type: webhook\nsecret_file: x\nurl: ftp://secret.example'),
      '6 notifications.team.url: expected a URL that begins with https:// or http://',
    ],
    [
      receiver('type: webhook\nsecret_file: x\nurl: https://user:secret@hooks.example'),
      '6 notifications.team.url: expected a URL without a user name and a password',
    ],
    [
      receiver('type: webhook\nsecret_file: whsec_secret\nurl: https://hooks.example'),
      '5 notifications.team.secret_file: expected the path of a file, found the secret itself; write it to a file',
    ],
    [
      receiver('type: github\nrepository: network\ntoken_file: x'),
      '5 notifications.team.repository: expected a repository such as org/network, found "network"',
    ],
    [
      receiver('type: github\nrepository: org/network\ntoken_file: x\nbase_url: http://ghe.example'),
      '7 notifications.team.base_url: expected https:, found http:, which would send a secret unencrypted (allowed for loopback only), found "http://ghe.example"',
    ],
  ] as const)('%s', ([text, ...faults]) => {
    expect(faultsOf(text)).toEqual(faults);
    expect(faults.join()).not.toMatch(/hooks.slack|whsec|:secret/);
  });

  test('in a variable', () => {
    expect(faultsOf('', { VPC_RECONCILER_NOTIFICATIONS: '{}' })).toEqual([
      'VPC_RECONCILER_NOTIFICATIONS: notifications can only be set in a configuration file',
    ]);
  });
});

test.for([
  'https://git.example.com/{file}',
  'https://git.example.com/{revision}/{file}/{branch}',
  'git/{revision}/{file}',
])('rejects the source_url %s', (text) => {
  expect(faultsOf(`source_url: "${text}"`)).toEqual([
    `1 source_url: expected none, or a URL with {revision} and {file}, such as https://git.example.com/network/blob/{revision}/{file}#L{line}, found ${JSON.stringify(text)}`,
  ]);
});
