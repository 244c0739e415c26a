import { expect, test } from 'vitest';
import { failure } from '../../../../src/core/base/failure.ts';
import type { FailureKind } from '../../../../src/core/base/failure.ts';
import type { Result } from '../../../../src/core/plan/outcome.ts';
import { toRecentPass } from '../../../../src/core/report/daemon/recent-pass.ts';
import { toReport } from '../../../../src/core/report/report.ts';
import type { Report } from '../../../../src/core/report/report.ts';
import { facts, findings } from '../../builders.ts';

const drifted = toReport(facts({ findings: findings({ declared: [{ tcp_port: 1 }], live: [{ tcp_port: 2 }] }) }));

/** The report of a pass whose services ended like this: a result, and the kind of the failure, if there is one. */
function report(services: readonly (readonly [Result, FailureKind?])[], changes: Partial<Report> = {}): Report {
  return {
    ...drifted,
    services: drifted.services.flatMap((service) =>
      services.map(([result, kind]) => ({
        ...service,
        result,
        error: kind === undefined ? null : failure(kind, 'no luck'),
      })),
    ),
    ...changes,
  };
}

test('has the commit of the pass, and why it ended early', () => {
  const error = failure('transient', 'down');
  const source = { path: 'services', revision: 'a'.repeat(40), files: 1 };
  expect(toRecentPass({ ...drifted, error, source })).toMatchObject({
    run_id: drifted.run_id,
    revision: source.revision,
    error,
  });
});

test.for<[string, Report, boolean]>([
  ['everything is in sync', report([]), false],
  ['everything was written', report([['updated'], ['created']]), false],
  ['a write failed for now', report([['failed', 'transient'], ['updated']]), true],
  ['others wait for it', report([['failed', 'transient'], ['withheld']]), true],
  ['a write was refused', report([['failed', 'rejected']]), false],
  [
    'one failed for now, and another was refused',
    report([
      ['failed', 'transient'],
      ['failed', 'rejected'],
    ]),
    false,
  ],
  [
    'one failed for now, and another is parked',
    report([
      ['failed', 'transient'],
      ['withheld', 'rejected'],
    ]),
    false,
  ],
  ['one failed for now, and another is unsettled', report([['failed', 'transient'], ['unsettled']]), false],
  ['the plan is too large', report([['withheld'], ['withheld']]), false],
  ['a service is paused', report([['paused']]), false],
  ['a failure without a reason', report([['failed']]), false],
  [
    'a file has a problem',
    report([['failed', 'transient']], {
      problems: [{ file: 'a.yaml', line: 1, column: 1, path: null, message: 'wrong' }],
    }),
    false,
  ],
  ['the folder changed meanwhile', report([['withheld']], { superseded: true }), true],
  ['the process stops', report([], { outcome: 'interrupted', error: failure('interrupted', 'SIGTERM') }), true],
  ['the API is down', report([], { outcome: 'failed', error: failure('transient', 'down') }), true],
  ['the folder cannot be read', report([], { outcome: 'failed', error: failure('source', 'gone') }), true],
  ['the list is refused', report([], { outcome: 'failed', error: failure('rejected', 'bad') }), false],
  ['the credential is refused', report([], { outcome: 'denied', error: failure('denied', 'no') }), false],
])('another pass may soon end differently: %s', ([, given, expected]) => {
  expect(toRecentPass(given).retries_soon).toBe(expected);
});
