import type { ChangesBack } from '../plan/contest.ts';
import type { DriftCause } from '../plan/memory.ts';
import type { StepKind } from '../plan/step.ts';
import type { PassOutcome } from './pass.ts';
import type { ServiceReport } from './service-report.ts';

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

/** Returns, for example, `another writer has changed it back 4 times since 2027-01-31T06:00:00.000Z`. */
export function describeContest({ times, since }: ChangesBack): string {
  return `another writer has changed it back ${times} times since ${since}`;
}

/** The labels of steps that have not been carried out. */
export const PENDING_LABELS = {
  create: 'to be created',
  update: 'to be updated',
  delete: 'to be deleted',
} as const satisfies Record<StepKind, string>;

/** The sign of a step, `‖` for a pause, or the sign of the reason why there is no step. */
export type Sign = '+' | '~' | '-' | '‖' | '=' | '?' | '!' | '·';

/** Returns the sign of a service: what its step does or would do, `‖` for a pause, or why there is none. */
export function signOf({ finding, action, result, hint }: SignedService): Sign {
  if (result === 'paused') return '‖';
  switch (finding) {
    case 'in_sync':
      return '=';
    case 'drifted':
      return '~';
    case 'unwanted':
      return '-';
    case 'missing':
      return action === null && (result === null || hint !== null) ? '?' : '+';
    case 'invalid':
      return '!';
    case 'unmanaged':
      return '·';
  }
}

type SignedService = Pick<ServiceReport, 'finding' | 'action' | 'result' | 'hint'>;
