import { toCounts } from '../counts.ts';
import type { SourceFacts } from '../report.ts';
import type { LinkSettings } from './links.ts';
import { toNotice } from './notice.ts';
import type { Notice, NoticeFacts } from './notice.ts';

export type SampleFacts = {
  readonly id: string;
  readonly accountId: string;
  readonly source: SourceFacts;
  /** RFC 3339. */
  readonly time: string;
  readonly links: LinkSettings;
};

/** Returns a message as about a pass that found one service drifted, to test a receiver. */
export function sampleNotice({ id, accountId, source, time, links }: SampleFacts): Notice {
  const service = {
    service_id: '0191e3a4-5b6c-7d8e-9f00-000000000001',
    name: 'orders-db',
    file: `${source.path}/orders-db.yaml`,
    line: 1,
    finding: 'drifted',
    cause: 'live',
    contested: null,
    action: 'update',
    changes: [{ path: 'tcp_port', live: 5433, declared: 5432 }],
    result: null,
    reason: null,
    hint: 'this is a sample, sent by the command notify',
  } as const;
  const report: NoticeFacts['report'] = {
    account_id: accountId,
    source,
    run_id: id,
    trigger: 'command',
    mode: 'detect',
    outcome: 'pending',
    paused: null,
    superseded: false,
    started_at: time,
    finished_at: time,
    duration_ms: 0,
    counts: { ...toCounts(1, [], []), live: 1, drifted: 1 },
    api: { requests: 1, retries: 0, throttled_ms: 0 },
    error: null,
  };
  const subjects = [{ event: 'drift_found', service, problem: null }] as const;
  return toNotice({ id, subjects, open: 1, report, links, sample: true });
}
