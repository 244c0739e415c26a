import { isObject } from '../../core/base/json.ts';
import type { ReceivedRequest } from '../api.ts';
import type { Decision } from './fault-injector.ts';

/** Returns a function that makes the first create of each of these services lose its answer, although it is carried out. */
export function loseCreates(names: readonly string[]): (request: ReceivedRequest, decision: Decision) => Decision {
  const left = new Set<unknown>(names);
  return ({ method, body }, decision) => {
    if (method !== 'POST' || decision.kind !== 'normal' || body.kind !== 'json' || !isObject(body.value))
      return decision;
    if (!left.delete(body.value.name)) return decision;
    return { kind: 'faulty', fault: { kind: 'lost' }, headers: decision.headers };
  };
}
