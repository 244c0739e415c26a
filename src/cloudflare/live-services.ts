import { failure, FailureError } from '../core/base/failure.ts';
import { cachedByIdentity } from '../core/base/identity-cache.ts';
import { isDeeperThan, isObject } from '../core/base/json.ts';
import { describeValue } from '../core/load/explain-issue.ts';
import type { ListedItem, LiveService } from '../core/service/directory.ts';

/** Services have four levels. Deeper values are refused, because they are compared, sent and reported recursively. */
const MAX_DEPTH = 50;

/**
 * Returns the items of one page of the list; the same items for the same `result` object. The reasons of unusable items do not say where
 * they are. Throws a `FailureError` when the page is not a list.
 */
export function parsePage(result: unknown): readonly ListedItem[] {
  if (!Array.isArray(result)) throw unusable('the response to the list request contains no list of services');
  return parseItems(result);
}

const parseItems = cachedByIdentity((items: readonly unknown[]): readonly ListedItem[] => items.map(toItem));

/** Returns the service in the response to an update, which must be the one that was sent. Throws a `FailureError`. */
export function parseUpdated(result: unknown, service_id: string): LiveService {
  const live = toItem(result);
  if (live.value === null) throw unusable('the response to the update does not contain the service');
  if (live.service_id === service_id) return live;
  throw unusable(`the response to the update contains another service, "${live.service_id}"`);
}

/** Returns the service in the response to a create, which must have the name that was sent. Throws a `FailureError`. */
export function parseCreated(result: unknown, name: unknown): LiveService {
  const live = toItem(result);
  if (live.value === null) throw unusable('the response to the create does not contain the service');
  if (live.name === name) return live;
  throw unusable(`the response to the create contains another service, ${JSON.stringify(live.name)}`);
}

/** Checks as little as possible: the API grows, and one unusual service must not hide the others. */
function toItem(value: unknown): ListedItem {
  if (!isObject(value)) return unusableItem(null, null, `expected a service, found ${describeValue(value)}`);
  const { service_id: id, name } = value;
  const readableName = typeof name === 'string' ? name : null;
  if (typeof id !== 'string' || id === '') {
    return unusableItem(null, readableName, `expected the text "service_id", found ${describeValue(id ?? null)}`);
  }
  // A request to ".." would reach another resource: these are the ids that encoding leaves as they are, or cannot encode.
  if (/^\.\.?$/.test(id) || !id.isWellFormed()) {
    return unusableItem(
      null,
      readableName,
      `expected a "service_id" that can be in an address, found ${describeValue(id)}`,
    );
  }
  const service_id = id.toLowerCase();
  if (isDeeperThan(MAX_DEPTH, value)) {
    return unusableItem(service_id, readableName, `expected at most ${MAX_DEPTH} levels, found more`);
  }
  return { service_id, name: readableName ?? '', value };
}

function unusableItem(service_id: string | null, name: string | null, reason: string): ListedItem {
  return { service_id, name, value: null, reason };
}

function unusable(message: string): FailureError {
  return new FailureError(failure('transient', message));
}
