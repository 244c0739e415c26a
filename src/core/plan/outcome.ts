import type { Failure } from '../base/failure.ts';
import type { Fields } from '../service/normalize.ts';

export const RESULTS = ['updated', 'failed', 'unsettled', 'withheld'] as const;
export type Result = (typeof RESULTS)[number];

/** The result of one step. `attempts` counts the requests that were made for it. */
export type Outcome =
  | { readonly result: 'updated'; readonly attempts: number }
  /** The API accepted the PUT but stored different values: `paths` lists the fields, `stored` is the service after the PUT. */
  | {
      readonly result: 'unsettled';
      readonly attempts: number;
      readonly paths: readonly string[];
      readonly stored: Fields;
    }
  | { readonly result: 'failed'; readonly attempts: number; readonly failure: Failure }
  /** Planned but not started. */
  | { readonly result: 'withheld'; readonly attempts: 0; readonly reason: string };
