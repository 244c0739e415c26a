import type { Settings } from '../../../src/config/settings.ts';
import type { Report } from '../../../src/core/report/report.ts';
import type { Phase } from '../../../src/core/report/sink.ts';
import type { SentRequest } from '../world/api.ts';
import type { WorldAccount } from '../world/account.ts';
import type { Answered } from '../world/network.ts';
import { writeKeyOf } from './write-key.ts';
import type { Break } from './violation.ts';

/** A list may lag this far behind, at most. */
const MAX_LAG_MS = 20_000;

export type PassRulesOptions = {
  readonly settings: Settings;
  readonly account: WorldAccount;
  readonly now: () => number;
  /** How long the process hung since a moment. */
  readonly hungSince: (at: number) => number;
  readonly broken: Break;
};

/** Checks each pass as a whole: when it begins and ends, how much it may write, and in which order. */
export function passRules(options: PassRulesOptions) {
  const { settings, account, now, hungSince, broken } = options;
  const backOff = backOffRule(options);
  let beganAt = 0;
  /** The services that the pass has written, in this order, and their requests in flight. */
  const written = new Set<string>();
  const inFlight = new Map<SentRequest, string>();
  /** The services whose delete was answered with "no such service" last. */
  const gone = new Set<string>();
  /** The credentials with which a write was denied in this pass. */
  const denied = new Set<string>();

  const checkTime = () => {
    const ms = now() - beganAt;
    const maxMs = settings.pass_timeout + hungSince(beganAt) + 1000;
    if (ms > maxMs) broken('pass_timeout', `a pass took ${Math.round(ms)} ms`);
  };

  /** A plan that exceeds a limit is withheld. */
  const checkLimits = ({ services, counts }: Report) => {
    const { max_changes, max_change_percent, max_deletes } = settings;
    const actions = services.flatMap(({ action }) => action ?? []);
    const deletes = actions.filter((action) => action === 'delete').length;
    const changes = actions.filter((action) => action !== 'create').length;
    const live = counts.in_sync + counts.drifted + counts.unwanted;
    if (actions.length > (max_changes ?? Infinity)) broken('limits', `${actions.length} changes in one plan`);
    if (changes * 100 > (max_change_percent ?? Infinity) * live) broken('limits', `${changes} of ${live} are changed`);
    if (deletes > (max_deletes ?? Infinity)) broken('limits', `${deletes} deletes in one plan`);
  };

  /** While canaries run, nothing else does; and nothing else is written if one fails. */
  const checkCanary = ({ services }: Report) => {
    const [first] = written;
    if (settings.canary !== 1 || first === undefined || written.size === 1) return;
    const canary = services.find(({ service_id, name }) => service_id === first || name === first);
    if (canary?.result !== 'failed' && canary?.result !== 'unsettled') return;
    broken('canary', `${written.size} services were written although the first one, ${first}, was not successful`);
  };

  /** Every declaration is counted once, and so is every live service that a list must contain. */
  const checkCounts = ({ counts, error }: Report) => {
    if (error !== null) return;
    const { declared, in_sync, drifted, missing, unwanted, invalid, live } = counts;
    const sum = in_sync + drifted + missing + unwanted + invalid;
    if (sum !== declared) broken('counts', `${declared} services are declared, but ${sum} are counted`);
    const ids = account.idsSince(beganAt - MAX_LAG_MS);
    if (live < ids.length) broken('list', `${live} services are counted as live, but there are ${ids.length}`);
  };

  const checkDeletes = ({ services }: Report) => {
    for (const { service_id, action, result } of services) {
      if (action !== 'delete' || !gone.has(service_id ?? '') || result === 'deleted') continue;
      broken('deleted', `${String(service_id)} is gone, but its delete has the result ${String(result)}`);
    }
  };

  return {
    onSend: (request: SentRequest) => {
      const key = writeKeyOf(request);
      if (key === null) return;
      if (denied.has(request.authorization)) broken('denied', `${key} is written although a write was denied`);
      const isNext = !written.has(key) && written.size === settings.canary && settings.canary > 0;
      if (isNext && new Set(inFlight.values()).size >= settings.canary)
        broken('canary', `${key} is written while the canaries are in flight`);
      written.add(key);
      inFlight.set(request, key);
      gone.delete(key);
    },
    onEnd: (request: SentRequest, answer: Answered | null) => {
      const key = inFlight.get(request);
      inFlight.delete(request);
      // A response that ends too early says nothing.
      const isGone = request.method === 'DELETE' && answer?.status === 404 && /5104.*\}$/.test(answer.text ?? '');
      if (isGone && key !== undefined) gone.add(key);
      // A response that is cut off can have any content.
      const isDenied = answer?.text != null && (answer.status === 401 || answer.status === 403);
      if (isDenied && key !== undefined) denied.add(request.authorization);
    },
    onPhase: (phase: Phase) => {
      if (phase.kind !== 'began') return;
      beganAt = now();
      written.clear();
      inFlight.clear();
      gone.clear();
      denied.clear();
      backOff.onBegin(phase.trigger);
    },
    onReport: (report: Report) => {
      checkTime();
      checkLimits(report);
      checkCanary(report);
      checkCounts(report);
      checkDeletes(report);
      backOff.onReport(report);
    },
    reset: backOff.reset,
  };
}

const FIRST_BACK_OFF_MS = 1000;
const MAX_BACK_OFF_MS = 5 * 60_000;

/** After each failed pass in a row, the next one begins later, unless it is requested. */
function backOffRule({ now, broken }: Pick<PassRulesOptions, 'now' | 'broken'>) {
  let failures = 0;
  let failedAt = 0;
  return {
    onBegin: (trigger: Report['trigger']) => {
      if (failures === 0 || trigger !== 'interval') return;
      const minMs = Math.min(MAX_BACK_OFF_MS, FIRST_BACK_OFF_MS * 2 ** (failures - 1)) / 2;
      const ms = now() - failedAt;
      if (ms < minMs - 1) broken('back-off', `a pass ${Math.round(ms)} ms after ${failures} failures in a row`);
    },
    onReport: ({ error }: Report) => {
      failures = error === null ? 0 : failures + 1;
      failedAt = now();
    },
    reset: () => {
      failures = 0;
    },
  };
}
