import type { Signals } from '../core/base/abort.ts';
import type { ApiUsage, EndedRequest } from '../core/base/api-usage.ts';
import type { Credentials, CredentialSource } from '../core/base/credentials.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { WriteOptions } from '../core/service/directory.ts';
import type { Budget, EndRequest } from './budget/request-budget.ts';
import { ApiError } from './errors.ts';
import { cloudflareHttp } from './http/http.ts';
import type { ApiRequest, ApiResponse, HttpOptions } from './http/http.ts';
import type { ResponseLimits } from './http/rate-limit-headers.ts';

/** How many requests one call has sent, and the credential of the last one. Updated with every request. */
export type CallState = { credentials: Credentials; attempts: number };

/** Options of a read, which needs no gate, or of a write. */
export type RequestOptions = Signals & Partial<WriteOptions>;

export type RequestSender = {
  /**
   * Sends one request within the budget, with the credential that is current when the budget allows it to start. Every request to the
   * API passes through here. A write starts at once after its gate has let it pass.
   */
  readonly send: (request: ApiRequest, options: RequestOptions, call: CallState) => Promise<ApiResponse>;
  /** Returns the cost of all requests so far. */
  readonly usage: () => ApiUsage;
  readonly close: () => Promise<void>;
};

export type RequestSenderOptions = HttpOptions & {
  readonly credentials: CredentialSource;
  readonly budget: Budget;
  /** Called when a request has ended. */
  readonly onRequest?: (request: EndedRequest) => void;
};

/** Creates a sender that counts every request and passes the limits in its response to the budget. */
export function requestSender(options: RequestSenderOptions): RequestSender {
  const http = cloudflareHttp(options);
  const { budget, credentials, onRequest } = options;
  const counts = { requests: 0, retries: 0 };

  return {
    send: async (request, options, call) => {
      let endRequest = await takeTurn(budget, request, options);
      // Nothing may be awaited between an open gate and the request.
      while (!mayStart(request, options, endRequest)) {
        await options.gate?.check();
        endRequest = await takeTurn(budget, request, options);
      }
      const startedAt = performance.now();
      let limits: ResponseLimits | null = null;
      call.credentials = credentials.current();
      call.attempts += 1;
      const isRetry = call.attempts > 1 || request.isRetry === true;
      counts.requests += 1;
      if (isRetry) counts.retries += 1;
      try {
        const response = await http.send(request, call.credentials, options.kill);
        limits = response.limits;
        return response;
      } catch (error) {
        if (error instanceof ApiError) limits = error.limits;
        throw error;
      } finally {
        endRequest(limits);
        const ms = performance.now() - startedAt;
        onRequest?.({ method: request.method, status: limits?.status ?? null, ms, isRetry });
      }
    },
    usage: () => ({ ...counts, throttled_ms: budget.throttledMs() }),
    close: http.close,
  };
}

async function takeTurn(budget: Budget, { method }: ApiRequest, { stop }: Signals): Promise<EndRequest> {
  return budget.take(method === 'GET' ? 'GET' : 'PUT', stop);
}

/**
 * Whether a request may start now. The gate is asked after the wait for the budget, because that can be long. If it is closed, the turn
 * ends: the check may send a request of its own, which needs this turn if the budget is small.
 */
function mayStart(request: ApiRequest, { gate }: RequestOptions, endRequest: EndRequest): boolean {
  if (request.method === 'GET') return true;
  let isOpen = false;
  try {
    if (gate === undefined) throw new FailureError(failure('internal', 'a write without a gate'));
    isOpen = gate.enter(request);
    return isOpen;
  } finally {
    if (!isOpen) endRequest('unused');
  }
}
