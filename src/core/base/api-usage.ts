/** The HTTP methods that the program uses. */
export type HttpMethod = 'GET' | 'PUT' | 'POST' | 'DELETE';

/** The purpose of a request. In the request budget, lists use only a part of the requests that writes leave. */
export type RequestKind = 'GET' | 'PUT';

/**
 * The cost of the API calls of one pass. `requests` includes `retries`. `throttled_ms` is the time during which at least one request
 * waited, either for the request budget or because the API asked the client to wait.
 */
export type ApiUsage = { readonly requests: number; readonly retries: number; readonly throttled_ms: number };

/** A finished request. `status` is null when no response arrived; `ms` is its duration. */
export type EndedRequest = {
  readonly method: HttpMethod;
  readonly status: number | null;
  readonly ms: number;
  readonly isRetry: boolean;
};

/** A window of the request budget: at most `limit` requests in `ms`. `left` is how many more may start in it now. */
export type BudgetWindow = { readonly limit: number; readonly ms: number; readonly left: number };
