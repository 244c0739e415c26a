import type { Failure } from '../base/failure.ts';
import type { Fields } from '../service/normalize.ts';

/** What became of one planned update. `attempts` counts the requests that were made for it. */
export type Outcome =
  | { readonly result: 'updated'; readonly attempts: number }
  /** The API answered the PUT with something else than was declared; `paths` says where, `kept` what it has now. */
  | {
      readonly result: 'unsettled';
      readonly attempts: number;
      readonly paths: readonly string[];
      readonly kept: Fields;
    }
  | { readonly result: 'failed'; readonly attempts: number; readonly failure: Failure }
  /** Planned, and then not begun. */
  | { readonly result: 'withheld'; readonly attempts: 0; readonly reason: string };
