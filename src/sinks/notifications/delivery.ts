import { setTimeout as sleep } from 'node:timers/promises';
import { guarded } from '../../core/base/guarded.ts';
import { messageQueue } from './message-queue.ts';
import type { Queued, QueueOptions } from './message-queue.ts';

/** The result of an attempt to send a message. Reasons contain no secret. */
export type Attempt =
  | { readonly kind: 'sent' }
  /** It may succeed later, after `waitMs` at the earliest. */
  | { readonly kind: 'failed'; readonly reason: string; readonly waitMs: number; readonly isOdd: boolean }
  /** This message will never be accepted. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The receiver wants no more messages. */
  | { readonly kind: 'gone'; readonly reason: string };

/** Callbacks for messages that cannot be sent. */
export type DeliveryEvents = {
  /** Called when the first of several attempts in a row failed. */
  readonly onFailing: (reason: string) => void;
  /** Called when a message was sent after that. */
  readonly onRestored: () => void;
  /** Called when messages are given up. */
  readonly onLost: (count: number, reason: string) => void;
  /** Called when the receiver wants no more messages. */
  readonly onGone: (reason: string) => void;
};

export type DeliveryOptions<Message> = DeliveryEvents &
  QueueOptions<Message> & {
    readonly send: (message: Message, signal: AbortSignal) => Promise<Attempt>;
    /** Called with an unexpected error, after which the message is given up. */
    readonly onBug: (error: unknown) => void;
    readonly random: () => number;
    /** The first delay between two attempts. Each further one is twice as long. */
    readonly firstDelayMs?: number;
  };

export type DeliveryStats = {
  readonly sent: number;
  readonly lost: number;
  /** Attempts that failed. */
  readonly failures: number;
  readonly queued: number;
  /** Whether the receiver wants no more messages. */
  readonly isGone: boolean;
};

export type Delivery<Message> = {
  /** Adds a message to the queue. Returns at once. */
  readonly add: (message: Message) => void;
  readonly stats: () => DeliveryStats;
  /** Sends what is left, until the signal is aborted. Nothing can be added afterwards. */
  readonly close: (deadline: AbortSignal) => Promise<void>;
};

const FIRST_DELAY_MS = 1000;
const MAX_DELAY_MS = 5 * 60_000;
/** The same while the program stops, which leaves little time. */
const MAX_CLOSING_DELAY_MS = 2000;
/** A receiver that asks for more patience than this is asked again. */
const MAX_WAIT_MS = 3_600_000;
/** A message that was undeliverable for this long is old news. */
const MAX_AGE_MS = 24 * 3_600_000;
/** At most this many attempts while the response has a status that patience seldom changes, such as 404. */
const MAX_ODD_ATTEMPTS = 12;

/** Sends messages to one receiver, one at a time and in order, and repeats failed attempts with growing random delays. */
export function delivery<Message>(options: DeliveryOptions<Message>): Delivery<Message> {
  const queue = messageQueue(options);
  const patience = retryPatience(options);
  const counts = { sent: 0, lost: 0, failures: 0 };
  let isGone = false;
  let isClosed = false;
  let working: Promise<void> | null = null;
  /** Ends the request in flight, and all waits. */
  const end = new AbortController();
  const giveUp = () => end.abort();

  const lose = (count: number, reason: string) => {
    counts.lost += count;
    if (count > 0) options.onLost(count, reason);
  };
  const onFailed = async (item: Queued<Message>, failed: FailedAttempt) => {
    counts.failures += 1;
    if (failed.isOdd) item.oddAttempts += 1;
    if (item.oddAttempts >= MAX_ODD_ATTEMPTS || performance.now() - item.since > MAX_AGE_MS) {
      queue.remove(item);
      lose(1, failed.reason);
    }
    await patience.afterFailure(failed, end.signal);
  };
  const onAnswered = (item: Queued<Message>, attempt: Exclude<Attempt, FailedAttempt>) => {
    queue.remove(item);
    patience.reset();
    switch (attempt.kind) {
      case 'sent':
        counts.sent += 1;
        return;
      case 'refused':
        return lose(1, attempt.reason);
      case 'gone':
        isGone = true;
        options.onGone(attempt.reason);
        counts.lost += 1 + queue.clear();
    }
  };
  const work = async () => {
    for (let item = queue.next(); item !== null && !end.signal.aborted; item = queue.next()) {
      const attempt = await trySend(options, item.message, end.signal);
      if (attempt.kind !== 'failed') onAnswered(item, attempt);
      else if (!end.signal.aborted) await onFailed(item, attempt);
    }
    working = null;
  };

  return {
    add: (message) => {
      if (isGone || isClosed) return;
      lose(queue.add(message), 'too many messages wait for the receiver');
      working ??= work();
    },
    stats: () => ({ ...counts, queued: queue.length(), isGone }),
    close: async (deadline) => {
      isClosed = true;
      if (deadline.aborted) giveUp();
      else deadline.addEventListener('abort', giveUp, { once: true });
      patience.hurry();
      await working;
      deadline.removeEventListener('abort', giveUp);
      lose(queue.clear(), 'the program stopped before they could be sent');
    },
  };
}

/** Sends a message. If that throws, the message counts as refused, so that those that follow are still sent. */
async function trySend<Message>(
  { send, onBug }: Pick<DeliveryOptions<Message>, 'send' | 'onBug'>,
  message: Message,
  signal: AbortSignal,
): Promise<Attempt> {
  try {
    return await send(message, signal);
  } catch (error) {
    guarded(onBug, () => {})(error);
    return { kind: 'refused', reason: 'internal error' };
  }
}

type FailedAttempt = Attempt & { readonly kind: 'failed' };

/** Waits after failed attempts, longer after each one in a row. */
function retryPatience<Message>({
  onFailing,
  onRestored,
  random,
  firstDelayMs = FIRST_DELAY_MS,
}: DeliveryOptions<Message>) {
  let failedInRow = 0;
  let longestMs = MAX_DELAY_MS;
  /** Ends the current wait. */
  let wake = new AbortController();
  return {
    afterFailure: async ({ reason, waitMs }: FailedAttempt, signal: AbortSignal) => {
      if (failedInRow === 0) onFailing(reason);
      failedInRow += 1;
      const delayMs = Math.min(longestMs, firstDelayMs * 2 ** Math.min(failedInRow - 1, 20));
      const ms = Math.max(delayMs * (0.5 + random() / 2), Math.min(waitMs, MAX_WAIT_MS));
      wake = new AbortController();
      await sleep(ms, null, { signal: AbortSignal.any([wake.signal, signal]) }).catch(() => {});
    },
    /** Call it when the receiver has answered otherwise. */
    reset: () => {
      if (failedInRow > 0) onRestored();
      failedInRow = 0;
    },
    /** Ends the current wait and shortens the others, because little time is left. */
    hurry: () => {
      longestMs = MAX_CLOSING_DELAY_MS;
      wake.abort();
    },
  };
}
