import type { Failure } from '../../base/failure.ts';
import type { Problem } from '../../load/problem.ts';
import { summarize } from '../report.ts';
import type { PassSummary, Report, SourceFacts } from '../report.ts';
import type { ServiceReport } from '../service-report.ts';
import { sourceUrl } from './links.ts';
import type { LinkSettings } from './links.ts';
import { EVENT_TYPES, isDone } from './transitions.ts';
import type { EventType, Subject } from './transitions.ts';

/** The part of a message about one service. */
type ServiceFacts = Pick<
  ServiceReport,
  | 'service_id'
  | 'name'
  | 'file'
  | 'line'
  | 'finding'
  | 'cause'
  | 'contested'
  | 'action'
  | 'changes'
  | 'result'
  | 'reason'
  | 'hint'
>;

/** A service in a message, with what happened to it and the address of its declaration. */
export type NoticeService = ServiceFacts & {
  readonly event: EventType;
  readonly source_url: string | null;
};

/** A message about one pass of one account, for any kind of receiver. Field names are for JSON. */
export type Notice = {
  /** Stays the same when the message is sent again. */
  readonly id: string;
  /** The most urgent of `events`. */
  readonly event: EventType;
  /** Everything that the message is about, the most urgent first. */
  readonly events: readonly EventType[];
  /** Whether nothing has changed, and the message repeats what is still not in order. */
  readonly reminder: boolean;
  /** Whether it was requested to test the receiver. */
  readonly sample: boolean;
  /** How many services, files and passes are not in order after the pass, whether the message is about them or not. */
  readonly open: number;
  readonly account_id: string;
  readonly source: SourceFacts;
  readonly summary: PassSummary;
  /** The failure that ended the pass early. */
  readonly error: Failure | null;
  /** At most 50, the most urgent first. */
  readonly services: readonly NoticeService[];
  /** How many there are, including those that are left out. */
  readonly services_total: number;
  /** Problems of files, at most 50. */
  readonly problems: readonly (Problem & { readonly source_url: string | null })[];
  readonly problems_total: number;
  readonly links: { readonly page: string | null };
};

/** At most this many services, and this many problems, are in a message. */
const MAX_LISTED = 50;

export type NoticeFacts = {
  readonly id: string;
  /** Not empty, the most urgent first. */
  readonly subjects: readonly (Omit<Subject, 'service'> & { readonly service: ServiceFacts | null })[];
  readonly open: number;
  readonly report: PassSummary & Pick<Report, 'account_id' | 'source' | 'error'>;
  readonly links: LinkSettings;
  readonly reminder?: boolean;
  readonly sample?: boolean;
};

/** Makes the message about some subjects of a report. */
export function toNotice({ id, subjects, open, report, links, reminder = false, sample = false }: NoticeFacts): Notice {
  const { account_id, source, error } = report;
  const linkTo = (place: Pick<ServiceReport, 'file' | 'line'>) => sourceUrl(links.sourceUrl, source, place);
  const services = subjects.flatMap(({ event, service }) =>
    service === null ? [] : [toNoticeService(event, service, linkTo(service))],
  );
  const problems = subjects.flatMap(({ event, problem }) =>
    problem === null || event === 'recovered' ? [] : [{ ...problem, source_url: linkTo(problem) }],
  );
  const events = EVENT_TYPES.filter((type) => subjects.some(({ event }) => event === type));
  return {
    id,
    event: events[0] ?? 'recovered',
    events,
    reminder,
    sample,
    open,
    account_id,
    source,
    summary: summarize(report),
    error,
    services: services.slice(0, MAX_LISTED),
    services_total: services.length,
    problems: problems.slice(0, MAX_LISTED),
    problems_total: problems.length,
    links: { page: links.publicUrl },
  };
}

function toNoticeService(event: EventType, service: ServiceFacts, link: string | null): NoticeService {
  const { service_id, name, file, line, finding, cause, contested, action, changes, result, reason, hint } = service;
  const place = { event, service_id, name, file, line, source_url: link, contested };
  // The failure of a service that has recovered by itself is over.
  if (event === 'recovered' && !isDone(service)) return { ...place, ...NOTHING };
  return { ...place, finding, cause, action, changes, result, reason, hint };
}

const NOTHING = {
  finding: 'in_sync',
  cause: null,
  action: null,
  changes: [],
  result: null,
  reason: null,
  hint: null,
} as const;
