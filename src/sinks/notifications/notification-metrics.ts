import { Counter, Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/** The figures about the messages to one receiver. */
type ReceiverStats = {
  readonly receiver: string;
  readonly sent: number;
  readonly lost: number;
  readonly failures: number;
  readonly queued: number;
  readonly isGone: boolean;
};

/** Registers the metrics of notifications, one series for each receiver in the settings. Returns a function that updates them. */
export function notificationMetrics(registry: Registry): (stats: readonly ReceiverStats[]) => void {
  const registers = [registry];
  const messages = new Counter({
    name: 'vpc_reconciler_notifications_total',
    help: 'Messages and commit statuses, by receiver and result: sent (the receiver accepted it), lost (given up; the log says why).',
    labelNames: ['receiver', 'result'],
    registers,
  });
  const failures = new Counter({
    name: 'vpc_reconciler_notification_failures_total',
    help: 'Attempts to send a message or a commit status that failed and are repeated.',
    labelNames: ['receiver'],
    registers,
  });
  const queued = new Gauge({
    name: 'vpc_reconciler_notifications_queued',
    help: 'Messages and commit statuses that wait to be sent.',
    labelNames: ['receiver'],
    registers,
  });
  const gone = new Gauge({
    name: 'vpc_reconciler_notification_receiver_gone',
    help: '1 if the receiver has answered that it wants no more messages (410 Gone), so that none is sent to it until a restart.',
    labelNames: ['receiver'],
    registers,
  });
  return (stats) => {
    messages.reset();
    failures.reset();
    for (const { receiver, ...numbers } of stats) {
      messages.inc({ receiver, result: 'sent' }, numbers.sent);
      messages.inc({ receiver, result: 'lost' }, numbers.lost);
      failures.inc({ receiver }, numbers.failures);
      queued.set({ receiver }, numbers.queued);
      gone.set({ receiver }, Number(numbers.isGone));
    }
  };
}
