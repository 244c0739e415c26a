import type { Health } from '../../core/report/health.ts';
import type { InSyncService } from '../../core/compare/in-sync-services.ts';
import type { PassSummary, Report, SourceFacts } from '../../core/report/report.ts';

/** Everything that the status page shows. */
export type PageData = {
  readonly health: Health;
  /** The report of the last pass, however it ended; null until the first pass has ended. */
  readonly latest: Report | null;
  /** The report of the last good pass, which read the folder and listed the account. Identical to `latest` if that pass was good. */
  readonly lastGood: Report | null;
  /** The services that the last good pass found in sync. The report only counts them. */
  readonly inSync: readonly InSyncService[];
  /** Recent passes, oldest first. */
  readonly passes: readonly PassSummary[];
  /** Whether a token is set, with which a person can request a pass, and pause all writes. */
  readonly acceptsToken: boolean;
  /** Returns the URL of a file at the commit of a report, or of the folder if `file` is empty; null if it is not known. */
  readonly sourceUrl?: (
    source: SourceFacts,
    place: { readonly file: string; readonly line: number | null },
  ) => string | null;
};

/** Returns the Unix time of the data in milliseconds. It comes from the health, because rendering a page reads no clock. */
export function dataTime({ health }: Pick<PageData, 'health'>): number {
  return Date.parse(health.started.at) + health.started.age_seconds * 1000;
}

/** Whether the known services come from an earlier pass than the last one, because the last one failed. */
export function isOutdated({ latest, lastGood }: Pick<PageData, 'latest' | 'lastGood'>): boolean {
  return lastGood !== null && lastGood.run_id !== latest?.run_id;
}
