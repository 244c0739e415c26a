import type { PassOutcome } from '../../core/report/report.ts';
import { trusted } from './html.ts';
import type { Html } from './html.ts';
import type { State } from './verdict.ts';

/** How a state is to be taken, which gives it its color; never the only thing that tells it from others. */
export type Tone = 'good' | 'warn' | 'bad' | 'quiet';

export const TONES: Readonly<Record<State, Tone>> = {
  stuck: 'bad',
  starting: 'quiet',
  failing: 'bad',
  denied: 'bad',
  interrupted: 'quiet',
  stale: 'warn',
  partial: 'warn',
  pending: 'warn',
  converged: 'good',
  in_sync: 'good',
};

/** Strokes in a square of 24, so that each state has a shape of its own. */
const STROKES: Readonly<Record<State, string>> = {
  stuck: 'M9.5 8v8M14.5 8v8',
  starting: 'M7 12v.01M12 12v.01M17 12v.01',
  failing: 'M8.5 8.5l7 7M15.5 8.5l-7 7',
  denied: 'M7 12h10',
  interrupted: 'M9 9h6v6h-6z',
  stale: 'M12 7v5.2l3.4 2',
  partial: 'M12 6.8v6.4M12 17v.01',
  pending: 'M6.5 13.4c1.8-3.6 3.8-3.6 5.5-1.4s3.7 2.2 5.5-1.4',
  converged: 'M4.8 12.6l3.2 3.2 5.6-6.6M11.6 15.2l.6.6 6.4-7.4',
  in_sync: 'M7.2 12.6l3.2 3.2 6.4-7.4',
};

/** A filled circle with the sign of the state; decoration, for the words stand beside it. */
export function renderSign(state: State): Html {
  return trusted(
    `<svg class="sign" viewBox="0 0 24 24" aria-hidden="true"><circle cx="12" cy="12" r="12"/><path d="${STROKES[state]}"/></svg>`,
  );
}

/** Readable on light and on dark tabs. */
const TAB_COLORS: Readonly<Record<Tone, string>> = {
  good: '#23864f',
  warn: '#b26a00',
  bad: '#d0342c',
  quiet: '#7a766f',
};

/** The same for the tab of the browser, as an address that holds the picture. */
export function iconOf(state: State): string {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><circle cx="12" cy="12" r="12" fill="${TAB_COLORS[TONES[state]]}"/><path d="${STROKES[state]}" fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round"/></svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

/** What stands on the bar of a pass, six wide and six high, from its left lower corner; what was in sync needs nothing. */
export const MARKS: Readonly<Record<PassOutcome, string>> = {
  in_sync: '',
  converged: 'm0-3l3-3 3 3-3 3z',
  pending: 'm0-3a3 3 0 1 1 6 0a3 3 0 1 1-6 0zm1.7 0a1.3 1.3 0 1 0 2.6 0a1.3 1.3 0 1 0-2.6 0z',
  partial: 'm0 0l3-6 3 6z',
  failed: 'm0-5l1-1 2 2 2-2 1 1-2 2 2 2-1 1-2-2-2 2-1-1 2-2z',
  denied: 'm0-2v-2.400h6v2.400z',
  interrupted: 'm1 0v-6h1.500v6zm3 0v-6h1.500v6z',
};
