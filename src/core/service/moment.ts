import * as z from 'zod';

/** A description of a moment, to complete "expected …". */
export const MOMENT = 'a date such as 2027-01-31, or a time with its zone such as 2027-01-31T06:00:00Z';

/** Matches every moment, and also days that a month does not have. */
export const MOMENT_PATTERN = String.raw`^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2}))?$`;

const DATE = z.iso.date();
const TIME = z.iso.datetime({ offset: true });

const DAY_MS = 86_400_000;

/**
 * Parses a date or a time of RFC 3339. Returns milliseconds of Unix time; null for anything else. A date is midnight UTC, at the start of the
 * day.
 */
export function parseMoment(text: string): number | null {
  if (!DATE.safeParse(text).success && !TIME.safeParse(text).success) return null;
  const [date = '', time = '00:00Z'] = text.split('T');
  const [clock = '', zone = '00:00'] = time.split(/Z|(?=[+-])/);
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const zoneMs = toMs(zone) * (zone.startsWith('-') ? -1 : 1);
  return daysSinceEpoch(year, month, day) * DAY_MS + Math.round(toMs(clock)) - zoneMs;
}

/** Converts hours, minutes and seconds to milliseconds, without the sign. */
function toMs(clock: string): number {
  const [hours = 0, minutes = 0, seconds = 0] = clock.replace(/^[+-]/, '').split(':').map(Number);
  return ((hours * 60 + minutes) * 60 + seconds) * 1000;
}

/** Counts in years that begin in March, so that the leap day is the last one: https://howardhinnant.github.io/date_algorithms.html */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}
