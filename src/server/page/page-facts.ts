import type { Health } from '../../core/report/health.ts';
import type { PassSummary, Report } from '../../core/report/report.ts';

/** All that the status page is made from. */
export type PageFacts = {
  readonly health: Health;
  /** The last pass, whatever came of it; null before the first one is done. */
  readonly latest: Report | null;
  /** The last one that read the folder and listed the account; the same value where the last one was good. */
  readonly lastGood: Report | null;
  /** Recent ones, oldest first. */
  readonly passes: readonly PassSummary[];
};

/** The time of the day at which the facts were gathered, in milliseconds: the page itself knows no clock. */
export function nowOf({ health }: PageFacts): number {
  return Date.parse(health.started.at) + health.started.age_seconds * 1000;
}
