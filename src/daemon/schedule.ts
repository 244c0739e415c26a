import { Cron } from 'croner';
import { formatSuggestions, suggest } from '../core/base/text/suggest.ts';

/** A cron expression with five fields, and the IANA time zone in which it is evaluated. */
export type Schedule = { readonly pattern: string; readonly timezone: string };

/** Parses `0 6 * * 1-5 Europe/Berlin`. The time zone defaults to UTC. Throws an error if either part is invalid. */
export function parseSchedule(text: string): Schedule {
  const parts = text.trim().split(/\s+/);
  const schedule = { pattern: parts.slice(0, 5).join(' '), timezone: parts.slice(5).join(' ') || 'UTC' };
  followSchedule(schedule, () => {}).stop();
  return schedule;
}

/** Returns what is wrong with the end of an invalid schedule, as the end of a message; empty if the five fields are invalid. */
export function explainSchedule(text: string): string {
  const parts = text.trim().split(/\s+/);
  const [fields, timezone] = [parts.slice(0, 5).join(' '), parts.slice(5).join(' ')];
  if (timezone === '' || !isValid(fields)) return '';
  if (/^[\d*/,?#LW-]+$/.test(timezone)) return '; it has six fields, so omit the one for seconds';
  return `; unknown time zone ${JSON.stringify(timezone)}${formatSuggestions(suggest(timezone, Intl.supportedValuesOf('timeZone')))}`;
}

function isValid(schedule: string): boolean {
  try {
    parseSchedule(schedule);
    return true;
  } catch {
    return false; // The caller reports what was expected.
  }
}

/** A schedule in effect. `msToNext` returns the milliseconds until its next time; null if there is none. */
export type RunningSchedule = { readonly stop: () => void; readonly msToNext: () => number | null };

/**
 * Calls `job` at every time of the schedule until it is stopped. Croner checks the clock at least every 30 s. After the clock is
 * set, the schedule follows the new time. All times that the clock skipped cause one call together.
 */
export function followSchedule({ pattern, timezone }: Schedule, job: () => void): RunningSchedule {
  const cron = new Cron(pattern, { timezone, mode: '5-part' }, job);
  return { stop: () => cron.stop(), msToNext: () => cron.msToNext() };
}
