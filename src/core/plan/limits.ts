import { describeSteps } from './step.ts';
import type { Step } from './step.ts';

/** How large a plan may be. A larger plan is withheld as a whole, because applying only some of its steps would be arbitrary. */
export type Limits = {
  /** At most this many steps; null for no limit. */
  readonly maxChanges: number | null;
  /** At most this percentage of the declared services that are live is updated or deleted; null for no limit. */
  readonly maxChangePercent: number | null;
  /** At most this many deletes; null for no limit. In a plan with more, only the deletes are withheld. */
  readonly maxDeletes: number | null;
};

/**
 * Returns why a plan with these steps is too large, or null if it is within both limits. `declaredLive` is the
 * number of declared services that are live.
 */
export function exceededLimit(
  steps: readonly Step[],
  declaredLive: number,
  { maxChanges, maxChangePercent }: Pick<Limits, 'maxChanges' | 'maxChangePercent'>,
): string | null {
  const ofLive = steps.filter(({ kind }) => kind !== 'create').length;
  const percent = ofLive === 0 ? 0 : (100 * ofLive) / declaredLive;
  const size = `the plan has ${describeSteps(steps)} (${Number(percent.toFixed(1))}% of the ${declaredLive} declared services that are live)`;
  if (maxChanges !== null && steps.length > maxChanges) {
    const flag = `--max-changes ${steps.length}`;
    return `${size} but max_changes is ${maxChanges}, ${withheldUnless('max_changes', flag)}`;
  }
  if (maxChangePercent !== null && percent > maxChangePercent) {
    const flag = `--max-change-percent ${Math.ceil(percent)}`;
    return `${size} but max_change_percent is ${maxChangePercent}, ${withheldUnless('max_change_percent', flag)}`;
  }
  return null;
}

/** Returns why all deletes of a plan are withheld; null if there are few enough. */
export function tooManyDeletes(deletes: number, { maxDeletes }: Pick<Limits, 'maxDeletes'>): string | null {
  if (maxDeletes === null || deletes <= maxDeletes) return null;
  return `the plan has ${deletes} ${deletes === 1 ? 'delete' : 'deletes'} but max_deletes is ${maxDeletes}, so all deletes are withheld; raise max_deletes, or allow it once: vpc-reconciler apply --max-deletes ${deletes}`;
}

/** https://developers.cloudflare.com/workers-vpc/platform/limits/ */
export const MAX_SERVICES = 1000;

/** Returns why a service cannot be created in an account that has this many already. */
export function accountFull(live: number): string {
  const rest = live < MAX_SERVICES ? ', the creates of this plan fill it up' : '';
  return `the account has ${live} services${rest}, and at most ${MAX_SERVICES} are possible; delete services that are not used`;
}

function withheldUnless(setting: string, flag: string): string {
  return `so the whole plan is withheld; raise ${setting}, or allow it once: vpc-reconciler apply ${flag}`;
}
