import { describe, expect, test } from 'vitest';
import { failure } from '../../../../src/core/base/failure.ts';
import { toCloudEvent } from '../../../../src/core/report/notifications/cloud-event.ts';
import { sourceUrl } from '../../../../src/core/report/notifications/links.ts';
import { toNotice } from '../../../../src/core/report/notifications/notice.ts';
import type { Notice, NoticeFacts } from '../../../../src/core/report/notifications/notice.ts';
import { sampleNotice } from '../../../../src/core/report/notifications/sample.ts';
import { toSlackText } from '../../../../src/core/report/notifications/slack-text.ts';
import { id } from '../../builders.ts';
import { problem, report, serviceReport } from './reports.ts';

const revision = '0123456789'.repeat(4);
const links = {
  publicUrl: 'https://vpc.example.com',
  sourceUrl: 'https://git.example.com/net/blob/{revision}/{file}#L{line}',
};
const source = { path: 'services', revision, files: 3 };
const asIs = (text: string) => text;

function notice(fields: Partial<NoticeFacts> = {}): Notice {
  const subjects = [{ event: 'drift_found', service: serviceReport({ cause: 'live' }), problem: null }] as const;
  return toNotice({
    id: 'message-1',
    subjects,
    open: 1,
    report: report({ source, outcome: 'pending' }),
    links,
    ...fields,
  });
}

const eventOf = (of: Notice, redact = asIs) => JSON.parse(toCloudEvent(of, redact));

describe('the address of a declaration', () => {
  test.for([
    ['services/db.yaml', 7, `https://git.example.com/net/blob/${revision}/db.yaml#L7`],
    ['services/a b/ö#?.yaml', null, `https://git.example.com/net/blob/${revision}/a%20b/%C3%B6%23%3F.yaml#L1`],
    ['other/$&.yaml', 1, `https://git.example.com/net/blob/${revision}/other/%24%26.yaml#L1`],
  ] as const)('of %s:%s', ([file, line, url]) => {
    expect(sourceUrl(links.sourceUrl, source, { file, line })).toBe(url);
  });

  test('is the same however the folder is written', () => {
    for (const path of ['./services', 'services/', 'services']) {
      expect(sourceUrl('x/{file}', { ...source, path }, { file: 'services/db.yaml', line: 1 })).toBe('x/db.yaml');
    }
  });

  test('is unknown without the setting, the commit or the file', () => {
    const place = { file: 'services/db.yaml', line: 1 };
    expect(sourceUrl(null, source, place)).toBeNull();
    expect(sourceUrl(links.sourceUrl, { ...source, revision: null }, place)).toBeNull();
    expect(sourceUrl(links.sourceUrl, source, { file: null, line: null })).toBeNull();
  });
});

test('a CloudEvent has the required attributes, the summary of the pass, and the services', () => {
  const { data, ...event } = eventOf(notice());
  expect(event).toEqual({
    specversion: '1.0',
    id: 'message-1',
    source: 'urn:vpc-reconciler:account',
    type: 'vpc-reconciler.drift_found',
    subject: 'account',
    time: '2026-11-22T10:00:01.000Z',
    datacontenttype: 'application/json',
  });
  expect(data).toMatchObject({
    events: ['drift_found'],
    reminder: false,
    sample: false,
    open: 1,
    account_id: 'account',
    source,
    outcome: 'pending',
    error: null,
    services_total: 1,
    problems: [],
    links: { page: 'https://vpc.example.com' },
  });
  expect(data.services).toEqual([
    {
      event: 'drift_found',
      service_id: id(1),
      name: 'db',
      file: 'services/db.yaml',
      line: 1,
      source_url: `https://git.example.com/net/blob/${revision}/db.yaml#L1`,
      finding: 'drifted',
      cause: 'live',
      contested: null,
      action: 'update',
      changes: [{ path: 'tcp_port', live: 5433, declared: 5432 }],
      result: null,
      reason: null,
      hint: null,
    },
  ]);
});

