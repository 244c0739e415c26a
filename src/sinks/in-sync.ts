import type { Finding } from '../core/compare/compare.ts';
import { inSyncServices } from '../core/compare/in-sync-services.ts';
import type { InSyncService } from '../core/compare/in-sync-services.ts';
import type { Report } from '../core/report/report.ts';
import { isGoodPass } from '../core/report/vitals.ts';

/** The services that the last good pass found in sync. A report only counts them. */
export type InSync = {
  readonly onFindings: (findings: readonly Finding[]) => void;
  readonly onReport: (report: Report) => void;
  readonly services: () => readonly InSyncService[];
};

/** Remembers the services in sync, from the findings of a pass. They count as soon as its report says that the pass was good. */
export function trackInSync(): InSync {
  let found: readonly Finding[] = [];
  let lastGood: readonly Finding[] = [];
  return {
    onFindings: (findings) => {
      found = findings;
    },
    onReport: (report) => {
      if (isGoodPass(report)) lastGood = found;
    },
    services: () => inSyncServices(lastGood),
  };
}
