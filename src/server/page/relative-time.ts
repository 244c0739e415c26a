import { html } from './html.ts';
import type { Html } from './html.ts';

/**
 * Returns an age in words: `3 minutes ago`, or `in 40 seconds` for a time in the future, whose age is negative. The browser runs this
 * function from its source text, so it must not use anything outside itself.
 */
export function formatAge(ageMs: number): string {
  const seconds = Math.round(ageMs / 1000);
  const size = Math.abs(seconds);
  const [unit, secondsPerUnit] = (
    [
      ['second', 1, 60],
      ['minute', 60, 3600],
      ['hour', 3600, 172_800],
      ['day', 86_400, Infinity],
    ] as const
  ).find(([, , below]) => size < below) ?? ['second', 1];
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(-Math.trunc(seconds / secondsPerUnit), unit);
}

/** Returns a `time` element that shows an age, with the time itself as its tooltip. The browser keeps the age up to date. */
export function renderAge(at: string, now: number): Html {
  return html`<time class="age" datetime="${at}" title="${formatTime(at)}">${formatAge(now - Date.parse(at))}</time>`;
}

/** Returns a `time` element for an event that is still to come. An overdue one reads `now`: how late it will be is unknown. */
export function renderTimeUntil(at: string, now: number): Html {
  const ageMs = now - Date.parse(at);
  const words = ageMs > 0 ? 'now' : formatAge(ageMs);
  return html`<time class="age upcoming" datetime="${at}" title="${formatTime(at)}">${words}</time>`;
}

/** Returns a time to the second, as in the log: `2026-11-24 18:04:12 UTC`. */
export function formatTime(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`;
}
