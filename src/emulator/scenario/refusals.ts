import { isObject } from '../../core/base/json.ts';
import type { Json } from '../../core/base/json.ts';
import type { ServiceStore } from '../service-store.ts';
import { errorAnswer } from '../api.ts';
import type { Answer, ReceivedRequest } from '../api.ts';
import type { FullScenario } from './scenario.ts';

type Refusals = Pick<FullScenario, 'refuse' | 'refuse_create' | 'refuse_delete'>;

/**
 * Returns the answer to a write that the scenario refuses, by the id of the service or by its old or new name; null for other requests.
 * The message is that of a deleted tunnel (observed), which only another declaration can fix.
 */
export function refusalOf(request: ReceivedRequest, store: ServiceStore, refusals: Refusals): Answer | null {
  const refused = refusedBy(request, refusals);
  if (refused.length === 0 || request.rights !== 'write') return null;
  const [id, names] = targetOf(request, store);
  if (!refused.some((each) => names.has(each) || each.toLowerCase() === id.toLowerCase())) return null;
  return { ...errorAnswer(400, [{ code: 5101, message: 'Tunnel ID Not Found' }]), fault: 'refused' };
}

function refusedBy({ method }: ReceivedRequest, { refuse, refuse_create, refuse_delete }: Refusals): readonly string[] {
  switch (method) {
    case 'PUT':
      return refuse;
    case 'POST':
      return refuse_create;
    case 'DELETE':
      return refuse_delete;
    default:
      return [];
  }
}

/** Returns the id in the path, and the names of the service: of the live one and of the one in the body. */
function targetOf(
  { method, path, body }: ReceivedRequest,
  store: ServiceStore,
): readonly [string, ReadonlySet<unknown>] {
  const sent = nameOf(body.kind === 'json' ? body.value : null);
  if (method === 'POST') return ['', new Set([sent])];
  const id = /([^/?]*)(?:\?|$)/.exec(path)?.[1] ?? '';
  const live = store.get(id);
  // A service that does not exist gets the answer that says so.
  return live.kind === 'done' ? [id, new Set([nameOf(live.result), sent])] : ['', new Set()];
}

function nameOf(service: Json): Json | undefined {
  return isObject(service) ? service.name : undefined;
}
