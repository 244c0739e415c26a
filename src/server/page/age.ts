import { html } from './html.ts';
import type { Html } from './html.ts';

/**
 * `3 minutes ago`; of a time to come, whose age is negative, `in 40 seconds`. The browser runs the same function, from its source: so it
 * must use nothing from outside it.
 */
export function spellAge(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const size = Math.abs(seconds);
  const [unit, each] = (
    [
      ['second', 1, 60],
      ['minute', 60, 3600],
      ['hour', 3600, 172_800],
      ['day', 86_400, Infinity],
    ] as const
  ).find(([, , below]) => size < below) ?? ['second', 1];
  return new Intl.RelativeTimeFormat('en', { numeric: 'auto' }).format(-Math.trunc(seconds / each), unit);
}

/** A time that was, or that comes, as its age, which goes on in the browser; the time itself is behind it. */
export function renderAge(at: string, now: number, { next = false } = {}): Html {
  const ms = now - Date.parse(at);
  // What is due by now has no age: it is late, and nobody knows for how long.
  const words = next && ms > 0 ? 'now' : spellAge(ms);
  return html`<time class="age${next ? ' next' : ''}" datetime="${at}" title="${spellTime(at)}">${words}</time>`;
}

/** `2026-11-24 18:04:12 UTC`, to the second, as in the log. */
export function spellTime(at: string): string {
  return `${at.slice(0, 19).replace('T', ' ')} UTC`;
}
