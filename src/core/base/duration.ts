const UNITS = [
  { unit: 'h', ms: 3_600_000 },
  { unit: 'm', ms: 60_000 },
  { unit: 's', ms: 1000 },
  { unit: 'ms', ms: 1 },
] as const;

/** At most this many hours: Node's timers hold 31 bits of milliseconds (24 days), and a longer one fires at once. */
export const MAX_HOURS = 480;

/**
 * Reads a duration such as `500ms`, `2s`, `1.5m`, `1h` or `0`. Returns whole milliseconds; null for any other text and for more than
 * `MAX_HOURS`.
 */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const size = UNITS.find((candidate) => candidate.unit === unit)?.ms;
  if (size === undefined) return null;
  const ms = Math.round(Number(number) * size);
  return ms <= MAX_HOURS * 3_600_000 ? ms : null;
}

/** Returns a duration in at most two units: `850ms`, `12s`, `4m 12s`, `1h 30m`. From one second on, it is rounded to seconds. */
export function formatDuration(ms: number): string {
  let restMs = ms < 1000 ? Math.round(ms) : Math.round(ms / 1000) * 1000;
  const parts: string[] = [];
  for (const { unit, ms: size } of UNITS) {
    const count = Math.floor(restMs / size);
    restMs -= count * size;
    if (count > 0) parts.push(`${count}${unit}`);
    else if (parts.length > 0) break;
  }
  return parts.length === 0 ? '0ms' : parts.slice(0, 2).join(' ');
}
