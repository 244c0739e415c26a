import { trustedMarkup } from './html.ts';
import type { Html } from './html.ts';
import type { SyncState } from './sync-state.ts';

/** The color of a state or a service. Color is never the only sign: words and shapes differ as well. */
export type Tone = 'good' | 'warn' | 'bad' | 'quiet';

export const TONES: Readonly<Record<SyncState, Tone>> = {
  stuck: 'bad',
  starting: 'quiet',
  failing: 'bad',
  denied: 'bad',
  interrupted: 'quiet',
  stale: 'warn',
  paused: 'warn',
  partial: 'warn',
  pending: 'warn',
  converged: 'good',
  in_sync: 'good',
};

/** Strokes in a 24 × 24 square; every state has its own shape. */
const STROKES: Readonly<Record<SyncState, string>> = {
  stuck: 'M8 7h8l-8 10h8z',
  starting: 'M7 12v.01M12 12v.01M17 12v.01',
  failing: 'M8.5 8.5l7 7M15.5 8.5l-7 7',
  denied: 'M7 12h10',
  interrupted: 'M9 9h6v6h-6z',
  stale: 'M12 7v5.2l3.4 2',
  paused: 'M9.5 8v8M14.5 8v8',
  partial: 'M12 6.8v6.4M12 17v.01',
  pending: 'M6.5 13.4c1.8-3.6 3.8-3.6 5.5-1.4s3.7 2.2 5.5-1.4',
  converged: 'M4.8 12.6l3.2 3.2 5.6-6.6M11.6 15.2l.6.6 6.4-7.4',
  in_sync: 'M7.2 12.6l3.2 3.2 6.4-7.4',
};

/** Returns a filled circle with the shape of the state. Screen readers skip it, because the title follows. */
export function renderStateIcon(state: SyncState): Html {
  return trustedMarkup(
    `<svg class="state-icon" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="12"/><path d="${STROKES[state]}"/></svg>`,
  );
}

/** Readable on light and dark browser tabs. */
const FAVICON_COLORS: Readonly<Record<Tone, string>> = {
  good: '#23864f',
  warn: '#f5b014',
  bad: '#d0342c',
  quiet: '#7a766f',
};

/** Returns the icon of the state for the browser tab, as a data URL. `tone` replaces the color of the state. */
export function faviconUrl(state: SyncState, tone: Tone = TONES[state]): string {
  const stroke = tone === 'warn' ? '#2e2100' : '#fff';
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="12" fill="${FAVICON_COLORS[tone]}"/><path d="${STROKES[state]}" fill="none" stroke="${stroke}" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}
