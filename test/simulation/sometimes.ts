import type { Report } from '../../src/core/report/report.ts';
import type { Phase } from '../../src/core/report/sink.ts';
import type { Answered } from './world/network.ts';

/** Counts what must happen sometimes: a simulation that never gets there proves nothing. */
export type Sometimes = {
  readonly add: (what: string) => void;
  readonly onReport: (report: Report) => void;
  readonly onLine: (line: string) => void;
  readonly onPhase: (phase: Phase) => void;
  readonly onAnswer: (answer: Answered) => void;
  readonly counts: () => ReadonlyMap<string, number>;
};

/** Texts in the reason of a withheld service, and what they mean. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^parked/, 'withheld: parked'],
  [/lists the old value again/, 'withheld: contested'],
  [/stored a different value/, 'withheld: unsettled'],
  [/form a cycle/, 'withheld: names form a cycle'],
  [/waits for the name/, 'withheld: the name is taken'],
  [/is still held by/, 'withheld: the holder of the name was not renamed'],
  [/the folder has changed/, 'superseded: the folder has changed'],
  [/the live service has changed/, 'superseded: the service has changed'],
  [/is now as declared/, 'superseded: the service is as declared'],
  [/max_change/, 'withheld: the plan is too large'],
  [/has no place for live fields/, 'withheld: unknown fields would be lost'],
  [/fields that this version does not know: /, 'withheld: unknown fields'],
  [/another write was denied/, 'withheld: another write was denied'],
  [/updates in a row failed/, 'withheld: the API is down'],
];

const ERRORS: readonly (readonly [RegExp, string])[] = [
  [/pass_timeout/, 'pass_timeout'],
  [/changed while it was read/, 'the list changed while it was read'],
  [/list of services is incomplete/, 'an incomplete list'],
  [/a pass waits at most/, 'a wait too long for a pass'],
  [/no response within/, 'a request timeout'],
  [/grace_period/, 'the end of grace_period'],
  [/could not be listed again/, 'a second list failed'],
];

/** What must happen sometimes. */
export const EXPECTED = [
  'a pass is delayed',
  'a retry',
  'a wait for the budget or the API',
  'cause: both',
  'error: a request timeout',
  'error: a wait too long for a pass',
  'error: denied',
  'error: interrupted',
  'error: pass_timeout',
  'error: source',
  'error: transient',
  'killed',
  'log: change_missed',
  'log: clock_jumped',
  'log: credential_changed',
  'outcome: converged',
  'outcome: in_sync',
  'outcome: pending',
  'problem: declared twice',
  'result: created',
  'result: deleted',
  'result: failed',
  'result: paused',
  'result: unsettled',
  'result: updated',
  'stopped',
  'superseded: the folder has changed',
  'unconfirmed: the list lags',
  'update failed: denied',
  'update failed: rejected',
  'update failed: transient',
  'update: a second list failed',
  'updated after a superseded pass',
  'updated after it was contested',
  'updated after it was parked',
  'updated with unknown fields',
  'withheld: another write was denied',
  'withheld: contested',
  'withheld: names form a cycle',
  'withheld: parked',
  'withheld: the plan is too large',
  'withheld: unknown fields',
  'withheld: unsettled',
] as const;

export function sometimes(): Sometimes {
  const counts = new Map<string, number>();
  const parked = new Map<string, string>();
  const add = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  let wasSuperseded = false;
  return {
    add,
    counts: () => counts,
    onReport: (report) => {
      const { outcome, services, error, superseded, unconfirmed, trigger, api, problems } = report;
      add(`outcome: ${outcome}`);
      add(`trigger: ${trigger}`);
      if (api.retries > 0) add('a retry');
      if (api.throttled_ms > 0) add('a wait for the budget or the API');
      if (unconfirmed.length > 0) add('unconfirmed: the list lags');
      if (error !== null) {
        add(`error: ${error.kind}`);
        for (const [pattern, what] of ERRORS) if (pattern.test(error.message)) add(`error: ${what}`);
      }
      if (problems.some(({ message }) => message.includes('still being written'))) add('problem: still being written');
      if (problems.some(({ message }) => message.includes('declared'))) add('problem: declared twice');
      if (wasSuperseded && services.some(({ result }) => result === 'updated')) add('updated after a superseded pass');
      wasSuperseded = superseded;
      for (const service of services) {
        const { finding, cause, result, reason, service_id: id, unknown_fields } = service;
        add(`finding: ${finding}`);
        if (cause !== null) add(`cause: ${cause}`);
        if (result === null) continue;
        add(`result: ${result}`);
        if (service.error !== null) add(`update failed: ${service.error.kind}`);
        for (const [pattern, what] of ERRORS)
          if (pattern.test(service.error?.message ?? reason ?? '')) add(`update: ${what}`);
        for (const [pattern, what] of REASONS) if (pattern.test(reason ?? '')) add(what);
        if (result === 'updated' && unknown_fields.length > 0) add('updated with unknown fields');
        if (result === 'updated' && parked.has(id ?? '')) add(`updated after it was ${parked.get(id ?? '')}`);
        if (reason?.startsWith('parked') === true) parked.set(id ?? '', 'parked');
        else if (/lists the old value/.test(reason ?? '')) parked.set(id ?? '', 'contested');
        else if (/stored a different/.test(reason ?? '')) parked.set(id ?? '', 'unsettled');
        else parked.delete(id ?? '');
      }
    },
    onLine: (line) => {
      const [, event] = /"event":"(\w+)"/.exec(line) ?? [];
      if (event !== undefined) add(`log: ${event}`);
    },
    onPhase: ({ kind }) => {
      if (kind === 'delayed') add('a pass is delayed');
    },
    onAnswer: ({ request, status, headers }) => {
      add(`answer: ${request.method} ${status}`);
      if (headers['retry-after'] !== undefined) add(`Retry-After with ${status}`);
    },
  };
}
