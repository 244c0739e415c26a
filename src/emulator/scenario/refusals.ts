import { isObject } from '../../core/base/json.ts';
import type { Json } from '../../core/base/json.ts';
import type { ServiceStore } from '../service-store.ts';
import { errorAnswer } from '../api.ts';
import type { Answer, ReceivedRequest } from '../api.ts';

/**
 * Returns the answer to an update that the scenario refuses, by the id of the service or by its old or new name; null for other requests.
 * The message is that of a deleted tunnel (observed), which only another declaration can fix.
 */
export function refusalOf(
  { method, path, rights, body }: ReceivedRequest,
  store: ServiceStore,
  refused: readonly string[],
): Answer | null {
  if (refused.length === 0 || method !== 'PUT' || rights !== 'write') return null;
  const id = /([^/?]*)(?:\?|$)/.exec(path)?.[1] ?? '';
  const live = store.get(id);
  if (live.kind !== 'done') return null;
  const names = new Set([nameOf(live.result), nameOf(body.kind === 'json' ? body.value : null)]);
  if (!refused.some((each) => names.has(each) || each.toLowerCase() === id.toLowerCase())) return null;
  return { ...errorAnswer(400, [{ code: 5101, message: 'Tunnel ID Not Found' }]), fault: 'refused' };
}

function nameOf(service: Json): Json | undefined {
  return isObject(service) ? service.name : undefined;
}
