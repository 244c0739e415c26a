import { guarded } from '../../core/base/guarded.ts';
import { statusAtEnd, statusAtStop, statusesAtStart } from '../../core/report/notifications/commit-status.ts';
import type { CommitStatus } from '../../core/report/notifications/commit-status.ts';
import type { LinkSettings } from '../../core/report/notifications/links.ts';
import { toNotice } from '../../core/report/notifications/notice.ts';
import type { Notice } from '../../core/report/notifications/notice.ts';
import { byUrgency, noConditions, observe } from '../../core/report/notifications/transitions.ts';
import type { Conditions, EventType, Subject } from '../../core/report/notifications/transitions.ts';
import type { Report, SourceFacts } from '../../core/report/report.ts';
import type { ReportSink } from '../../core/report/sink.ts';
import { delivery } from './delivery.ts';
import type { Attempt, Delivery, DeliveryEvents, DeliveryStats } from './delivery.ts';

/** Sends one message. */
export type Send<Message> = (message: Message, signal: AbortSignal) => Promise<Attempt>;

/** A receiver of messages, or a forge that shows commit statuses. */
export type Receiver = { readonly name: string } & (
  | {
      readonly kind: 'messages';
      readonly send: Send<Notice>;
      /** The events to send; all of them if absent. */
      readonly events?: readonly EventType[] | undefined;
      /** How long after the last message about an account to repeat what is still not in order; never if absent. */
      readonly remindAfterMs?: number | undefined;
    }
  | { readonly kind: 'statuses'; readonly send: Send<CommitStatus> }
);

export type NotifierOptions = {
  readonly receivers: readonly Receiver[];
  readonly links: LinkSettings;
  readonly eventsOf: (receiver: string) => DeliveryEvents;
  readonly newId: () => string;
  /** Calls a function after some milliseconds. Returns a function that cancels the call. */
  readonly after: (ms: number, call: () => void) => () => void;
  readonly random: () => number;
  readonly onBug: (error: unknown) => void;
  readonly firstDelayMs?: number;
};

export type Notifier = ReportSink & {
  /** Called when a pass has read the folder. */
  readonly onSource: (source: SourceFacts, accountId: string) => void;
  readonly stats: () => readonly (DeliveryStats & { readonly receiver: string })[];
  /** Sends what is left, until the signal is aborted. */
  readonly close: (deadline: AbortSignal) => Promise<void>;
};

/** The reaction of one receiver to passes. */
type Channel = {
  readonly name: string;
  readonly onSource: (source: SourceFacts, accountId: string) => void;
  readonly onReport: (report: Report, change: Change) => void;
  /** Called when the process stops. */
  readonly onStop: () => void;
  readonly queue: Pick<Delivery<never>, 'stats' | 'close'>;
};

type Change = { readonly transitions: readonly Subject[]; readonly conditions: Conditions };

/**
 * Tells receivers what has changed with each pass, at most one message for each. Everything is sent in the background: a pass never waits,
 * and a receiver that hangs does not delay the others.
 */
export function createNotifier(options: NotifierOptions): Notifier {
  const channels = options.receivers.map((receiver) =>
    receiver.kind === 'messages' ? messageChannel(receiver, options) : statusChannel(receiver, options),
  );
  const conditionsOf = new Map<string, Conditions>();
  const toAll = (call: (channel: Channel) => void) => {
    for (const channel of channels) guarded(call, options.onBug)(channel);
  };
  return {
    onSource: (source, accountId) => toAll((channel) => channel.onSource(source, accountId)),
    onReport: (report) => {
      const { account_id } = report;
      const change = observe(conditionsOf.get(account_id) ?? noConditions, report);
      conditionsOf.set(account_id, change.conditions);
      toAll((channel) => channel.onReport(report, change));
    },
    stats: () => channels.map(({ name, queue }) => ({ receiver: name, ...queue.stats() })),
    close: async (deadline) => {
      toAll((channel) => channel.onStop());
      await Promise.all(channels.map(async ({ queue }) => queue.close(deadline)));
    },
  };
}

function messageChannel(
  { name, send, events, remindAfterMs }: Receiver & { readonly kind: 'messages' },
  { links, eventsOf, newId, after, random, onBug, firstDelayMs }: NotifierOptions,
): Channel {
  const queue = delivery({
    ...eventsOf(name),
    onBug,
    send,
    sizeOf: ({ services, problems }: Notice) => 1 + services.length + problems.length,
    random,
    ...(firstDelayMs === undefined ? {} : { firstDelayMs }),
  });
  const isWanted = ({ event }: Subject) => events?.includes(event) ?? true;
  /** The report of the last pass of each account, and what is open after it. */
  const latest = new Map<string, { readonly report: Report; readonly conditions: Conditions }>();
  /** Cancels the next reminder of each account. */
  const reminders = new Map<string, () => void>();
  const sendAbout = (accountId: string, subjects: readonly Subject[], { reminder }: { readonly reminder: boolean }) => {
    const last = latest.get(accountId);
    if (last === undefined || subjects.length === 0) return;
    const { report, conditions } = last;
    queue.add(toNotice({ id: newId(), subjects, open: conditions.size, report, links, reminder }));
    if (remindAfterMs === undefined) return;
    reminders.get(accountId)?.();
    // Passes can be hours apart, so reminders do not wait for them.
    reminders.set(
      accountId,
      after(remindAfterMs, () => guarded(remind, onBug)(accountId)),
    );
  };
  /** Repeats what is still not in order. If everything is, nothing is sent, and the next message sets the timer again. */
  const remind = (accountId: string) => {
    const open = [...(latest.get(accountId)?.conditions.values() ?? [])];
    sendAbout(accountId, byUrgency(open).filter(isWanted), { reminder: true });
  };
  return {
    name,
    onSource: () => {},
    onReport: (report, { transitions, conditions }) => {
      latest.set(report.account_id, { report, conditions });
      sendAbout(report.account_id, transitions.filter(isWanted), { reminder: false });
    },
    onStop: () => {
      for (const cancel of reminders.values()) cancel();
    },
    queue,
  };
}

function statusChannel(
  { name, send }: Receiver & { readonly kind: 'statuses' },
  { eventsOf, random, onBug, firstDelayMs }: NotifierOptions,
): Channel {
  const queue = delivery({
    ...eventsOf(name),
    onBug,
    send,
    sizeOf: () => 1,
    replaces: (status: CommitStatus, earlier) => status.revision === earlier.revision,
    random,
    ...(firstDelayMs === undefined ? {} : { firstDelayMs }),
  });
  /** The last status for each account. */
  const lastOf = new Map<string, CommitStatus>();
  const set = (accountId: string, status: CommitStatus) => {
    lastOf.set(accountId, status);
    queue.add(status);
  };
  return {
    name,
    onSource: ({ revision }, accountId) => {
      for (const status of statusesAtStart(lastOf.get(accountId) ?? null, revision)) set(accountId, status);
    },
    onReport: (report) => {
      const { account_id } = report;
      const status = statusAtEnd(lastOf.get(account_id) ?? null, report);
      if (status !== null) set(account_id, status);
    },
    onStop: () => {
      for (const [accountId, last] of lastOf) {
        const status = statusAtStop(last);
        if (status !== null) set(accountId, status);
      }
    },
    queue,
  };
}
