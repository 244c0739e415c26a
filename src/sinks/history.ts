import { toRecentPass } from '../core/report/daemon/recent-pass.ts';
import type { RecentPass } from '../core/report/daemon/recent-pass.ts';
import type { Report } from '../core/report/report.ts';
import { isGoodPass } from '../core/report/vitals.ts';

/** The most recent passes, in memory. */
export type History = {
  readonly add: (report: Report) => void;
  readonly latest: () => Report | null;
  /** The last report of a pass that read the folder and listed the account. */
  readonly lastGood: () => Report | null;
  /** Oldest first. */
  readonly passes: () => readonly RecentPass[];
  /** Each report as JSON, newest first. Always includes the last report. */
  readonly reports: () => readonly string[];
  /** Returns the report of a pass as JSON; null if it is not kept. */
  readonly report: (runId: string) => string | null;
};

const MAX_PASSES = 100;
/** At most this many characters of reports are kept. A report with 1,000 services has about half a million. */
const MAX_CHARACTERS = 4 * 1024 * 1024;

/** Creates an empty history. */
export function createHistory(): History {
  const passes: RecentPass[] = [];
  let reports: KeptReport[] = [];
  let latest: Report | null = null;
  let lastGood: Report | null = null;
  return {
    add: (report) => {
      latest = report;
      if (isGoodPass(report)) lastGood = report;
      passes.push(toRecentPass(report));
      if (passes.length > MAX_PASSES) passes.shift();
      reports = withinLimits([{ runId: report.run_id, text: JSON.stringify(report) }, ...reports]);
    },
    latest: () => latest,
    lastGood: () => lastGood,
    passes: () => passes,
    reports: () => reports.map(({ text }) => text),
    report: (runId) => reports.find((report) => report.runId === runId)?.text ?? null,
  };
}

type KeptReport = { readonly runId: string; readonly text: string };

function withinLimits(reports: readonly KeptReport[]): KeptReport[] {
  let characters = 0;
  return reports.slice(0, MAX_PASSES).filter(({ text }, index) => {
    characters += text.length;
    return index === 0 || characters <= MAX_CHARACTERS;
  });
}
