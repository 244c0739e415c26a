import { Cron } from 'croner';

/** A cron expression of five parts, and the IANA time zone in which it is meant. */
export type Schedule = { readonly pattern: string; readonly timezone: string };

/** Reads `0 6 * * 1-5 Europe/Berlin`, where the zone may be left out for UTC. Throws an error where it does not hold. */
export function parseSchedule(text: string): Schedule {
  const parts = text.trim().split(/\s+/);
  const schedule = { pattern: parts.slice(0, 5).join(' '), timezone: parts.slice(5).join(' ') || 'UTC' };
  runOn(schedule, () => {}).stop();
  return schedule;
}

/** A schedule that is being followed; `msToNext` is how long until its next time, or null where there is none. */
export type Running = { readonly stop: () => void; readonly msToNext: () => number | null };

/**
 * Calls back at every time of the schedule until it is stopped. Croner looks at the clock every 30 s at least: where that is set, the
 * schedule goes by the new time from then on, and a time that was jumped over is made up for, once.
 */
export function runOn({ pattern, timezone }: Schedule, job: () => void): Running {
  const cron = new Cron(pattern, { timezone, mode: '5-part' }, job);
  return { stop: () => cron.stop(), msToNext: () => cron.msToNext() };
}
