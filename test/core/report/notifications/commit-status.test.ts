import { describe, expect, test } from 'vitest';
import { failure } from '../../../../src/core/base/failure.ts';
import { statusAtEnd, statusAtStop, statusesAtStart } from '../../../../src/core/report/notifications/commit-status.ts';
import type { CommitStatus } from '../../../../src/core/report/notifications/commit-status.ts';
import type { Report } from '../../../../src/core/report/report.ts';
import { report } from './reports.ts';

const [a, b] = ['a'.repeat(40), 'b'.repeat(40)];

type Step = { readonly read: string | null; readonly end?: Partial<Report> };

const contested = { ...report().counts, contested: 1 };

/** Runs passes. Returns the statuses that are set: `aaaaaaa pending`. */
function statuses(...steps: readonly Step[]): readonly string[] {
  const set: CommitStatus[] = [];
  for (const { read, end } of steps) {
    set.push(...statusesAtStart(set.at(-1) ?? null, read));
    const source = { path: 'services', revision: read, files: 1 };
    const status = end === undefined ? null : statusAtEnd(set.at(-1) ?? null, report({ source, ...end }));
    if (status !== null) set.push(status);
  }
  return set.map(({ revision, state, description }) => `${revision.slice(0, 3)} ${state}: ${description}`);
}

describe('the status of a commit', () => {
  test.for<readonly [reason: string, steps: readonly Step[], expected: readonly string[]]>([
    [
      'is pending, then success',
      [{ read: a, end: { outcome: 'in_sync' } }],
      ['aaa pending: reconciling', 'aaa success: in sync: no services'],
    ],
    [
      'stays while passes agree',
      [
        { read: a, end: { outcome: 'converged' } },
        { read: a, end: { outcome: 'in_sync' } },
      ],
      ['aaa pending: reconciling', 'aaa success: converged: no services'],
    ],
    [
      'becomes failure when something is wrong later, and success again',
      [
        { read: a, end: { outcome: 'in_sync' } },
        { read: a, end: { outcome: 'failed', error: failure('transient', 'no response') } },
        { read: a, end: { outcome: 'in_sync' } },
      ],
      [
        'aaa pending: reconciling',
        'aaa success: in sync: no services',
        'aaa failure: failed: no response',
        'aaa success: in sync: no services',
      ],
    ],
    [
      'is failure while another writer changes something back, whether that is written or not',
      [
        { read: a, end: { outcome: 'partial', counts: contested } },
        { read: a, end: { outcome: 'converged', counts: contested } },
        { read: a, end: { outcome: 'in_sync', counts: contested } },
        { read: a, end: { outcome: 'in_sync' } },
      ],
      ['aaa pending: reconciling', 'aaa failure: partial: 1 contested', 'aaa success: in sync: no services'],
    ],
    [
      'is set for the commit of the pass',
      [
        { read: a, end: { outcome: 'in_sync' } },
        { read: b, end: { outcome: 'partial' } },
      ],
      [
        'aaa pending: reconciling',
        'aaa success: in sync: no services',
        'bbb pending: reconciling',
        'bbb failure: partial: no services',
      ],
    ],
    [
      'waits for the next pass after one that was superseded or interrupted',
      [
        { read: a, end: { superseded: true } },
        { read: a, end: { outcome: 'interrupted' } },
        { read: a, end: { outcome: 'in_sync' } },
      ],
      ['aaa pending: reconciling', 'aaa success: in sync: no services'],
    ],
    [
      'is failure if another commit came first',
      [{ read: a, end: { superseded: true } }, { read: b }],
      [
        'aaa pending: reconciling',
        'aaa failure: replaced by bbbbbbb before it was applied',
        'bbb pending: reconciling',
      ],
    ],
    [
      'is not set while the commit is unknown',
      [
        { read: null, end: { outcome: 'in_sync' } },
        { read: null, end: { outcome: 'failed' } },
      ],
      [],
    ],
    [
      'fails in mode detect if the account differs',
      [{ read: a, end: { outcome: 'pending' } }],
      ['aaa pending: reconciling', 'aaa failure: pending: no services'],
    ],
  ])('%s', ([, steps, expected]) => {
    expect(statuses(...steps)).toEqual(expected);
  });

  test('does not stay pending when the process stops', () => {
    const status = { revision: a, description: 'reconciling' };
    expect(statusAtStop({ ...status, state: 'pending' })).toEqual({
      revision: a,
      state: 'failure',
      description: 'vpc-reconciler stopped before it was applied',
    });
    expect(statusAtStop({ ...status, state: 'success' })).toBe(null);
    expect(statusAtStop({ ...status, state: 'failure' })).toBe(null);
  });
});
