import type { Failure } from '../base/failure.ts';
import type { Fields } from '../service/normalize.ts';

export const RESULTS = ['created', 'updated', 'deleted', 'failed', 'unsettled', 'withheld', 'paused'] as const;
export type Result = (typeof RESULTS)[number];

/** The results after which a service is as declared. */
export const SUCCESSES: readonly (Result | null)[] = ['created', 'updated', 'deleted'];

/** The result of one step. `attempts` counts the requests that were made for it. */
export type Outcome =
  | CreatedOutcome
  | { readonly result: 'updated' | 'deleted'; readonly attempts: number }
  | UnsettledOutcome
  | { readonly result: 'failed'; readonly attempts: number; readonly failure: Failure }
  /** Planned but not sent; or, if it is `superseded`, not sent again. */
  | {
      readonly result: 'withheld';
      readonly attempts: number;
      readonly reason: string;
      /** Whether the folder or the live service has changed since the plan was made, so that the next pass must decide again. */
      readonly superseded?: boolean;
    };

/** The service exists now, as declared. */
export type CreatedOutcome = {
  readonly result: 'created';
  readonly attempts: number;
  readonly service_id: string;
  /** How it was found to exist, if no answer to a create said so. */
  readonly note?: string;
};

/** The API accepted the POST or PUT but stored different values. */
export type UnsettledOutcome = {
  readonly result: 'unsettled';
  readonly attempts: number;
  readonly service_id: string;
  /** The declared fields that were stored differently. */
  readonly paths: readonly string[];
  /** The service after the write. */
  readonly stored: Fields;
  /** Its fields that this version does not know. */
  readonly unknown: Fields;
  /** The unknown fields that the write contained and the API removed; omitted if there are none. */
  readonly lost?: readonly string[];
};
