import type { Health } from '../../core/report/health.ts';
import type { PassSummary, Report } from '../../core/report/report.ts';

/** Everything that the status page shows. */
export type PageData = {
  readonly health: Health;
  /** The report of the last pass, however it ended; null until the first pass has ended. */
  readonly latest: Report | null;
  /** The report of the last good pass, which read the folder and listed the account. Identical to `latest` if that pass was good. */
  readonly lastGood: Report | null;
  /** Recent passes, oldest first. */
  readonly passes: readonly PassSummary[];
};

/** Returns the Unix time of the data in milliseconds. It comes from the health, because rendering a page reads no clock. */
export function dataTime({ health }: Pick<PageData, 'health'>): number {
  return Date.parse(health.started.at) + health.started.age_seconds * 1000;
}

/** Whether the known services come from an earlier pass than the last one, because the last one failed. */
export function isOutdated({ latest, lastGood }: PageData): boolean {
  return lastGood !== null && lastGood.run_id !== latest?.run_id;
}
