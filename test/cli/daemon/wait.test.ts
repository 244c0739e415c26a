import type { RequestListener } from 'node:http';
import { expect, test } from 'vitest';
import { stopReason } from '../../../src/cli/program.ts';
import { toRecentPass } from '../../../src/core/report/daemon/recent-pass.ts';
import { toReport } from '../../../src/core/report/report.ts';
import { facts, findings } from '../../core/builders.ts';
import { command } from '../command.ts';
import { answering } from './answering.ts';

/* `wait` with a gateway between it and the daemon. test/e2e/wait.test.ts tests it with real daemons. */

const REVISION = '0123456789012345678901234567890123456789';
const source = { path: 'services', revision: REVISION, files: 1 };
const report = toReport(facts({ findings: findings({ declared: [{}], live: [{}] }), source }));
const passes = JSON.stringify({ passes: [toRecentPass(report)] });

/** A gateway that answers the first requests by itself. */
async function gateway(...first: readonly RequestListener[]): Promise<string> {
  let requests = 0;
  return answering((request, response) => {
    const answer = first[requests];
    requests += 1;
    if (answer !== undefined) answer(request, response);
    else response.end(request.url === '/api/passes' ? passes : JSON.stringify(report));
  });
}

const converged = 'in sync: 1 service (1000 ms, 1 request)\ncommit 0123456: converged\n';

test('waits while a gateway has no daemon behind it', async () => {
  const url = await gateway(
    (_, response) => response.writeHead(503).end('<title>No endpoints</title>'),
    (_, response) => response.destroy(),
    (_, response) => response.end('{"passes":[]}'),
  );
  const { code, stdout, stderr } = await command(['wait', '--url', url, '--revision', REVISION, '--timeout', '30s']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: converged });
  expect(stderr).toMatch(
    /^.*waiting: .*HTTP 503.*"No endpoints".*\n.*waiting: .*is vpc-reconciler running there\?.*\n.*waiting: no pass has read a commit yet\n$/,
  );
});

test('does not take a service for converged that another writer changes back again and again', async () => {
  const pass = toRecentPass({ ...report, counts: { ...report.counts, contested: 1 } });
  const url = await gateway((_, response) => response.end(JSON.stringify({ passes: [pass] })));
  const { code, stdout } = await command(['wait', '--url', url, '--revision', REVISION, '--timeout', '30s']);
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringContaining('commit 0123456: in sync: 1 contested, 1 in sync\n'),
  });
});

test('does not wait for something that is not a daemon', async () => {
  const url = await gateway((_, response) => response.writeHead(404).end('<title>Not found</title>'));
  const { code, stderr } = await command(['wait', '--url', url, '--revision', REVISION, '--timeout', '1h']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(
      '/api/passes: HTTP 404; the answer is not from vpc-reconciler: the page "Not found"',
    ),
  });
});

test('answers even if the daemon no longer keeps the report', async () => {
  const url = await gateway(
    (_, response) => response.end(passes),
    (_, response) => response.writeHead(404).end('{"error":"the report of this pass is not kept"}'),
  );
  expect(await command(['wait', '--url', url, '--revision', '0123456'])).toEqual({
    code: 0,
    stdout: 'commit 0123456: converged\n',
    stderr: '',
  });
});

test('ends in time, although an answer never comes', async () => {
  const url = await gateway(() => {});
  const startedAt = performance.now();
  expect(await command(['wait', '--url', url, '--revision', REVISION, '--timeout', '1s'])).toMatchObject({
    code: 3,
    stdout: 'commit 0123456: not reconciled within 1s: no answer in time\n',
  });
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

test('asks once without a timeout', async () => {
  const url = await gateway((_, response) => response.end('{"passes":[]}'));
  expect(await command(['wait', '--url', url, '--revision', REVISION, '--timeout', '0'])).toMatchObject({
    code: 3,
    stdout: 'commit 0123456: not reconciled: no pass has read a commit yet\n',
  });
});

test('shows commits that begin with the same digits in full', async () => {
  const other = REVISION.replace(/9$/, 'a');
  const both = [REVISION, other].map((revision) =>
    toRecentPass({ ...report, run_id: revision, source: { ...source, revision } }),
  );
  const url = await gateway((_, response) => response.end(JSON.stringify({ passes: both })));
  expect(await command(['wait', '--url', url, '--revision', '0123456'])).toMatchObject({
    code: 1,
    stdout: `commit 0123456: the beginning of several commits; write more digits: ${REVISION}, ${other}\n`,
  });
});

test('ends at a signal', async () => {
  const url = await gateway((_, response) => response.end('{"passes":[]}'));
  const stop = new AbortController();
  const ended = command(['wait', '--url', url, '--revision', 'fedcba9'], {
    stop: stop.signal,
    onOutput: () => stop.abort(stopReason('SIGTERM')),
  });
  expect(await ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('received SIGTERM') });
});
