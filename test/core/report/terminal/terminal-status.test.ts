import { expect, test } from 'vitest';
import { failure } from '../../../../src/core/base/failure.ts';
import type { KnownService } from '../../../../src/core/report/daemon/known-service.ts';
import type { Health } from '../../../../src/core/report/health.ts';
import { toReport } from '../../../../src/core/report/report.ts';
import type { Report } from '../../../../src/core/report/report.ts';
import { inSyncReport } from '../../../../src/core/report/service-report.ts';
import { renderKnownService, renderStatus } from '../../../../src/core/report/terminal/terminal-status.ts';
import { facts, findings, id, live } from '../../builders.ts';

const options = { paint: (_: string, text: string) => text, columns: Infinity };
const moment = (age_seconds: number) => ({ at: '2026-11-22T10:00:00.000Z', age_seconds });

const health: Health = {
  healthy: true,
  ready: true,
  reason: null,
  version: '0.1.0',
  started: moment(3700),
  last_read: moment(12),
  last_list: moment(12),
  last_good_pass: moment(12.4),
  last_pass: { ...moment(12.4), outcome: 'in_sync', error: null },
  pass: null,
  next_pass: { at: '2026-11-22T10:05:00.000Z', in_seconds: 288 },
  paused: null,
  request_budget: [
    { limit: 1100, window_seconds: 300, left: 1093 },
    { limit: 150, window_seconds: 1, left: 150 },
  ],
  internal_errors: 0,
  watcher: { by: 'events', reason: null, last_check: null, missed_changes: 0 },
};
const source = { path: 'services', revision: 'abcdef0123456789abcdef0123456789abcdef01', files: 1 };
const inSync = toReport(facts({ findings: findings({ declared: [{}], live: [{}] }), source }));

const render = (changes: Partial<Health>, report: Report | null = inSync) =>
  renderStatus({ health: { ...health, ...changes }, report }, options);

test('a daemon that is in sync', () => {
  expect(render({})).toBe(
    [
      'in sync: 1 service (1000 ms, 1 request)',
      'checked    12s ago, commit abcdef0, folder services, mode apply',
      'next pass  in 4m 48s',
      'budget     1093 of 1100 requests left in 5m, 150 of 150 requests left in 1s',
      'daemon     version 0.1.0, up 1h 1m',
    ].join('\n'),
  );
});

test('what needs a person comes first, and services that are left alone are only counted', () => {
  const found = findings({
    declared: [{ tcp_port: 1 }, { service_id: id(2), name: 'late', tcp_port: 1 }],
    live: [{}, { service_id: id(2), name: 'late' }, { service_id: id(3), name: 'other' }],
  });
  const outcomes = new Map([
    [id(1), { result: 'updated' as const, attempts: 1 }],
    [id(2), { result: 'failed' as const, attempts: 1, failure: failure('rejected', 'bad\u001B') }],
  ]);
  const text = render({}, toReport(facts({ findings: found, outcomes })));
  expect(text.match(/^[~!·] \S+/gm)).toEqual(['~ late', '~ db']);
  expect(text).toContain('! failed: bad\\u{1b}\n');
  expect(text).toContain('1 unmanaged');
  expect(text).toContain('commit unknown');
});

test('a daemon whose passes fail', () => {
  const failed = toReport(facts({ error: failure('transient', 'the API is down'), source }));
  const reason = 'passes have been failing for 20m: the API is down';
  const text = render({ ready: false, reason, last_good_pass: moment(1200), next_pass: null }, failed);
  expect(text).toContain('not ready: passes have been failing for 20m: the API is down\nfailed: the API is down');
  expect(text).toContain('\ntried      12s ago, commit abcdef0');
  expect(text).toContain('\nlast good  20m ago\nnext pass  when a change is detected\n');
  expect(render({ last_good_pass: null }, failed)).toContain('\nlast good  never\n');
  expect(render({ healthy: false, reason: 'stuck\nfast' })).toMatch(/^stuck: stuck\\u\{a\}fast\n/);
});

test('a daemon that starts, and one that is paused', () => {
  const starting = { ready: false, reason: 'no pass yet', last_pass: null, last_good_pass: null, request_budget: [] };
  expect(render({ ...starting, pass: { ...moment(0.2), trigger: 'startup' } }, null)).toBe(
    'not ready: no pass yet\nnext pass  in progress for 0s (startup)\ndaemon     version 0.1.0, up 1h 1m',
  );
  expect(render({ last_pass: null })).not.toContain('checked');
  const paused = { since: moment(0).at, until: null, reason: 'migration\u202e' };
  expect(render({ paused })).toContain('\nwrites     paused: migration\\u{202e}\n');
});

const NOW = Date.UTC(2026, 10, 22, 10, 1);

const [found] = findings({ declared: [{}], live: [{}] });

function known(changes: Partial<KnownService> = {}): KnownService {
  if (found === undefined) throw new Error('no finding');
  return {
    ...inSyncReport(found),
    state: 'in_sync',
    since: '2026-11-22T09:00:00.000Z',
    or_earlier: true,
    checked_at: '2026-11-22T10:00:48.000Z',
    revision: source.revision,
    mode: 'apply',
    outdated: null,
    problems: [],
    live: live({}).value,
    declared: null,
    ...changes,
  };
}

test('one service in sync', () => {
  expect(renderKnownService(known(), NOW, options)).toBe(
    [
      `= db  ${id(1)}  db.json:1`,
      '    live:',
      '      name                                 db',
      '      type                                 tcp',
      '      tcp_port                             5432',
      '      host.hostname                        db.internal',
      '      host.resolver_network.tunnel_id      0191dce4-9ab4-7fce-b660-8e5dec5172da',
      '      tls_settings.cert_verification_mode  verify_full',
      'state    in sync, since 2026-11-22T09:00:00.000Z or earlier (1h 1m ago)',
      'checked  12s ago, commit abcdef0',
    ].join('\n'),
  );
});

test('one service that was updated, was not checked since, or is not live', () => {
  const updated = known({ finding: 'drifted', result: 'updated', action: 'update', or_earlier: false });
  expect(renderKnownService(updated, NOW, options)).toMatch(
    /\n {2}= updated\n {4}live before the pass:\n[^]*\nstate {4}in sync, since 2026-11-22T09:00:00.000Z \(1h 1m ago\)\n/,
  );
  const problem = { file: 'db.json', line: 2, column: 3, path: 'tcp_port', message: 'expected a port' };
  expect(renderKnownService(known({ problems: [problem] }), NOW, options)).toContain(
    '\ndb.json:2:3 tcp_port: expected a port\n    live:\n',
  );
  const outdated = known({ outdated: 'down\u001B', live: null, revision: null, since: 'never' });
  expect(renderKnownService(outdated, NOW, options)).toBe(
    [
      `= db  ${id(1)}  db.json:1`,
      'state     in sync, since never or earlier (0s ago)',
      'checked   12s ago, commit unknown',
      'outdated  later passes could not check it: down\\u{1b}',
    ].join('\n'),
  );
});
