import type { JsonObject } from '../../base/json.ts';
import { findingKey, findingName, keyOfName, liveOf } from '../../compare/compare.ts';
import type { Finding } from '../../compare/compare.ts';
import { selectFindings } from '../../compare/select.ts';
import type { Problem } from '../../load/problem.ts';
import { SUCCESSES } from '../../plan/outcome.ts';
import { stateAfter } from '../counts.ts';
import type { ServiceState } from '../counts.ts';
import type { Report } from '../report.ts';
import { inSyncReport, isListed } from '../service-report.ts';
import type { ServiceReport } from '../service-report.ts';

/** A service as a daemon knows it from its last good pass. */
export type KnownService = ServiceReport & {
  /** The state after the pass. */
  readonly state: ServiceState;
  /** When a pass first found this state; `or_earlier` if that was the first pass of the process. */
  readonly since: string;
  readonly or_earlier: boolean;
  /** When the pass ended, its commit, and its mode. */
  readonly checked_at: string;
  readonly revision: string | null;
  readonly mode: Report['mode'];
  /** Why later passes could not check the service; null if there are none. */
  readonly outdated: string | null;
  /** The problems of the file that declares the service. */
  readonly problems: readonly Problem[];
  /** The service as it was listed before the pass wrote anything; null if it was not live. */
  readonly live: JsonObject | null;
  /** The declaration; null if there is none that can be used. */
  readonly declared: JsonObject | null;
};

/** A service, or why a text does not name exactly one. */
export type FoundService =
  | { readonly service: KnownService; readonly error: null }
  | { readonly service: null; readonly error: string };

/** A state of a service, and since when. */
export type KnownState = { readonly state: ServiceState; readonly since: string; readonly orEarlier: boolean };

/**
 * Returns the state of every service after a good pass, by the key of its finding. A state that lasts keeps its time. `before` is null
 * for the first pass of the process.
 */
export function updateStates(
  before: ReadonlyMap<string, KnownState> | null,
  findings: readonly Finding[],
  report: Report,
): ReadonlyMap<string, KnownState> {
  const reports = reportsOf(findings, report);
  return new Map(
    findings.map((finding, index) => {
      const key = findingKey(finding);
      const service = reports[index];
      const state = stateOf(service);
      // Before it was created, a service had no id.
      const known = before?.get(key) ?? before?.get(keyOfName(findingName(finding)));
      const isSame = known?.state === state;
      return [
        key,
        isSame ? known : { state, since: report.finished_at, orEarlier: before === null && !isWritten(service) },
      ];
    }),
  );
}

/** The knowledge of a daemon about all services. */
export type KnownAccount = {
  /** The findings and the report of the last good pass. */
  readonly findings: readonly Finding[];
  readonly report: Report;
  readonly states: ReadonlyMap<string, KnownState>;
  /** The report of the last pass. */
  readonly latest: Report;
};

/** Finds a service by its name, its id, or the beginning of its id. */
export function findService(account: KnownAccount, text: string): FoundService {
  const { selected, errors } = selectFindings(account.findings, [text]);
  const [finding, ...more] = selected;
  if (finding !== undefined && more.length === 0) return { service: toKnown(finding, account), error: null };
  const error = errors[0] ?? `expected the name or id of one service, found ${JSON.stringify(text)}`;
  return { service: null, error };
}

function toKnown(finding: Finding, { findings, report, states, latest }: KnownAccount): KnownService {
  const listed = reportsOf(findings, report)[findings.indexOf(finding)] ?? null;
  const service = listed ?? inSyncReport(finding);
  const state = stateOf(listed);
  const known = states.get(findingKey(finding)) ?? { state, since: report.finished_at, orEarlier: true };
  return {
    ...service,
    state,
    since: known.since,
    or_earlier: known.orEarlier,
    checked_at: report.finished_at,
    revision: report.source.revision,
    mode: report.mode,
    outdated: latest.run_id === report.run_id ? null : (latest.error?.message ?? latest.outcome),
    problems: report.problems.filter(({ file }) => file === service.file),
    live: liveOf(finding)?.value ?? null,
    declared: 'declaration' in finding ? finding.declaration.value : null,
  };
}

/** Returns the report of each finding; null if the report only counts it. Both are in the same order. */
function reportsOf(findings: readonly Finding[], { services }: Report): readonly (ServiceReport | null)[] {
  let index = 0;
  return findings.map((finding) => {
    const service = services[index];
    if (service === undefined || !(isListed(finding) || isContestInSync(service, finding))) return null;
    index += 1;
    return service;
  });
}

/** Whether a report is that of a contested service that is in sync. */
function isContestInSync({ contested, file, line }: ServiceReport, finding: Finding): boolean {
  if (contested === null) return false;
  const declared = inSyncReport(finding);
  return declared.file === file && declared.line === line;
}

/** Whether the pass wrote the service, so that its state began then. */
function isWritten(service: ServiceReport | null | undefined): boolean {
  return SUCCESSES.includes(service?.result ?? null);
}

function stateOf(service: ServiceReport | null | undefined): ServiceState {
  return service == null ? 'in_sync' : stateAfter(service.finding, service.result);
}
