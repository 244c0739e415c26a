import type { Report } from '../core/report/report.ts';
import type { ExitCode } from './context.ts';

/**
 * Returns 0 if all services are in sync now, 2 if the account differs and the mode forbids writing, and 1 otherwise. A pass that may not
 * write fails only for the folder or the access to the account: a missing service is a difference, which no pull request can repair.
 */
export function exitCodeOf({ mode, outcome, error, problems }: Report): ExitCode {
  if (outcome === 'in_sync' || outcome === 'converged') return 0;
  if (outcome === 'pending') return 2;
  return mode === 'apply' || error !== null || problems.length > 0 ? 1 : 2;
}
