import type { Report } from '../../src/core/report/report.ts';
import type { Phase } from '../../src/core/report/sink.ts';
import type { Answered, Fault } from './world/network.ts';

/** Counts what must happen sometimes: a simulation that never gets there proves nothing. */
export type Sometimes = {
  readonly add: (what: string) => void;
  readonly onReport: (report: Report) => void;
  readonly onLine: (line: string) => void;
  readonly onPhase: (phase: Phase) => void;
  readonly onAnswer: (answer: Answered) => void;
  readonly onFault: (fault: Fault) => void;
  readonly counts: () => ReadonlyMap<string, number>;
};

/** Texts in the reason of a withheld service, and what they mean. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [/^parked/, 'withheld: parked'],
  [/^contested/, 'withheld: contested'],
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
  [/writes in a row failed/, 'withheld: the API is down'],
  [/canary: the (?!last)/, 'withheld: a canary failed'],
  [/^canary: the last/, 'withheld: halted by a canary'],
  [/max_deletes/, 'withheld: too many deletes'],
  [/the account has \d+ services/, 'withheld: the account is full'],
  [/live values of ignored fields/, 'withheld: ignored fields do not fit'],
  [/and may be for this service/, 'withheld: a delete while a file is unreadable'],
  [/expected the value of the live service/, 'withheld: a tombstone with another name'],
  [/set policy to/, 'withheld: the policy'],
  [/^not started: paused/, 'withheld: writes were paused during the pass'],
  [/found in the list after a create/, 'created: found in a new list'],
  [/found in a newer list/, 'created by another writer'],
  [/a service with this name/, 'superseded: the name is taken now'],
];

const ERRORS: readonly (readonly [RegExp, string])[] = [
  [/pass_timeout/, 'pass_timeout'],
  [/changed while it was read/, 'the list changed while it was read'],
  [/list of services is incomplete/, 'an incomplete list'],
  [/a pass waits at most/, 'a wait too long for a pass'],
  [/no response within/, 'a request timeout'],
  [/grace_period/, 'the end of grace_period'],
  [/could not be listed again/, 'a second list failed'],
  [/expected at least one declaration/, 'an empty folder'],
];

const SUCCESSES = new Set<string>(['created', 'updated', 'deleted']);

/** The branches that must be reached sometimes. */
export const EXPECTED = [
  'a pass is delayed',
  'a retry',
  'a retry after: 408',
  'a retry after: 429',
  'a retry after: 500',
  'a retry after: 502',
  'a retry after: 503',
  'a retry after: cut',
  'a retry after: drip',
  'a retry after: lost answer',
  'a retry after: lost request',
  'a retry after: not successful',
  'a retry after: refused',
  'a retry after: reset',
  'a retry after: short',
  'a pass while writes are paused',
  'a wait for the budget or the API',
  'an ignored difference',
  'cause: both',
  'cause: declaration',
  'cause: live',
  'created: found in a new list',
  'error: a request timeout',
  'error: a wait too long for a pass',
  'error: an empty folder',
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
  'problem: a values file',
  'problem: an undefined name',
  'problem: declared twice',
  'result: created',
  'result: deleted',
  'result: failed',
  'result: paused',
  'result: unsettled',
  'result: updated',
  'stopped',
  'superseded: the folder has changed',
  'the metrics are compared',
  'unconfirmed: the list lags',
  'update failed: denied',
  'update failed: rejected',
  'update failed: transient',
  'updated after a superseded pass',
  'updated after it was contested',
  'updated after it was parked',
  'updated with unknown fields',
  'withheld: a canary failed',
  'withheld: a tombstone with another name',
  'withheld: another write was denied',
  'withheld: contested',
  'withheld: halted by a canary',
  'withheld: ignored fields do not fit',
  'withheld: names form a cycle',
  'withheld: parked',
  'withheld: the account is full',
  'withheld: the name is taken',
  'withheld: the plan is too large',
  'withheld: the policy',
  'withheld: too many deletes',
  'withheld: unsettled',
  'withheld: writes were paused during the pass',
] as const;

/** The branches that must be reached in thousands of scenarios, and need not be in each hundred. */
export const RARE = [
  'error: an incomplete list',
  'retried after it was parked: change',
  'retried after it was parked: interval',
  'retried after it was parked: request',
  'superseded: the service has changed',
  'superseded: the service is as declared',
  'update: a second list failed',
  'updated when a pause ended',
  'updated with an ignored difference',
  'withheld: a delete while a file is unreadable',
  'withheld: the API is down',
  'withheld: unknown fields',
] as const;

export function sometimes(): Sometimes {
  const counts = new Map<string, number>();
  const parked = new Map<string, string>();
  const paused = new Set<string>();
  const faults = new Set<Fault>();
  const add = (what: string) => void counts.set(what, (counts.get(what) ?? 0) + 1);
  let wasSuperseded = false;
  return {
    add,
    counts: () => counts,
    onReport: (report) => {
      const { outcome, services, error, superseded, unconfirmed, trigger, api, problems } = report;
      add(`outcome: ${outcome}`);
      add(`trigger: ${trigger}`);
      if (api.retries > 0) {
        add('a retry');
        for (const fault of faults) add(`a retry after: ${fault}`);
      }
      faults.clear();
      if (report.paused !== null) add('a pass while writes are paused');
      if (problems.some(({ message }) => message.includes('is not defined'))) add('problem: an undefined name');
      if (problems.some(({ file }) => /values\.ya?ml$/.test(file))) add('problem: a values file');
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
        if (service.ignored.length > 0) add('an ignored difference');
        if (service.ignored.length > 0 && result === 'updated') add('updated with an ignored difference');
        if (cause !== null) add(`cause: ${cause}`);
        if (result === null) continue;
        add(`result: ${result}`);
        if (service.error !== null) add(`update failed: ${service.error.kind}`);
        for (const [pattern, what] of ERRORS)
          if (pattern.test(service.error?.message ?? reason ?? '')) add(`update: ${what}`);
        for (const [pattern, what] of REASONS) if (pattern.test(reason ?? '')) add(what);
        if (result === 'updated' && unknown_fields.length > 0) add('updated with unknown fields');
        const key = id ?? service.name ?? '';
        if (result === 'paused') paused.add(key);
        else if (paused.delete(key) && result === 'updated' && trigger === 'schedule')
          add('updated when a pause ended');
        if (SUCCESSES.has(result) && parked.has(key)) add(`${result} after it was ${parked.get(key)}`);
        if (parked.get(key) === 'parked' && service.attempts > 0) add(`retried after it was parked: ${trigger}`);
        if (reason?.startsWith('parked') === true) parked.set(key, 'parked');
        else if (reason?.startsWith('contested') === true) parked.set(key, 'contested');
        else if (/stored a different/.test(reason ?? '')) parked.set(key, 'unsettled');
        else parked.delete(key);
      }
    },
    onLine: (line) => {
      const [, event] = /"event":"(\w+)"/.exec(line) ?? [];
      if (event !== undefined) add(`log: ${event}`);
    },
    onPhase: ({ kind }) => {
      if (kind === 'delayed') add('a pass is delayed');
    },
    onFault: (fault) => {
      add(`fault: ${fault}`);
      faults.add(fault);
    },
    onAnswer: ({ request, status, headers }) => {
      add(`answer: ${request.method} ${status}`);
      if (headers['retry-after'] !== undefined) add(`Retry-After with ${status}`);
    },
  };
}
