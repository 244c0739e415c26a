import type { Finding } from '../core/compare/compare.ts';
import { inSyncServices } from '../core/compare/in-sync-services.ts';
import type { InSyncService } from '../core/compare/in-sync-services.ts';
import { findService, updateStates } from '../core/report/daemon/known-service.ts';
import type { FoundService, KnownState } from '../core/report/daemon/known-service.ts';
import type { Report } from '../core/report/report.ts';
import { isContested, placeOf } from '../core/report/service-report.ts';
import { isGoodPass } from '../core/report/vitals.ts';

/** All services that the last good pass found. A report lists only those that are not in sync, or contested. */
export type KnownServices = {
  readonly onFindings: (findings: readonly Finding[]) => void;
  readonly onReport: (report: Report) => void;
  readonly inSync: () => readonly InSyncService[];
  /** Returns the service with a name, an id or the beginning of one. Null until a good pass has ended. */
  readonly find: (text: string) => FoundService | null;
};

/** Remembers the services in the findings of a pass. They count as soon as its report says that the pass was good. */
export function trackServices(): KnownServices {
  let found: readonly Finding[] = [];
  let lastGood: { readonly findings: readonly Finding[]; readonly report: Report } | null = null;
  let latest: Report | null = null;
  let states: ReadonlyMap<string, KnownState> = new Map();
  return {
    onFindings: (findings) => {
      found = findings;
    },
    onReport: (report) => {
      latest = report;
      if (!isGoodPass(report)) return;
      states = updateStates(lastGood === null ? null : states, found, report);
      lastGood = { findings: found, report };
    },
    inSync: () => (lastGood === null ? [] : withoutContested(inSyncServices(lastGood.findings), lastGood.report)),
    find: (text) => lastGood && findService({ ...lastGood, states, latest: latest ?? lastGood.report }, text),
  };
}

/** The report lists contested services, also those in sync. */
function withoutContested(services: readonly InSyncService[], report: Report): readonly InSyncService[] {
  const contested = new Set(report.services.filter(isContested).map(placeOf));
  return contested.size === 0 ? services : services.filter((service) => !contested.has(placeOf(service)));
}
