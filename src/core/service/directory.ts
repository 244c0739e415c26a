import type { Signals } from '../base/abort.ts';
import type { ApiUsage } from '../base/api-usage.ts';
import type { JsonObject } from '../base/json.ts';

/** A service as the API returns it. `service_id` is in lower case; `value` is the whole object, unchanged. */
export type LiveService = { readonly service_id: string; readonly name: string; readonly value: JsonObject };

/** The live services of one account: https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/ */
export type Directory = {
  /** Returns all services of the account. Throws a `FailureError` instead of returning an incomplete list. */
  readonly list: (signals: Signals) => Promise<readonly LiveService[]>;
  /** Replaces a whole service and returns it as the API stored it. Throws a `FailureError`, with 0 attempts if nothing was sent. */
  readonly update: (service: LiveService, body: JsonObject, signals: Signals) => Promise<Updated>;
  /** Returns the usage since the directory was created. */
  readonly usage: () => ApiUsage;
  readonly close: () => Promise<void>;
};

export type Updated = { readonly live: LiveService; readonly attempts: number };
