import { expect, test } from 'vitest';
import type { KnownService } from '../../../src/core/report/daemon/known-service.ts';
import type { Health } from '../../../src/core/report/health.ts';
import { toReport } from '../../../src/core/report/report.ts';
import { inSyncReport } from '../../../src/core/report/service-report.ts';
import { contests, facts, findings, id } from '../../core/builders.ts';
import { command } from '../command.ts';
import { answering } from './answering.ts';

/* The exit codes of `status` and `get`. test/e2e/status.test.ts tests both with real daemons. */

const at = '2027-01-31T06:00:00.000Z';
const moment = { at, age_seconds: 1 };
const health: Health = {
  healthy: true,
  ready: true,
  reason: null,
  version: '0.1.0',
  started: moment,
  last_read: moment,
  last_list: moment,
  last_good_pass: moment,
  last_pass: { ...moment, outcome: 'in_sync', error: null },
  pass: null,
  next_pass: null,
  paused: null,
  request_budget: [],
  internal_errors: 0,
  watcher: { by: 'events', reason: null, last_check: null, missed_changes: 0 },
};
const inSync = findings({ declared: [{}], live: [{}] });

test.each([
  { contested: false, code: 0 },
  { contested: true, code: 1, reason: 'the commit status and the page say so too' },
])('status of services in sync exits with $code if contested is $contested', async ({ contested, code }) => {
  const report = toReport(facts({ findings: inSync, contests: contests(...(contested ? [id(1)] : [])) }));
  expect(report.counts.contested).toBe(contested ? 1 : 0);
  const url = await answering((request, response) =>
    response.end(JSON.stringify(request.url === '/healthz' ? health : report)),
  );
  expect(await command(['status', '--url', url])).toMatchObject({ code, stderr: '' });
});

test.each([
  { contested: null, code: 0 },
  { contested: { times: 3, since: at }, code: 1 },
])('get of a service in sync exits with $code if contested is $contested', async ({ contested, code }) => {
  const service: readonly KnownService[] = inSync.map((finding) => ({
    ...inSyncReport(finding),
    contested,
    state: 'in_sync',
    since: at,
    or_earlier: false,
    checked_at: at,
    revision: null,
    mode: 'apply',
    outdated: null,
    problems: [],
    live: null,
    declared: null,
  }));
  const url = await answering((_, response) => response.end(JSON.stringify(service[0])));
  expect(await command(['get', 'web', '--url', url])).toMatchObject({ code, stderr: '' });
});
