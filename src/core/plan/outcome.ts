import type { Failure } from '../base/failure.ts';
import type { Fields } from '../service/normalize.ts';

export const RESULTS = ['updated', 'failed', 'unsettled', 'withheld'] as const;
export type Result = (typeof RESULTS)[number];

/** The result of one step. `attempts` counts the requests that were made for it. */
export type Outcome =
  | { readonly result: 'updated'; readonly attempts: number }
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

/** The API accepted the PUT but stored different values. */
export type UnsettledOutcome = {
  readonly result: 'unsettled';
  readonly attempts: number;
  /** The declared fields that were stored differently. */
  readonly paths: readonly string[];
  /** The service after the PUT. */
  readonly stored: Fields;
  /** The unknown fields that the PUT contained and the API removed; omitted if there are none. */
  readonly lost?: readonly string[];
};
