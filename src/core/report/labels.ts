import type { DriftCause } from '../plan/memory.ts';
import type { PassOutcome } from './pass.ts';

/** The outcome of a pass in words. */
export const OUTCOME_LABELS = {
  in_sync: 'in sync',
  converged: 'converged',
  pending: 'pending',
  partial: 'partial',
  failed: 'failed',
  denied: 'denied',
  interrupted: 'interrupted',
} as const satisfies Record<PassOutcome, string>;

/** The cause of drift in words. */
export const CAUSE_LABELS = {
  declaration: 'its declaration changed',
  live: 'it was changed outside git',
  both: 'both sides changed',
} as const satisfies Record<DriftCause, string>;
