export type RequestTimeout = {
  /** Aborted when the timeout expires, or together with the signal of the request. */
  readonly signal: AbortSignal;
  /** Rejects at the same moment. */
  readonly expired: Promise<never>;
  /** Stops the timer and removes the listener. Call it when the request has ended. */
  readonly clear: () => void;
};

/**
 * Starts a timeout for a whole request, including its body: the timeouts of undici are coarse, and a response that arrives byte by byte
 * never exceeds them. Written by hand because `AbortSignal.timeout` and `AbortSignal.any` hold memory long after the response.
 */
export function startRequestTimeout(ms: number, signal: AbortSignal): RequestTimeout {
  const controller = new AbortController();
  const { promise: expired, reject } = Promise.withResolvers<never>();
  expired.catch(() => {}); // Avoids an unhandled rejection when the caller no longer waits for it.
  const expire = () => {
    controller.abort();
    reject(new Error('the request was aborted'));
  };
  const timer = setTimeout(expire, ms);
  if (signal.aborted) expire();
  else signal.addEventListener('abort', expire);
  return {
    signal: controller.signal,
    expired,
    clear: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', expire);
    },
  };
}