test('a service that recovered by itself has none of the old details; a corrected one has its changes', () => {
  const service = serviceReport({ result: 'failed', reason: 'old' });
  const done = serviceReport({ service_id: id(2), result: 'updated' });
  const subjects = [
    { event: 'recovered', service, problem: null },
    { event: 'recovered', service: done, problem: null },
    { event: 'recovered', service: null, problem: problem('services/a.yaml') },
    { event: 'recovered', service: null, problem: null },
  ] as const;
  const { services, problems } = notice({ subjects });
  expect(services).toMatchObject([
    { finding: 'in_sync', result: null, reason: null, changes: [] },
    { finding: 'drifted', result: 'updated', changes: [{ path: 'tcp_port' }] },
  ]);
  expect(problems).toEqual([]);
  expect(notice({ subjects: [] }).event).toBe('recovered');
});

test('lists at most 50 services and problems, with their numbers, within 60 KiB', () => {
  const services = Array.from({ length: 70 }, (_, index) => ({
    event: 'failed' as const,
    service: serviceReport({ service_id: id(index), reason: 'x'.repeat(3000) }),
    problem: null,
  }));
  const problems = Array.from({ length: 60 }, (_, index) => ({
    event: 'failed' as const,
    service: null,
    problem: problem(`services/${index}.yaml`),
  }));
  const large = notice({ subjects: [...services, ...problems] });
  expect(large).toMatchObject({ services_total: 70, problems_total: 60 });
  expect([large.services.length, large.problems.length]).toEqual([50, 50]);
  const text = toCloudEvent(large, asIs);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(60 * 1024);
  const { data } = JSON.parse(text);
  expect(data.services.length).toBeGreaterThan(0);
  expect(data).toMatchObject({ services_total: 70, problems_total: 60 });
  // A text that cannot be shortened is sent as it is.
  expect(toCloudEvent(notice({ subjects: [], report: report({ account_id: 'a'.repeat(70_000) }) }), asIs)).toContain(
    'a'.repeat(70_000),
  );
});

const slackText = (message: Notice) => toSlackText(message, asIs);

const withoutHunter = (text: string) => text.replaceAll('hunter2', '[redacted]');

test('secrets are redacted in every message', () => {
  const subjects = [{ event: 'failed', service: serviceReport({ reason: 'sent hunter2' }), problem: null }] as const;
  expect(eventOf(notice({ subjects }), withoutHunter).data.services[0].reason).toBe('sent [redacted]');
});

test('a secret is found before a text for a chat is cut off or escaped', () => {
  const secret = 'p*ss_w`rd@of~the|hook';
  const withoutSecret = (text: string) => text.replaceAll(secret, '[redacted]');
  const service = serviceReport({
    name: secret,
    file: `services/${secret}.yaml`,
    reason: `${'x'.repeat(190)}${secret}`,
    changes: [{ path: 'name', live: { key: secret }, declared: secret }],
  });
  const text = toSlackText(
    notice({ subjects: [{ event: 'failed', service, problem: null }], report: report({ account_id: secret }) }),
    withoutSecret,
  );
  expect(text.replaceAll('\u2060', '')).not.toMatch(/p.ss|w.rd|of.the.hook/);
  expect(text.match(/redacted/g)?.length).toBeGreaterThan(4);
});

test('a message for a chat lists fewer services if it would be too long', () => {
  const long = '&'.repeat(250);
  const changes = Array.from({ length: 5 }, () => ({ path: long, live: long, declared: `${long}2` }));
  const service = serviceReport({ name: long, file: `${long}.yaml`, reason: long, hint: long, changes });
  const subjects = Array.from({ length: 10 }, () => ({ event: 'failed', service, problem: null }) as const);
  const text = slackText(notice({ subjects }));
  expect(text.length).toBeLessThan(40_000);
  expect(text).toContain('… and 9 more services');
  const publicUrl = `https://vpc.example.com/${'x'.repeat(40_000)}`;
  expect(slackText(notice({ subjects, links: { publicUrl, sourceUrl: null } }))).toContain(
    `<${publicUrl}|Status page>`,
  );
});

