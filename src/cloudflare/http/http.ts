import { Agent, request as sendWithUndici } from 'undici';
import type { HttpMethod } from '../../core/base/api-usage.ts';
import type { AccountVariables, Credentials } from '../../core/base/credentials.ts';
import { formatDuration } from '../../core/base/duration.ts';
import { systemErrorCode } from '../../core/base/errno.ts';
import { failure, FailureError } from '../../core/base/failure.ts';
import type { JsonObject } from '../../core/base/json.ts';
import { ApiError } from '../errors.ts';
import { adviceForConnection, describeConnectionError } from './connection-errors.ts';
import { envelopeParser } from './envelope.ts';
import { NO_RESPONSE } from './failure-kind.ts';
import { firstValue, parseLimits } from './rate-limit-headers.ts';
import type { ResponseLimits } from './rate-limit-headers.ts';
import { redactor, redactOrNull } from './redact.ts';
import { startRequestTimeout } from './request-timeout.ts';
import { responseFailure } from './response-failure.ts';

export type HttpOptions = {
  /** For example `https://api.cloudflare.com/client/v4`. */
  readonly baseUrl: string;
  /** At most this many open sockets, and so this many requests in flight. */
  readonly connections: number;
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
  /** The variables that messages advise to check. Without them, messages name none. */
  readonly origin?: AccountVariables;
};

export type ApiRequest = {
  readonly method: HttpMethod;
  /** The path after the base URL, with its query. */
  readonly path: string;
  readonly body?: JsonObject;
};

/** A successful response. The content of `result` is not checked here. */
export type ApiResponse = { readonly result: unknown; readonly resultInfo: unknown; readonly limits: ResponseLimits };

export type Http = {
  /** Sends one request, without retries. Throws an `ApiError` when it does not succeed, or the `FailureError` of the signal. */
  readonly send: (request: ApiRequest, credentials: Credentials, signal: AbortSignal) => Promise<ApiResponse>;
  readonly close: () => Promise<void>;
};

/** Far larger than a list of 1,000 services. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** Creates an HTTP client for the API: authentication, the envelope and its errors. It has one connection pool and follows no redirects. */
export function cloudflareHttp(options: HttpOptions): Http {
  const agent = new Agent({
    connections: options.connections,
    maxResponseSize: MAX_RESPONSE_BYTES,
    headersTimeout: options.requestTimeoutMs,
    bodyTimeout: options.requestTimeoutMs,
    // Explicit, so that no environment variable can turn certificate verification off.
    connect: { timeout: options.requestTimeoutMs, rejectUnauthorized: true },
  });
  const parse = envelopeParser();

  return {
    send: async (request, credentials, signal) => {
      const { limits, ray, text } = await exchange({ agent, options, request, credentials, signal });
      const { status } = limits;
      const envelope = parse(request.method, text);
      if (status >= 200 && status < 300 && envelope?.success === true) {
        return { result: envelope.result, resultInfo: envelope.result_info, limits };
      }
      const redact = redactor(Object.values(credentials));
      throw new ApiError(responseFailure({ limits, ray, envelope, redact, origin: options.origin }), limits);
    },
    close: async () => agent.destroy(),
  };
}

type Exchange = {
  readonly agent: Agent;
  readonly options: HttpOptions;
  readonly request: ApiRequest;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
};

type RawResponse = { readonly limits: ResponseLimits; readonly ray: string | null; readonly text: string };

/** Sends a request and reads the whole response of any status. Throws an `ApiError` when there is no complete response. */
async function exchange({ agent, options, request, credentials, signal }: Exchange): Promise<RawResponse> {
  const { baseUrl, requestTimeoutMs, userAgent, origin } = options;
  const { method, path, body } = request;
  const redact = redactor(Object.values(credentials));
  const timeout = startRequestTimeout(requestTimeoutMs, signal);
  let limits: ResponseLimits | null = null;
  let ray: string | null = null;
  try {
    const responding = sendWithUndici(baseUrl + path, {
      dispatcher: agent,
      method,
      headers: headersOf(body, credentials, userAgent),
      body: body === undefined ? null : JSON.stringify(body),
      signal: timeout.signal,
    });
    // undici checks its signal only once connected, which a slow resolver or a firewall can delay.
    const response = await Promise.race([responding, timeout.expired]);
    limits = parseLimits(response.statusCode, response.headers);
    ray = redactOrNull(firstValue(response.headers['cf-ray']), redact);
    return { limits, ray, text: await response.body.text() };
  } catch (error) {
    if (signal.aborted && signal.reason instanceof FailureError) throw signal.reason;
    const problem = timeout.signal.aborted
      ? `no response within ${formatDuration(requestTimeoutMs)}`
      : describeConnectionError(error);
    const advice = adviceForConnection(systemErrorCode(error) ?? '', origin);
    const message = `${method} ${new URL(baseUrl).host}: ${redact(problem)}${advice}`;
    // Without a cause: the errors of undici's parser contain the received bytes.
    throw new ApiError({ ...failure(NO_RESPONSE, message), status: limits?.status ?? null, ray }, limits);
  } finally {
    timeout.clear();
  }
}

/** https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/ */
function headersOf(body: JsonObject | undefined, credentials: Credentials, userAgent: string): Record<string, string> {
  return {
    ...('token' in credentials
      ? { authorization: `Bearer ${credentials.token}` }
      : { 'x-auth-email': credentials.email, 'x-auth-key': credentials.key }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    accept: 'application/json',
    'user-agent': userAgent,
  };
}
