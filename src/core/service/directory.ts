import type { Signals } from '../base/abort.ts';
import type { ApiUsage } from '../base/api-usage.ts';
import type { JsonObject } from '../base/json.ts';

/** A service as the API has it. `service_id` is in lower case; `value` is the whole object as answered. */
export type LiveService = { readonly service_id: string; readonly name: string; readonly value: JsonObject };

/** The live services of one account: https://developers.cloudflare.com/api/resources/connectivity/subresources/directory/ */
export type Directory = {
  /** All services of the account, or a `FailureError`: an incomplete list is never given. */
  readonly list: (signals: Signals) => Promise<readonly LiveService[]>;
  /** Replaces a service whole and gives what the API has then. Throws a `FailureError`, of 0 attempts where nothing was sent. */
  readonly update: (service: LiveService, body: JsonObject, signals: Signals) => Promise<Updated>;
  /** What was spent since the directory was made. */
  readonly usage: () => ApiUsage;
  readonly close: () => Promise<void>;
};

export type Updated = { readonly live: LiveService; readonly attempts: number };
