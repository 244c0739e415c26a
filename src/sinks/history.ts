import { isGood } from '../core/report/health.ts';
import { summaryOf } from '../core/report/report.ts';
import type { PassSummary, Report } from '../core/report/report.ts';

/** The last passes, in memory. */
export type History = {
  readonly add: (report: Report) => void;
  readonly latest: () => Report | null;
  /** The last one that read the folder and listed the account. */
  readonly lastGood: () => Report | null;
  /** The oldest first. */
  readonly passes: () => readonly PassSummary[];
  /** Each as JSON, the newest first; the last one always. */
  readonly reports: () => readonly string[];
};

const MOST_PASSES = 100;
/** A report that names a thousand services is half a megabyte. */
const MOST_BYTES = 4 * 1024 * 1024;

export function keepHistory(): History {
  const passes: PassSummary[] = [];
  let reports: string[] = [];
  let latest: Report | null = null;
  let lastGood: Report | null = null;
  return {
    add: (report) => {
      latest = report;
      if (isGood(report)) lastGood = report;
      passes.push(summaryOf(report));
      if (passes.length > MOST_PASSES) passes.shift();
      reports = withinBounds([JSON.stringify(report), ...reports]);
    },
    latest: () => latest,
    lastGood: () => lastGood,
    passes: () => passes,
    reports: () => reports,
  };
}

function withinBounds(reports: readonly string[]): string[] {
  let bytes = 0;
  return reports.slice(0, MOST_PASSES).filter((report, index) => {
    bytes += report.length;
    return index === 0 || bytes <= MOST_BYTES;
  });
}
