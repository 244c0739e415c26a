import { summarize } from '../core/report/report.ts';
import type { PassSummary, Report } from '../core/report/report.ts';
import { isGoodPass } from '../core/report/vitals.ts';

/** The most recent passes, in memory. */
export type History = {
  readonly add: (report: Report) => void;
  readonly latest: () => Report | null;
  /** The last report of a pass that read the folder and listed the account. */
  readonly lastGood: () => Report | null;
  /** Oldest first. */
  readonly passes: () => readonly PassSummary[];
  /** Each report as JSON, newest first. Always includes the last report. */
  readonly reports: () => readonly string[];
};

const MAX_PASSES = 100;
/** At most this many characters of reports are kept. A report with 1,000 services has about half a million. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** Creates an empty history. */
export function createHistory(): History {
  const passes: PassSummary[] = [];
  let reports: string[] = [];
  let latest: Report | null = null;
  let lastGood: Report | null = null;
  return {
    add: (report) => {
      latest = report;
      if (isGoodPass(report)) lastGood = report;
      passes.push(summarize(report));
      if (passes.length > MAX_PASSES) passes.shift();
      reports = withinLimits([JSON.stringify(report), ...reports]);
    },
    latest: () => latest,
    lastGood: () => lastGood,
    passes: () => passes,
    reports: () => reports,
  };
}

function withinLimits(reports: readonly string[]): string[] {
  let characters = 0;
  return reports.slice(0, MAX_PASSES).filter((report, index) => {
    characters += report.length;
    return index === 0 || characters <= MAX_CHARACTERS;
  });
}
