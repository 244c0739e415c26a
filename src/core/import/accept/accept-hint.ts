import type { Report } from '../../report/report.ts';

/** Returns how to keep live values that differ, instead of overwriting them; null if there are none. */
export function acceptHint({ services }: Report): string | null {
  const isDrifted = services.some(({ finding }) => finding === 'drifted');
  return isDrifted ? 'to keep live values instead, run: vpc-reconciler accept NAME' : null;
}