test('a message for a chat names service, fields, cause, place, commit and what is open', () => {
  expect(slackText(notice()).replaceAll('\u2060', '')).toBe(
    [
      '*Drift found* · account `account` · commit `0123456` · pending: no services · 1 open',
      `• \`db\` <https://git.example.com/net/blob/${revision}/db.yaml#L1|services/db.yaml:1> (it was changed outside git)`,
      '    `tcp_port` `5433` → `5432`',
      '<https://vpc.example.com|Status page>',
    ].join('\n'),
  );
});

test('a message about a contest says how often and since when, also when it is over', () => {
  const contested = { times: 5, since: '2026-11-22T09:00:00.000Z' };
  const service = serviceReport({ contested, changes: [], file: null });
  const [begins, ends] = (['contested', 'recovered'] as const).map((event) => {
    const about = notice({
      subjects: [{ event, service, problem: null }],
      links: { publicUrl: null, sourceUrl: null },
    });
    expect(eventOf(about)).toMatchObject({
      type: `vpc-reconciler.${event}`,
      data: { services: [{ event, contested }] },
    });
    return toSlackText(about, asIs).split('\n');
  });
  const text = 'contested: another writer has changed it back 5 times since 2026-11-22T09:00:00.000Z';
  expect(begins).toEqual([expect.stringMatching(/^\*Contested by another writer\*/), '• `db`', `    ${text}`]);
  expect(ends).toEqual([expect.stringMatching(/^\*Recovered\*/), '• `db`', `    was ${text}`]);
});

test('a message for a chat lists ten services and five fields, errors, problems, and several events', () => {
  const changes = Array.from({ length: 7 }, (_, index) => ({ path: `field${index}`, live: index, declared: null }));
  const many = Array.from({ length: 12 }, (_, index) => ({
    event: 'failed' as const,
    service: serviceReport({ name: `s${index}`, changes: index === 0 ? changes : [], file: null, line: null }),
    problem: null,
  }));
  const more = [
    {
      event: 'withheld',
      service: serviceReport({
        name: null,
        service_id: null,
        file: 'services/x.yaml',
        line: null,
        reason: 'because',
        hint: 'do it',
      }),
      problem: null,
    },
    { event: 'failed', service: null, problem: problem('services/bad.yaml', 3) },
  ] as const;
  const error = failure('transient', 'GET api: *no* response');
  const text = slackText(
    notice({
      subjects: [...many.slice(0, 1), ...more, ...many.slice(1)],
      report: report({ error }),
      links: { publicUrl: null, sourceUrl: null },
      open: 0,
      reminder: true,
    }),
  );
  expect(text.split('\n').slice(0, 12)).toEqual([
    '*Still: Failed* (also: withheld) · account `account` · partial: no services',
    '`GET api: *no* response`',
    '• failed: `s0`',
    ...[0, 1, 2, 3, 4].map((index) => `    \`field${index}\` \`${index}\` → \`unset\``),
    '    … and 2 more fields',
    '• withheld: `(no name)` `services/x.yaml`',
    '    `tcp_port` `5433` → `5432`',
    '    `because`',
  ]);
  expect(text).toContain('… and 3 more services\n• `services/bad.yaml:3` `expected a port, found 0`');
});

/** Text that must not reach a chat: mentions, links, and markup. */
const hostile =
  '<!channel> *x* @everyone `code` ~y~ _z_ <https://evil.example|click> [a](https://evil.example) | <@U123> &amp;\n# title';

