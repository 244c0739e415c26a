const UNITS = [
  { unit: 'h', ms: 3_600_000 },
  { unit: 'm', ms: 60_000 },
  { unit: 's', ms: 1000 },
  { unit: 'ms', ms: 1 },
] as const;

/** Timers of the platform count in 31 bits, which is 24 days; longer ones fire at once. */
export const LONGEST_HOURS = 480;

/** Reads `500ms`, `2s`, `1.5m`, `1h`, or `0`; gives whole milliseconds, or null where that does not hold or is longer than `LONGEST_HOURS`. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const size = UNITS.find((each) => each.unit === unit)?.ms;
  if (size === undefined) return null;
  const ms = Math.round(Number(number) * size);
  return ms <= LONGEST_HOURS * 3_600_000 ? ms : null;
}

/** A duration for people, in at most two units: `850ms`, `12s`, `4m 12s`, `5m`, `1h 30m`. A second and more is rounded to seconds. */
export function formatDuration(ms: number): string {
  let rest = ms < 1000 ? Math.round(ms) : Math.round(ms / 1000) * 1000;
  const parts: string[] = [];
  for (const { unit, ms: size } of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.length === 0 ? '0ms' : parts.slice(0, 2).join(' ');
}
