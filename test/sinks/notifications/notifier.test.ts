import { expect, test } from 'vitest';
import type { CommitStatus } from '../../../src/core/report/notifications/commit-status.ts';
import type { Notice } from '../../../src/core/report/notifications/notice.ts';
import type { EventType } from '../../../src/core/report/notifications/transitions.ts';
import type { Report } from '../../../src/core/report/report.ts';
import { createNotifier } from '../../../src/sinks/notifications/notifier.ts';
import type { Receiver } from '../../../src/sinks/notifications/notifier.ts';
import { id } from '../../core/builders.ts';
import { report, serviceReport } from '../../core/report/notifications/reports.ts';

const source = { path: 'services', revision: 'a'.repeat(40), files: 1 };

/** Opens a notifier with one receiver, on a clock that only moves when the test says so. */
function open(receiver: Receiver) {
  const bugs: unknown[] = [];
  let now = 0;
  let timers: { readonly at: number; readonly call: () => void }[] = [];
  const notifier = createNotifier({
    receivers: [receiver],
    links: { publicUrl: null, sourceUrl: null },
    eventsOf: () => ({ onFailing: () => {}, onRestored: () => {}, onLost: () => {}, onGone: () => {} }),
    newId: () => 'id',
    after: (ms, call) => {
      const timer = { at: now + ms, call };
      timers.push(timer);
      return () => {
        timers = timers.filter((each) => each !== timer);
      };
    },
    random: () => 0,
    onBug: (error) => bugs.push(error),
  });
  return {
    ...notifier,
    bugs,
    timers: () => timers.length,
    /** Lets time pass. */
    wait: (ms: number) => {
      const end = now + ms;
      for (;;) {
        const [next] = timers.filter(({ at }) => at <= end).toSorted((one, other) => one.at - other.at);
        if (next === undefined) break;
        now = next.at;
        timers = timers.filter((each) => each !== next);
        next.call();
      }
      now = end;
    },
  };
}

function messages(events?: readonly EventType[]) {
  const sent: string[] = [];
  const send = async ({ event, reminder, services, open: count }: Notice) => {
    sent.push(`${reminder ? 'still ' : ''}${event} ${services.map(({ name }) => name).join(' ')} (${count} open)`);
    return { kind: 'sent' } as const;
  };
  return { sent, ...open({ name: 'hook', kind: 'messages', send, events, remindAfterMs: 1000 }) };
}

/** Returns the report of a pass after which these services have failed. */
const failed = (...numbers: readonly number[]): Report =>
  report({
    outcome: numbers.length === 0 ? 'in_sync' : 'partial',
    source,
    services: numbers.map((number) =>
      serviceReport({ service_id: id(number), name: `s${number}`, result: 'failed', reason: 'no' }),
    ),
  });

const settled = async () => new Promise((resolve) => setImmediate(resolve));

test('repeats what is still open without another pass, as long after the last message as it should', async () => {
  const { onReport, wait, sent, timers, close, bugs } = messages();
  onReport(failed(1));
  wait(999);
  onReport(failed(1));
  await settled();
  expect(sent).toEqual(['failed s1 (1 open)']);
  wait(1);
  wait(500);
  // A message about something else begins to count again.
  onReport(failed(1, 2));
  wait(999);
  await settled();
  expect(sent).toEqual(['failed s1 (1 open)', 'still failed s1 (1 open)', 'failed s2 (2 open)']);
  wait(2001);
  await settled();
  expect(sent.slice(3)).toEqual([
    'still failed s1 s2 (2 open)',
    'still failed s1 s2 (2 open)',
    'still failed s1 s2 (2 open)',
  ]);
  onReport(failed());
  wait(5000);
  await settled();
  expect(sent.slice(6)).toEqual(['recovered s1 s2 (0 open)']);
  expect(timers()).toBe(0);
  await close(AbortSignal.abort());
  expect(bugs).toEqual([]);
});

test('repeats only what the receiver wants, and nothing once it is over', async () => {
  const { onReport, wait, sent, timers } = messages(['failed']);
  onReport(failed(1));
  onReport(failed());
  wait(5000);
  onReport(report({ source, services: [serviceReport({ result: 'withheld' })] }));
  wait(5000);
  onReport(failed(2));
  wait(1000);
  await settled();
  expect(sent).toEqual(['failed s1 (1 open)', 'failed s2 (1 open)', 'still failed s2 (1 open)']);
  expect(timers()).toBe(1);
});

test('sends no reminder while it stops', async () => {
  const { onReport, wait, sent, timers, close } = messages();
  onReport(failed(1));
  await close(AbortSignal.abort());
  expect(timers()).toBe(0);
  wait(5000);
  await settled();
  expect(sent).toEqual(['failed s1 (1 open)']);
});

test('leaves no commit pending when the process stops', async () => {
  const sent: string[] = [];
  const send = async ({ revision, state, description }: CommitStatus) => {
    sent.push(`${revision.slice(0, 3)} ${state}: ${description}`);
    return { kind: 'sent' } as const;
  };
  const { onSource, onReport, close } = open({ name: 'commit', kind: 'statuses', send });
  onSource(source, 'account');
  await settled();
  onReport(report({ source, outcome: 'interrupted' }));
  onSource({ ...source, revision: 'b'.repeat(40) }, 'other');
  await settled();
  onReport({ ...report({ source: { ...source, revision: 'b'.repeat(40) }, outcome: 'in_sync' }), account_id: 'other' });
  await close(AbortSignal.timeout(1000));
  expect(sent).toEqual([
    'aaa pending: reconciling',
    'bbb pending: reconciling',
    'bbb success: in sync: no services',
    'aaa failure: vpc-reconciler stopped before it was applied',
  ]);
});
