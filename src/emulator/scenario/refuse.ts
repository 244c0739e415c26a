import { isObject } from '../../core/base/json.ts';
import type { Json } from '../../core/base/json.ts';
import type { Account } from '../account.ts';
import { failure } from '../api.ts';
import type { Answer, ApiRequest } from '../api.ts';

/**
 * The answer to an update of a service that is among the refused, by its id or by the name that it has or would have; null for all
 * else. Its words are those of a tunnel that was deleted (observed), for which nothing but another declaration helps.
 */
export function refusalOf(
  { method, path, rights, body }: ApiRequest,
  account: Account,
  refused: readonly string[],
): Answer | null {
  if (refused.length === 0 || method !== 'PUT' || rights !== 'write') return null;
  const id = /([^/?]*)(?:\?|$)/.exec(path)?.[1] ?? '';
  const live = account.get(id);
  if (live.kind !== 'done') return null;
  const names = new Set([nameOf(live.result), nameOf(body.kind === 'json' ? body.value : null)]);
  if (!refused.some((each) => names.has(each) || each.toLowerCase() === id.toLowerCase())) return null;
  return { ...failure(400, [{ code: 5101, message: 'Tunnel ID Not Found' }]), fault: 'refused' };
}

function nameOf(service: Json): Json | undefined {
  return isObject(service) ? service.name : undefined;
}
