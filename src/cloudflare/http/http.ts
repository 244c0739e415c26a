import { request as sendWithUndici } from 'undici';
import type { Dispatcher } from 'undici';
import type { HttpMethod } from '../../core/base/api-usage.ts';
import type { AccountVariables, Credentials } from '../../core/base/credentials.ts';
import { systemErrorCode } from '../../core/base/errno.ts';
import { failure, FailureError, isBug } from '../../core/base/failure.ts';
import { secretsOf } from '../../core/base/http-proxy.ts';
import { cachedByIdentity } from '../../core/base/identity-cache.ts';
import { ApiError } from '../errors.ts';
import { connectionFailure } from '../network/connection-failure.ts';
import { renewableConnections } from '../network/connections.ts';
import type { Lease } from '../network/connections.ts';
import { ACCEPTED_CODINGS, decodeBody, parseCodings } from './content-coding.ts';
import { dispatchers } from '../network/dispatcher.ts';
import type { DispatcherOptions } from '../network/dispatcher.ts';
import { envelopeParser } from './envelope.ts';
import { firstValue, parseLimits } from './rate-limit-headers.ts';
import type { ResponseLimits } from './rate-limit-headers.ts';
import { redactor, redactOrNull } from './redact.ts';
import type { Redact } from './redact.ts';
import { startRequestTimeout } from './request-timeout.ts';
import { responseFailure } from './response-failure.ts';
import type { RawResponse } from './response-failure.ts';

export type HttpOptions = Omit<DispatcherOptions, 'maxResponseSize'> & {
  /** For example `https://api.cloudflare.com/client/v4`. */
  readonly baseUrl: string;
  readonly userAgent: string;
  /** The variables that messages advise to check. Without them, messages name none. */
  readonly origin?: AccountVariables;
  /** Opens a pool of connections. By default, one that connects to the API over the network. */
  readonly openDispatcher?: () => Dispatcher;
};

export type ApiRequest = {
  readonly method: HttpMethod;
  /** The path after the base URL, with its query. */
  readonly path: string;
  /** JSON. */
  readonly body?: string;
  /** Whether an earlier call failed and this one repeats it. */
  readonly isRetry?: boolean;
};

/** A successful response. The content of `result` is not checked here. */
export type ApiResponse = { readonly result: unknown; readonly resultInfo: unknown; readonly limits: ResponseLimits };

export type Http = {
  /** Sends one request, without retries. Throws an `ApiError` when it does not succeed, or the `FailureError` of the signal. */
  readonly send: (request: ApiRequest, credentials: Credentials, signal: AbortSignal) => Promise<ApiResponse>;
  readonly close: () => Promise<void>;
};

/** Far larger than a list of 1,000 services; also the limit after decompression. */
const MAX_RESPONSE_BYTES = 32 * 1024 * 1024;

/** Creates an HTTP client for the API, with one connection pool. It adds the credential, unpacks the envelope and follows no redirects. */
export function cloudflareHttp(options: HttpOptions): Http {
  const { openDispatcher = dispatchers({ ...options, maxResponseSize: MAX_RESPONSE_BYTES }) } = options;
  const connections = renewableConnections(openDispatcher);
  const parse = envelopeParser();
  // Finding all forms of a secret takes most of the time that a request costs, so it is done once.
  const redactorOf = cachedByIdentity((credentials: Credentials) =>
    redactor([...Object.values(credentials), ...secretsOf(options.proxy)]),
  );

  return {
    send: async (request, credentials, signal) => {
      const redact = redactorOf(credentials);
      const lease = connections.lease();
      const response = await exchange({ lease, options, request, credentials, signal, redact });
      const { limits, text } = response;
      const { status } = limits;
      const envelope = parse(request.method, text);
      if (status >= 200 && status < 300 && envelope?.success === true) {
        return { result: envelope.result, resultInfo: envelope.result_info, limits };
      }
      throw new ApiError(responseFailure({ ...response, envelope, redact, origin: options.origin }), limits);
    },
    close: connections.close,
  };
}

type Exchange = {
  readonly lease: Lease;
  readonly options: HttpOptions;
  readonly request: ApiRequest;
  readonly credentials: Credentials;
  readonly signal: AbortSignal;
  readonly redact: Redact;
};

/** Sends a request and reads the whole response of any status. Throws an `ApiError` when there is no complete response. */
async function exchange({ lease, options, request, credentials, signal, redact }: Exchange): Promise<RawResponse> {
  const { baseUrl, requestTimeoutMs, userAgent } = options;
  const { method, path, body } = request;
  const timeout = startRequestTimeout(requestTimeoutMs, signal);
  let limits: ResponseLimits | null = null;
  let ray: string | null = null;
  try {
    const responsePromise = sendWithUndici(baseUrl + path, {
      dispatcher: lease.dispatcher,
      method,
      headers: headersOf(body, credentials, userAgent),
      body: body ?? null,
      signal: timeout.signal,
    });
    // undici checks its signal only once connected, which a slow resolver or a firewall can delay.
    const response = await Promise.race([responsePromise, timeout.expired]);
    limits = parseLimits(response.statusCode, response.headers);
    ray = redactOrNull(firstValue(response.headers['cf-ray']), redact);
    return { limits, ray, headers: response.headers, ...(await readBody(response)) };
  } catch (error) {
    if (isBug(error)) throw error;
    if (signal.aborted && signal.reason instanceof FailureError) throw signal.reason;
    const isTimeout = timeout.signal.aborted || isUndiciTimeout(error);
    if (isTimeout) lease.distrust();
    const { kind, message } = connectionFailure(isTimeout ? null : error, options);
    // Without a cause: the errors of undici's parser contain the received bytes.
    const reason = failure(kind, `${method} ${new URL(baseUrl).host}: ${redact(message)}`);
    throw new ApiError({ ...reason, status: limits?.status ?? null, ray }, limits);
  } finally {
    timeout.clear();
    lease.release();
  }
}

/** Its timers are coarse, and can end a request just before ours. */
function isUndiciTimeout(error: unknown): boolean {
  return /^UND_ERR_(?:HEADERS|BODY)_TIMEOUT$/.test(systemErrorCode(error) ?? '');
}

/** Reads a body whose coding the client may not have asked for. A body that cannot be decoded counts as empty, with the reason. */
async function readBody({ headers, body }: Dispatcher.ResponseData): Promise<Pick<RawResponse, 'text' | 'problem'>> {
  const codings = parseCodings([headers['content-encoding'] ?? []].flat().join());
  if (codings.length === 0) return { text: await body.text(), problem: null };
  const bytes = Buffer.from(await body.arrayBuffer());
  try {
    return { text: await decodeBody(bytes, codings, MAX_RESPONSE_BYTES), problem: null };
  } catch (error) {
    return { text: '', problem: error instanceof Error ? error.message : String(error) };
  }
}

/** https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/ */
function headersOf(body: string | undefined, credentials: Credentials, userAgent: string): Record<string, string> {
  return {
    ...('token' in credentials
      ? { authorization: `Bearer ${credentials.token}` }
      : { 'x-auth-email': credentials.email, 'x-auth-key': credentials.key }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    accept: 'application/json',
    'accept-encoding': ACCEPTED_CODINGS,
    'user-agent': userAgent,
  };
}
