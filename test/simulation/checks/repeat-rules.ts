import type { Report } from '../../../src/core/report/report.ts';
import type { Phase } from '../../../src/core/report/sink.ts';
import type { SentRequest } from '../world/api.ts';
import type { Answered } from '../world/network.ts';
import { factsOf, fromText, isMapping, sameMap, toText } from '../world/service.ts';
import type { Views } from './views.ts';
import type { Break } from './violation.ts';
import { writeKeyOf } from './write-key.ts';

/** A refused write, and a contested update, are not repeated earlier than this, unless a person requests it. */
const MIN_PAUSE_MS = 15 * 60_000;
/** At most this many updates in a row are sent without a pause if none has lasted. */
const MAX_UPDATES = 3;
/** A list that shows a replaced value this soon after the write lags behind it. */
const MAX_LAG_MS = 20_000;

/** A write, and the live service that it was decided from. */
type Write = {
  readonly at: number;
  readonly body: string;
  readonly live: string;
  /** When the value was stored that the last list showed. */
  readonly replaces: unknown;
};

export type RepeatRulesOptions = { readonly views: Views; readonly now: () => number; readonly broken: Break };

/** Checks that a write is not repeated without a reason, or too soon. */
export function repeatRules({ views, now, broken }: RepeatRulesOptions) {
  const refused = new Map<string, Write>();
  const confirmed = new Map<string, Write & { readonly times: number }>();
  const sent = new Map<SentRequest, Write>();
  /** From each service to the value that its last write replaced, and when a write first replaced it. */
  const replaced = new Map<string, { readonly version: unknown; readonly since: number }>();
  /** When a create or a delete was confirmed. */
  const done = new Map<string, number>();
  /** Whether a person has asked to retry everything, and that has not been done completely. */
  let isRequested = false;
  let beganAt = 0;

  const liveOf = (id: string) => {
    const view = views.listed(id);
    if (view === null) return '';
    const { known, unknown } = factsOf(view.value);
    return toText(Object.fromEntries([...known, ...unknown]));
  };
  const isSame = (write: Write, before: Write | undefined): before is Write =>
    before !== undefined && before.body === write.body && before.live === write.live;

  /** The own write is newer than the list, although the list was requested later. */
  const checkLag = (id: string, write: Write) => {
    const [own, listed, old] = [views.written(id), views.listed(id), replaced.get(id)];
    if (own === null || listed === null || old === undefined || listed.at < own.at) return;
    if (listed.at - old.since > MAX_LAG_MS || old.version !== listed.value['updated_at']) return;
    const body = fromText(write.body);
    if (!isMapping(body)) return;
    const [wanted, has] = [factsOf(body), factsOf(own.value)];
    if (sameMap(wanted.known, has.known) && sameMap(wanted.unknown, has.unknown))
      broken('again', `${id} is written again, because a list lags behind the write`);
  };

  const check = (key: string, write: Write, method: string) => {
    const doneAt = done.get(`${method} ${key}`) ?? -Infinity;
    if (write.at - doneAt <= MAX_LAG_MS) broken('again', `a second ${method} of ${key}, because a list lags`);
    checkLag(key, write);
    if (isRequested) return;
    const before = refused.get(key);
    if (isSame(write, before) && write.at - before.at < MIN_PAUSE_MS - 1000)
      broken('parked', `${key} is written ${seconds(write.at - before.at)} after the API refused the same`);
    const last = confirmed.get(key);
    if (write.body === last?.body && last.times >= MAX_UPDATES && write.at - last.at < MIN_PAUSE_MS - 1000)
      broken(
        'contested',
        `${key} is written ${seconds(write.at - last.at)} after ${last.times} writes without a lasting effect`,
      );
  };

  return {
    onSend: (request: SentRequest) => {
      const key = writeKeyOf(request);
      if (key === null) return;
      const write = {
        at: now(),
        body: request.text ?? '',
        live: liveOf(key),
        replaces: views.listed(key)?.value['updated_at'],
      };
      sent.set(request, write);
      check(key, write, request.method);
    },
    /** Called before the views know the answer. */
    onEnd: (request: SentRequest, answer: Answered | null) => {
      const write = sent.get(request);
      sent.delete(request);
      const key = writeKeyOf(request);
      if (write === undefined || key === null || answer?.text == null) return;
      const at = now();
      if (isRefusal(answer)) refused.set(key, { ...write, at });
      // A 200 that is not successful is a failure.
      if (answer.status >= 300 || !answer.text.includes('"success":true')) return;
      if (request.method !== 'PUT') {
        done.set(`${request.method} ${key}`, at);
        return;
      }
      const before = confirmed.get(key);
      confirmed.set(key, {
        ...write,
        at,
        times: before !== undefined && write.body === before.body ? before.times + 1 : 1,
      });
      const old = replaced.get(key);
      if (old?.version !== write.replaces) replaced.set(key, { version: write.replaces, since: at });
    },
    onPhase: (phase: Phase) => {
      if (phase.kind !== 'began') return;
      beganAt = now();
      if (phase.trigger === 'signal' || phase.trigger === 'request') isRequested = true;
    },
    onReport: ({ services, error }: Report) => {
      if (error !== null) return;
      if (!services.some(({ result }) => result === 'withheld')) isRequested = false;
      const byKey = new Map(services.flatMap((each) => [[each.service_id, each] as const, [each.name, each] as const]));
      for (const [key, { at }] of refused)
        if (at < beganAt && byKey.get(key)?.reason?.startsWith('parked') !== true) refused.delete(key);
      for (const key of confirmed.keys()) if (byKey.get(key)?.finding !== 'drifted') confirmed.delete(key);
    },
    reset: () => {
      for (const map of [refused, confirmed, sent, replaced, done]) map.clear();
      isRequested = false;
    },
  };
}

/** Whether the API refused a write for good. */
function isRefusal({ request, status, text }: Answered): boolean {
  if ([401, 403, 408, 429].includes(status) || status >= 500) return false;
  const code = /"code":(\d+)/.exec(text ?? '')?.[1] ?? '';
  // A create of a name that is taken is checked with a list.
  if (request.method === 'POST' && text?.includes('already exists') === true) return false;
  return code.startsWith('51') && text?.includes('"success":false') === true;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}
