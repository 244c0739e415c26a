import type { Signals } from '../base/abort.ts';
import type { ApiUsage, HttpMethod } from '../base/api-usage.ts';
import type { Failure } from '../base/failure.ts';
import type { JsonObject } from '../base/json.ts';

/** A service in the account. `service_id` is in lower case; `value` is the whole object as the API returned it. */
export type LiveService = { readonly service_id: string; readonly name: string; readonly value: JsonObject };

/** An item of the list that cannot be used as a service. An id or a name that cannot be read is null. */
export type UnusableItem = {
  readonly service_id: string | null;
  readonly name: string | null;
  readonly value: null;
  /** Where the item is in the list, what was expected and what was found. */
  readonly reason: string;
};

export type ListedItem = LiveService | UnusableItem;

export function isUsable(item: ListedItem): item is LiveService {
  return item.value !== null;
}

/** A request exactly as it is sent: the path after the base URL, and the JSON of the body. */
export type WriteRequest = { readonly method: HttpMethod; readonly path: string; readonly body?: string };

/**
 * Decides right before each request of a write whether it may still be sent, because a write can wait a long time for the request
 * budget, the API or a retry.
 */
export type WriteGate = {
  /**
   * Whether the request may be sent at this moment. If not, `check` is called, and the request waits for its turn again. Throws a
   * `FailureError` if the request must never be sent, because of a bug in this program.
   */
  readonly enter: (request: WriteRequest) => boolean;
  /** Checks what the write was decided from. Throws a `FailureError` if the write must not be sent any more. */
  readonly check: () => Promise<void>;
  /** Returns the service if the last check found it as the write makes it: a request whose answer was lost may have had its effect. */
  readonly applied: () => LiveService | null;
};

export type ListOptions = Signals & {
  /** Called when the first page has arrived, which is as old as the list becomes; again if the list is read again from the start. */
  readonly onFirstPage?: () => void;
};

/** `gate` is asked before each request. Nothing is written without one. */
export type WriteOptions = Signals & { readonly gate: WriteGate };

/**
 * The live services of one account. A pass knows the API only through this type. Every failure is thrown as a `FailureError`.
 * Reference: https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/
 */
export type Directory = {
  /** Returns all services of the account, and the items that cannot be used. Never returns an incomplete list. */
  readonly list: (options: ListOptions) => Promise<readonly ListedItem[]>;
  /** Replaces a whole service. The `attempts` of a thrown error are 0 if no request was sent. */
  readonly update: (service: LiveService, body: JsonObject, options: WriteOptions) => Promise<Updated>;
  /**
   * Creates a service. Never repeats a request that the API may have carried out: if that is unknown, the result is `unsure`, and only a new
   * list shows whether the service exists.
   */
  readonly create: (body: JsonObject, options: WriteOptions) => Promise<Created>;
  /** Deletes a service. One that does not exist counts as deleted. Returns the number of requests that it took. */
  readonly remove: (service: LiveService, options: WriteOptions) => Promise<{ readonly attempts: number }>;
  /** Returns the usage of the API since the directory was opened. */
  readonly usage: () => ApiUsage;
  readonly close: () => Promise<void>;
};

/** The service as the API returned it in the answer to an update, and the number of requests that it took. */
export type Updated = { readonly live: LiveService; readonly attempts: number };

/** The result of a create. `unsure` means that a service of this name may exist now, for the reason in `failure`. */
export type Created =
  | { readonly kind: 'created'; readonly live: LiveService; readonly attempts: number }
  | { readonly kind: 'unsure'; readonly failure: Failure; readonly attempts: number };