test('a hostile name is neither markup nor a mention in a chat', () => {
  const service = serviceReport({
    name: hostile,
    file: `services/${hostile}.yaml`,
    reason: hostile,
    changes: [{ path: 'name', live: hostile, declared: `${hostile}2` }],
  });
  const subjects = [
    { event: 'failed', service, problem: null },
    { event: 'failed', service: null, problem: { ...problem(hostile), message: hostile } },
  ] as const;
  const text = slackText(
    notice({ subjects, report: report({ account_id: hostile, source: { ...source, path: hostile } }) }),
  );
  // The only links are our own.
  expect(
    text.match(/<[^>]*>/g)?.every((link) => /^<https:\/\/(?:git|vpc)\.example\.com[^|>]*\|[^|>]*>$/.test(link)),
  ).toBe(true);
  expect(text).not.toMatch(/<[!@#]|@(?:everyone|U123)/);
  // In code, only a backtick has a meaning.
  const outsideCode = text.replaceAll(/`[^`]*`/g, '');
  const linkTexts = outsideCode.match(/\|[^>|]*>/g)?.join('');
  expect(outsideCode).not.toMatch(/~|(?<!\w)_z_|evil\.example\|/);
  // Chats also make links of addresses in plain text, but not in code and not within another link.
  expect(outsideCode.replaceAll(/<[^>]*>/g, '')).not.toContain('evil.example');
  expect(linkTexts).toContain('evil.example');
  expect(linkTexts).not.toMatch(/[[\]]/);
  expect(outsideCode.match(/\*/g)).toHaveLength(2);
  for (const line of text.split('\n')) expect((line.match(/`/g) ?? []).length % 2).toBe(0);
  expect(text).not.toContain('\n# title');
});

test('a hostile name is data in a CloudEvent, whatever the receiver does with the text', () => {
  const subjects = [{ event: 'failed', service: serviceReport({ name: hostile }), problem: null }] as const;
  const text = toCloudEvent(notice({ subjects }), asIs);
  expect(text).not.toMatch(/[<>&\u2028\u2029\n]/);
  expect(JSON.parse(text).data.services[0].name).toBe(hostile);
});

test('a chat is told until when all writes are paused, and why', () => {
  const paused = { since: '2026-11-22T10:00:00.000Z', until: null, reason: '*vendor* migration' };
  const subjects = [{ event: 'paused', service: null, problem: null }] as const;
  expect(slackText(notice({ subjects, report: report({ paused }) }))).toContain(
    '\nAll writes are paused: `*vendor* migration`\n',
  );
});

test('a message to a chat reports a pause without a reason', () => {
  const paused = { since: '2026-11-22T10:00:00.000Z', until: '2026-11-22T12:00:00.000Z', reason: null };
  const subjects = [{ event: 'paused', service: null, problem: null }] as const;
  expect(slackText(notice({ subjects, report: report({ paused }) }))).toContain(
    '\nAll writes are paused until `2026-11-22T12:00:00.000Z`\n',
  );
});

test('long texts are cut off in a chat', () => {
  const subjects = [{ event: 'failed', service: serviceReport({ name: 'x'.repeat(1000) }), problem: null }] as const;
  expect(slackText(notice({ subjects }))).toContain(`\`${'x'.repeat(199)}…\``);
});

test('no message contains half of a character, which strict receivers reject', () => {
  const half = '\uD83D';
  const service = serviceReport({
    name: `${'x'.repeat(198)}\u{1F600}y`,
    file: `services/${half}.yaml`,
    reason: `${half}a\u{1F600}`,
    changes: [{ path: 'name', live: { [`\\${half}`]: 1 }, declared: `\\ud83d${half}` }],
  });
  const both = notice({ subjects: [{ event: 'failed', service, problem: null }] });
  const text = slackText(both);
  expect(text.isWellFormed()).toBe(true);
  expect(text).toContain(`\`${'x'.repeat(198)}…\``);
  expect(text).toContain('`\uFFFDa\u{1F600}`');
  const [sent] = eventOf(both).data.services;
  expect(JSON.stringify(sent)).not.toMatch(/(?<!\\)(?:\\\\)*\\ud/);
  expect(sent.changes).toEqual([{ path: 'name', live: { '\\\uFFFD': 1 }, declared: '\\ud83d\uFFFD' }]);
  expect(sent.name).toBe(service.name);
});

test('a sample says that it is one', () => {
  const sample = sampleNotice({ id: 's', accountId: 'account', source, time: '2026-11-22T10:00:00.000Z', links });
  expect(sample).toMatchObject({ sample: true, event: 'drift_found', services: [{ file: 'services/orders-db.yaml' }] });
  expect(slackText(sample)).toMatch(/^\*Sample: Drift found\*/);
});
