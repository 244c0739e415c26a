import type { HttpResponse } from './http-response.ts';

/** Ages and times in a response change with the clock, so it is used no longer than this. Memory is freed after the same time. */
const MAX_AGE_MS = 1000;

/**
 * Returns a function that renders a response at most once a second as long as `state` returns the same: a page with a thousand services
 * takes tens of milliseconds, and any number of clients may ask for it. All of them get the same object.
 */
export function cachedResponse<Response extends HttpResponse | Promise<HttpResponse>>(
  state: () => unknown,
  render: () => Response,
): () => Response {
  let cached: { readonly state: unknown; readonly response: Response } | null = null;
  return () => {
    const current = state();
    if (cached !== null && Object.is(cached.state, current)) return cached.response;
    const entry = { state: current, response: render() };
    cached = entry;
    setTimeout(() => {
      if (cached === entry) cached = null;
    }, MAX_AGE_MS).unref();
    return entry.response;
  };
}
