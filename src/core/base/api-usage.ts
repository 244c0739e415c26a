/** The HTTP methods that the program uses. */
export type HttpMethod = 'GET' | 'PUT';

/** Requests of one pass, retries among them, and for how long there was one that waited: for the budget, or because the API asked for it. */
export type ApiUsage = { readonly requests: number; readonly retries: number; readonly throttled_ms: number };

/** A request that has ended, after so long; the status is null where there was no answer. */
export type EndedRequest = {
  readonly method: HttpMethod;
  readonly status: number | null;
  readonly ms: number;
  readonly isRetry: boolean;
};

/** A window of the request budget, such as `1100/5m`, and how many requests may still begin in it now. */
export type BudgetWindow = { readonly window: string; readonly limit: number; readonly left: number };
