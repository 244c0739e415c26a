import { randomUUID } from 'node:crypto';
import type { Settings } from '../../config/settings.ts';
import { guarded } from '../../core/base/guarded.ts';
import type { LinkSettings } from '../../core/report/notifications/links.ts';
import { killAfter } from '../../pass/deadline.ts';
import type { Log } from '../../sinks/log.ts';
import type { DeliveryEvents } from '../../sinks/notifications/delivery.ts';
import { createNotifier } from '../../sinks/notifications/notifier.ts';
import type { Notifier } from '../../sinks/notifications/notifier.ts';
import type { Context } from '../context.ts';
import { openReceivers } from './receivers.ts';

/** The notifications of a daemon. */
export type Notifications = Omit<Notifier, 'close'> & {
  /** Sends what is left, for at most as long as `grace_period` allows. */
  readonly close: () => Promise<void>;
};

export type NotificationsOptions = {
  readonly settings: Settings;
  readonly context: Context;
  readonly log: Log;
  readonly onBug: (error: unknown) => void;
};

/** Opens the notifications in the settings. Throws a `ConfigError` if a secret cannot be read. */
export async function openNotifications({
  settings,
  context,
  log,
  onBug,
}: NotificationsOptions): Promise<Notifications> {
  const { grace_period: graceMs } = settings;
  const { receivers, close } = await openReceivers(settings, context, {
    onSecretProblem: guarded((key, problem) => logSecret(log, key, problem), onBug),
  });
  const notifier = createNotifier({
    receivers,
    links: linksOf(settings),
    eventsOf: (receiver) => guardedEvents(log, receiver, onBug),
    newId: randomUUID,
    after: callAfter,
    random: Math.random,
    onBug,
  });
  // The time to stop is shared with the pass in flight.
  const kill = killAfter(context.stop, graceMs);
  return {
    ...notifier,
    close: async () => {
      await notifier.close(AbortSignal.any([kill.signal, AbortSignal.timeout(graceMs)]));
      kill.clear();
      await close();
    },
  };
}

/** Calls a function after some milliseconds. The process does not wait for it. Returns a function that cancels the call. */
function callAfter(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms);
  timer.unref();
  return () => clearTimeout(timer);
}

export function linksOf({ public_url, source_url }: Pick<Settings, 'public_url' | 'source_url'>): LinkSettings {
  return { publicUrl: public_url, sourceUrl: source_url };
}

/** Logs what happens to messages that cannot be sent. */
function guardedEvents(log: Log, receiver: string, onBug: (error: unknown) => void): DeliveryEvents {
  const fields = (event: string) => ({ event, receiver });
  return {
    onFailing: guarded((reason) => {
      log.warn(fields('notification_failing'), `notification ${receiver}: ${reason}; retrying`);
    }, onBug),
    onRestored: guarded(() => {
      log.info(fields('notification_restored'), `notification ${receiver}: the receiver accepts messages again`);
    }, onBug),
    onLost: guarded((count, reason) => {
      const messages = `${count} ${count === 1 ? 'message' : 'messages'}`;
      log.warn({ ...fields('notification_lost'), count }, `notification ${receiver}: gave up ${messages}: ${reason}`);
    }, onBug),
    onGone: guarded((reason) => {
      const advice = 'no more messages are sent to it until vpc-reconciler is restarted';
      log.error(fields('notification_gone'), `notification ${receiver}: ${reason}; ${advice}`);
    }, onBug),
  };
}

/** Logs why a secret cannot be read; null once it can be read again. */
function logSecret(log: Log, key: string, problem: string | null): void {
  if (problem === null) log.info({ event: 'notification_secret_restored' }, `${key}: the file is valid again`);
  else {
    log.warn({ event: 'notification_secret_missing' }, `${key}: ${problem}; the last value of the file stays in use`);
  }
}
