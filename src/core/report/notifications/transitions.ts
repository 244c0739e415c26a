import type { Problem } from '../../load/problem.ts';
import { SUCCESSES } from '../../plan/outcome.ts';
import type { Result } from '../../plan/outcome.ts';
import type { Report } from '../report.ts';
import { isContested } from '../service-report.ts';
import type { ServiceReport } from '../service-report.ts';

/**
 * The events that people are notified of, the most urgent first:
 *
 *   denied        the API, a proxy or a firewall refused the credential or the account
 *   failed        a pass or an update failed, or a declaration has a problem
 *   contested     another writer changes a service back again and again, until it has stayed in sync for a while
 *   withheld      a difference is not corrected, because of a limit or because a correction cannot succeed
 *   drift_found   a difference that is not corrected: the mode only reports it, or a service is missing
 *   paused        a difference is not corrected because its declaration says so, or all writes are paused
 *   recovered     something of the above, except paused, is over
 *   corrected     differences were corrected
 */
export const EVENT_TYPES = [
  'denied',
  'failed',
  'contested',
  'withheld',
  'drift_found',
  'paused',
  'recovered',
  'corrected',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

/** The events that begin something that lasts. */
export type ConditionType = Exclude<EventType, 'recovered' | 'corrected'>;

/** The subject of an event: a service, a problem of a file, or, if both are null, the pass as a whole. */
export type Subject<Event extends EventType = EventType> = {
  readonly event: Event;
  readonly service: ServiceReport | null;
  readonly problem: Problem | null;
};

/** Everything that is not in order after a pass, by what it concerns. */
export type Conditions = ReadonlyMap<string, Subject<ConditionType>>;

/** A process begins with the assumption that everything is in order. */
export const noConditions: Conditions = new Map();

/** The conditions after a pass, and the transitions that led to them, the most urgent first. */
export type Observation = { readonly conditions: Conditions; readonly transitions: readonly Subject[] };

/**
 * Compares what a pass found with what was not in order before it. A pass that has ended early leaves all other conditions as they were,
 * because it knows nothing about them. What is merely postponed to the next pass is no transition.
 */
export function observe(before: Conditions, report: Report): Observation {
  const keyOf = keysAfter(before, report);
  const done = new Map(report.services.filter(isDone).map((service) => [keyOf(service), service]));
  const conditions = conditionsAfter(new Map([...before].filter(([key]) => !done.has(key))), report, keyOf);
  const corrected = [...done].map(([key, service]): Subject => {
    return { event: isTrouble(before.get(key)) ? 'recovered' : 'corrected', service, problem: null };
  });
  const began = [...conditions].filter(([key, { event }]) => before.get(key)?.event !== event);
  const ended = [...before].filter(([key, subject]) => isTrouble(subject) && !conditions.has(key) && !done.has(key));
  const transitions = [
    ...began.map(([, subject]) => subject),
    ...corrected,
    ...ended.map(([, subject]): Subject => ({ ...subject, event: 'recovered' })),
  ];
  return { conditions, transitions: byUrgency(transitions) };
}

/** Sorts subjects, the most urgent first. Equally urgent ones stay in their order. */
export function byUrgency<Event extends EventType>(subjects: readonly Subject<Event>[]): readonly Subject<Event>[] {
  return subjects.toSorted((a, b) => EVENT_TYPES.indexOf(a.event) - EVENT_TYPES.indexOf(b.event));
}

/** The keys of the pass as a whole: it failed, or all writes are paused. */
const PASS = 'pass';
const PAUSE = 'pause';

function conditionsAfter(before: Conditions, report: Report, keyOf: (service: ServiceReport) => string): Conditions {
  const { outcome, error, services, problems, paused } = report;
  if (outcome === 'interrupted') return before;
  if (error !== null) {
    const event = outcome === 'denied' ? 'denied' : 'failed';
    return new Map([...before, [PASS, { event, service: null, problem: null }]]);
  }
  const found = new Map<string, Subject<ConditionType>>();
  if (paused !== null) found.set(PAUSE, { event: 'paused', service: null, problem: null });
  for (const problem of problems) found.set(`file:${problem.file}`, { event: 'failed', service: null, problem });
  for (const service of services) {
    const key = keyOf(service);
    const earlier = before.get(key);
    const isPostponed = report.superseded && service.result === 'withheld';
    const event = isPostponed ? (earlier?.event ?? null) : conditionOf(service, paused !== null);
    if (event !== null) found.set(key, { event, service, problem: null });
  }
  return found;
}

/** The condition after each result; null if the service is as declared. */
const CONDITION_OF_RESULT = {
  failed: 'failed',
  // The passes that follow withhold it for the same reason.
  unsettled: 'withheld',
  withheld: 'withheld',
  paused: 'paused',
  created: null,
  updated: null,
  deleted: null,
} as const satisfies Record<Result, ConditionType | null>;

/** Returns what is not in order with a service after the pass; null if it is as declared, or not declared. */
function conditionOf(service: ServiceReport, isPaused: boolean): ConditionType | null {
  const { finding, result, error } = service;
  if (finding === 'invalid') return 'failed';
  // An update that the API refused fails in one pass, and is parked in those that follow.
  if (result === 'withheld' && error !== null) return 'failed';
  // It lasts while the service is written and in sync for a while.
  if (isContested(service) && result !== 'failed') return 'contested';
  if (result !== null) return CONDITION_OF_RESULT[result];
  if (finding === 'unmanaged' || finding === 'in_sync') return null;
  return isPaused ? 'paused' : 'drift_found';
}

/** Whether the pass brought the service in sync, and it is likely to stay so. */
export function isDone({ result, contested }: Pick<ServiceReport, 'result' | 'contested'>): boolean {
  return SUCCESSES.includes(result) && contested === null;
}

/** Whether the end of a condition is news. A pause ends as planned. */
function isTrouble(subject: Subject | undefined): boolean {
  return subject !== undefined && subject.event !== 'paused';
}

/**
 * Returns a function that identifies a service from pass to pass: by its service_id, or by its name as long as it has none. Another writer
 * can delete a service again and again, so that it gets another service_id: then the key of the earlier one with this name is kept.
 */
function keysAfter(before: Conditions, { services }: Report): (service: ServiceReport) => string {
  const ids = new Set(services.map(({ service_id }) => service_id));
  const earlier = new Map([...before].flatMap(([key, { service }]) => (ids.has(key) ? [] : [[service?.name, key]])));
  return ({ service_id, name, file, line }) => {
    if (service_id !== null && before.has(service_id)) return service_id;
    const own = service_id ?? (name === null ? `place:${file}:${line}` : `name:${name}`);
    return name === null ? own : (earlier.get(name) ?? own);
  };
}
