import type { Signals } from '../base/abort.ts';
import type { ApiUsage } from '../base/api-usage.ts';
import type { JsonObject } from '../base/json.ts';

/** A service in the account. `service_id` is in lower case; `value` is the whole object as the API returned it. */
export type LiveService = { readonly service_id: string; readonly name: string; readonly value: JsonObject };

/**
 * The live services of one account. A pass knows the API only through this type. Every failure is thrown as a `FailureError`.
 * Reference: https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/
 */
export type Directory = {
  /** Returns all services of the account. Never returns an incomplete list. */
  readonly list: (signals: Signals) => Promise<readonly LiveService[]>;
  /** Replaces a whole service. The `attempts` of a thrown error are 0 if no request was sent. */
  readonly update: (service: LiveService, body: JsonObject, signals: Signals) => Promise<Updated>;
  /** Returns the usage of the API since the directory was opened. */
  readonly usage: () => ApiUsage;
  readonly close: () => Promise<void>;
};

/** The service as the API returned it in the answer to an update, and the number of requests that it took. */
export type Updated = { readonly live: LiveService; readonly attempts: number };
