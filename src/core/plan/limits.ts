import { describeSteps } from './step.ts';
import type { Step } from './step.ts';

/** How large a plan may be. A larger plan is withheld as a whole, because applying only some of its steps would be arbitrary. */
export type Limits = {
  /** At most this many steps; null for no limit. */
  readonly maxChanges: number | null;
  /** At most this percentage of the declared services that are live; null for no limit. */
  readonly maxChangePercent: number | null;
};

/**
 * Returns why a plan with these steps is too large, or null if it is within both limits. `declaredLive` is the
 * number of declared services that are live.
 */
export function exceededLimit(steps: readonly Step[], declaredLive: number, limits: Limits): string | null {
  if (steps.length === 0) return null;
  const { maxChanges, maxChangePercent } = limits;
  const percent = (100 * steps.length) / declaredLive;
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

function withheldUnless(setting: string, flag: string): string {
  return `so the whole plan is withheld; raise ${setting}, or allow it once: vpc-reconciler apply ${flag}`;
}
