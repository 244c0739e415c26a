import type { PassOutcome } from '../pass.ts';

export type Style = 'red' | 'green' | 'yellow' | 'dim' | 'bold';

/** Returns a text in a style; or unchanged, if the output has no colors. */
export type Paint = (style: Style, text: string) => string;

/** How a text is laid out: with or without colors, and in how many columns. `Infinity` does not limit the length of a line. */
export type TextOptions = { readonly paint: Paint; readonly columns: number };

/** The color of the outcome of a pass. */
export const OUTCOME_STYLES = {
  in_sync: 'green',
  converged: 'green',
  pending: 'yellow',
  partial: 'yellow',
  interrupted: 'yellow',
  failed: 'red',
  denied: 'red',
} as const satisfies Record<PassOutcome, Style>;
