import { failure, FailureError } from '../core/base/failure.ts';
import { cachedByIdentity } from '../core/base/identity-cache.ts';
import { isDeeperThan, isObject } from '../core/base/json.ts';
import type { LiveService } from '../core/service/directory.ts';

/** Services have four levels. Deeper values are refused, because they are compared, sent and reported recursively. */
const MAX_DEPTH = 50;

/** Returns the services of one page of the list; the same services for the same `result` object. Throws a `FailureError`. */
export function parsePage(result: unknown): readonly LiveService[] {
  if (!Array.isArray(result)) throw unusable('the response to the list request contains no list of services');
  return parseServices(result);
}

const parseServices = cachedByIdentity((items: readonly unknown[]): readonly LiveService[] =>
  items.map((item) => {
    const live = toLive(item);
    if (live !== null) return live;
    throw unusable(`the list of services contains an item without "service_id", or with more than ${MAX_DEPTH} levels`);
  }),
);

/** Returns the service in the response to an update, which must be the one that was sent. Throws a `FailureError`. */
export function parseUpdated(result: unknown, service_id: string): LiveService {
  const live = toLive(result);
  if (live === null) throw unusable('the response to the update does not contain the service');
  if (live.service_id === service_id) return live;
  throw unusable(`the response to the update contains another service, "${live.service_id}"`);
}

/** Checks as little as possible: the API grows, and one unusual service must not hide the others. */
function toLive(value: unknown): LiveService | null {
  if (!isObject(value) || isDeeperThan(MAX_DEPTH, value)) return null;
  const { service_id: id, name } = value;
  if (typeof id !== 'string') return null;
  return { service_id: id.toLowerCase(), name: typeof name === 'string' ? name : '', value };
}

function unusable(message: string): FailureError {
  return new FailureError(failure('transient', message));
}
