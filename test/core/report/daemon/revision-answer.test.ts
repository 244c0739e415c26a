import { expect, test } from 'vitest';
import { failure } from '../../../../src/core/base/failure.ts';
import { toRecentPass } from '../../../../src/core/report/daemon/recent-pass.ts';
import type { RecentPass } from '../../../../src/core/report/daemon/recent-pass.ts';
import { findRevision } from '../../../../src/core/report/daemon/revision-answer.ts';
import { toReport } from '../../../../src/core/report/report.ts';
import { facts } from '../../builders.ts';

const [A, B, C] = ['a'.repeat(40), 'b'.repeat(40), 'c'.repeat(40)];
const good = toRecentPass(toReport(facts()));
const pass = (revision: string | null, changes: Partial<RecentPass> = {}): RecentPass => ({
  ...good,
  revision,
  ...changes,
});
const done = (revision: string | null) => pass(revision);
const retried = (revision: string | null) => pass(revision, { retries_soon: true });
const failed = (revision: string | null) => pass(revision, { retries_soon: true, error: failure('source', 'gone') });

test.for<[string, readonly RecentPass[], object]>([
  ['no pass has ended', [], { kind: 'not_seen', current: null }],
  ['only an older commit was read', [done(A)], { kind: 'not_seen', current: A }],
  ['a later commit was read, and this one never', [done(C), done(A)], { kind: 'not_seen', current: C }],
  ['it is as declared', [done(B), done(A)], { kind: 'decided', pass: done(B), replacedBy: null }],
  ['it was, and then the API went down', [retried(B), done(B)], { kind: 'decided', pass: done(B), replacedBy: null }],
  ['a later commit followed', [done(C), done(B), done(A)], { kind: 'decided', pass: done(B), replacedBy: C }],
  ['its passes fail for now', [retried(B), retried(B), done(A)], { kind: 'retried', pass: retried(B) }],
  ['a later commit followed before that', [done(C), retried(B)], { kind: 'replaced', pass: retried(B), replacedBy: C }],
  [
    'it was, a later commit followed, and it is back and fails for now',
    [retried(B), failed(null), retried(B), done(C), done(B)],
    { kind: 'retried', pass: retried(B) },
  ],
  [
    'it came back, was replaced before it was applied, and was once before',
    [done(C), retried(B), done(C), done(B)],
    { kind: 'replaced', pass: retried(B), replacedBy: C },
  ],
  ['it came back after a later commit', [retried(B), done(C), done(A)], { kind: 'retried', pass: retried(B) }],
  ['the folder is in no checkout', [done(null)], { kind: 'no_checkout' }],
  ['the folder was in a checkout before', [done(null), done(A)], { kind: 'no_checkout' }],
  ['the folder cannot be read now', [failed(null), done(A)], { kind: 'not_seen', current: A }],
  ['the folder could never be read', [failed(null)], { kind: 'not_seen', current: null }],
])('%s', ([, passes, answer]) => {
  expect(findRevision(passes, B)).toEqual(answer);
  expect(findRevision(passes, B.slice(0, 7))).toEqual(answer);
});

test('an abbreviation that fits two commits is ambiguous', () => {
  const other = `${B.slice(0, 7)}0`;
  expect(findRevision([done(other), done(B)], B.slice(0, 7))).toEqual({ kind: 'ambiguous', revisions: [other, B] });
  expect(findRevision([done(other), done(B)], B)).toMatchObject({ kind: 'decided', replacedBy: other });
});
