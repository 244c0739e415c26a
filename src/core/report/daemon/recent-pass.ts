import type { Failure, FailureKind } from '../../base/failure.ts';
import { summarize } from '../report.ts';
import type { PassSummary, Report } from '../report.ts';
import { needsAttention } from '../service-report.ts';
import type { ServiceReport } from '../service-report.ts';

/** A pass as a daemon remembers it. */
export type RecentPass = PassSummary & {
  /** The commit that the pass read; null if it is not known. */
  readonly revision: string | null;
  readonly error: Failure | null;
  /** Whether another pass follows soon that may end differently for the same commit: what failed is usually temporary. */
  readonly retries_soon: boolean;
};

export function toRecentPass(report: Report): RecentPass {
  return {
    ...summarize(report),
    revision: report.source.revision,
    error: report.error,
    retries_soon: retriesSoon(report),
  };
}

function retriesSoon({ superseded, outcome, error, services, problems }: Report): boolean {
  if (superseded || outcome === 'interrupted') return true;
  if (error !== null) return TEMPORARY.has(error.kind);
  if (problems.length > 0) return false;
  const obstacles = services.filter(needsAttention);
  return obstacles.some(hasFailedForNow) && obstacles.every(mayGoAway);
}

const TEMPORARY: ReadonlySet<FailureKind> = new Set(['transient', 'source'] as const);

function hasFailedForNow({ result, error }: ServiceReport): boolean {
  return result === 'failed' && error !== null && TEMPORARY.has(error.kind);
}

/** Whether the obstacle goes away with the temporary failure of another service. A write that was refused is withheld with its refusal. */
function mayGoAway(service: ServiceReport): boolean {
  return hasFailedForNow(service) || (service.result === 'withheld' && service.error === null);
}
