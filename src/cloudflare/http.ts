import { Agent, request } from 'undici';
import * as z from 'zod';
import type { HttpMethod } from '../core/base/api-usage.ts';
import type { AccountVariables, Credentials } from '../core/base/credentials.ts';
import { formatDuration } from '../core/base/duration.ts';
import { systemErrorCode } from '../core/base/errno.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import type { JsonObject } from '../core/base/json.ts';
import { adviceFor, adviceForConnection, ApiError, reasonOf } from './errors.ts';
import { limitsOf } from './rate-limit-headers.ts';
import type { Limits } from './rate-limit-headers.ts';
import { failureKindOf } from './retry.ts';

export type HttpOptions = {
  /** Such as `https://api.cloudflare.com/client/v4`. */
  readonly baseUrl: string;
  /** Sockets kept open, and so requests under way, at the most. */
  readonly connections: number;
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
  /** For advice to people: none of it where nobody set anything. */
  readonly origin?: AccountVariables;
};

export type ApiRequest = {
  readonly method: HttpMethod;
  /** Behind the base URL, with its query. */
  readonly path: string;
  readonly body?: JsonObject;
};

/** A success of the API: `result` is what the operation promises, not looked at here. */
export type ApiAnswer = { readonly result: unknown; readonly resultInfo: unknown; readonly limits: Limits };

export type Http = {
  /** Makes one request, never a second. Throws an `ApiError` for whatever is not a success, or the `FailureError` of the signal. */
  readonly send: (what: ApiRequest, as: Credentials, signal: AbortSignal) => Promise<ApiAnswer>;
  readonly close: () => Promise<void>;
};

/** Far above an answer that lists 1,000 services. */
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_TEXT = 500;

/** What has another type than the reference says counts as absent: it must not hide the rest. */
const text = z.string().nullish().catch(null);
const errorSchema = z.looseObject({
  code: z.number().nullish().catch(null),
  message: text,
  documentation_url: text,
  source: z.looseObject({ pointer: text }).nullish().catch(null),
});
const envelopeSchema = z.looseObject({
  success: z.boolean(),
  errors: z.array(errorSchema.catch({})).nullish().catch(null),
  result: z.unknown().optional(),
  result_info: z.unknown().optional(),
});
type Envelope = z.infer<typeof envelopeSchema>;

/** The API over HTTP: authentication, the envelope and its errors. One pool of connections; redirects are not followed. */
export function cloudflareHttp(options: HttpOptions): Http {
  const { baseUrl, requestTimeoutMs, origin } = options;
  const agent = new Agent({
    connections: options.connections,
    maxResponseSize: MOST_BYTES,
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
    // Said here, so that no variable of the environment can switch the verification off.
    connect: { timeout: requestTimeoutMs, rejectUnauthorized: true },
  });
  /** The last answer to be read, which most often is the next one, too: then nobody has to parse and compare it again. */
  let last: { readonly text: string; readonly envelope: Envelope | null } | null = null;
  const parse = (method: HttpMethod, text: string) => {
    if (last?.text === text) return last.envelope;
    const envelope = parseEnvelope(text);
    if (method === 'GET') last = { text, envelope };
    return envelope;
  };

  return {
    send: async ({ method, path, body }, as, signal) => {
      const clean = cleaner(Object.values(as));
      const patience = patienceOf(requestTimeoutMs, signal);
      let limits: Limits | null = null;
      let ray: string | null = null;
      let text: string;
      try {
        const answer = request(baseUrl + path, {
          dispatcher: agent,
          method,
          headers: {
            ...authorization(as),
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            accept: 'application/json',
            'user-agent': options.userAgent,
          },
          body: body === undefined ? null : JSON.stringify(body),
          signal: patience.signal,
        });
        // undici heeds a signal only once there is a connection, for which a resolver or a firewall may keep it waiting.
        const response = await Promise.race([answer, patience.over]);
        limits = limitsOf(response.statusCode, response.headers);
        ray = cleanOrNull(one(response.headers['cf-ray']), clean);
        text = await response.body.text();
      } catch (error) {
        if (signal.aborted && signal.reason instanceof FailureError) throw signal.reason;
        const why = patience.signal.aborted ? `no answer within ${formatDuration(requestTimeoutMs)}` : reasonOf(error);
        const advice = adviceForConnection(systemErrorCode(error) ?? '', origin);
        const message = `${method} ${new URL(baseUrl).host}: ${clean(why)}${advice}`;
        // Without the cause: an error of undici's parser holds what came over the wire.
        throw new ApiError({ ...failure('transient', message), status: limits?.status ?? null, ray }, limits);
      } finally {
        patience.end();
      }

      const { status } = limits;
      const envelope = parse(method, text);
      if (status >= 200 && status < 300 && envelope?.success === true) {
        return { result: envelope.result, resultInfo: envelope.result_info, limits };
      }
      throw new ApiError(toFailure({ limits, ray, envelope, clean, origin }), limits);
    },
    close: async () => agent.destroy(),
  };
}

/** https://developers.cloudflare.com/fundamentals/api/how-to/make-api-calls/ */
function authorization(as: Credentials): Readonly<Record<string, string>> {
  return 'token' in as ? { authorization: `Bearer ${as.token}` } : { 'x-auth-email': as.email, 'x-auth-key': as.key };
}

type HealthLimits = {
  /** Aborted when a request has taken too long, or is to be given up. */
  readonly signal: AbortSignal;
  /** Rejects then. */
  readonly over: Promise<never>;
  /** Frees what it holds, once the request has ended. */
  readonly end: () => void;
};

/**
 * How long a request is waited for: the agent's own timeouts are coarse, and an answer that drips escapes them. By hand, because
 * what `AbortSignal.timeout` and `AbortSignal.any` hold stays in memory until the time is over, or for ever, long after the answer.
 */
function patienceOf(ms: number, signal: AbortSignal): HealthLimits {
  const controller = new AbortController();
  const { promise: over, reject } = Promise.withResolvers<never>();
  over.catch(() => {}); // Nobody may be waiting for it any more.
  const giveUp = () => {
    controller.abort();
    reject(new Error('given up'));
  };
  const timer = setTimeout(giveUp, ms);
  if (signal.aborted) giveUp();
  else signal.addEventListener('abort', giveUp);
  return {
    signal: controller.signal,
    over,
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', giveUp);
    },
  };
}

function parseEnvelope(text: string): Envelope | null {
  try {
    return envelopeSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null; // HTML of the edge, a truncated or an empty body: told by status and ray.
  }
}

type Refused = {
  readonly limits: Limits;
  readonly ray: string | null;
  readonly envelope: Envelope | null;
  readonly clean: Cleaner;
  readonly origin: AccountVariables | undefined;
};

function toFailure({ limits, ray, envelope, clean, origin }: Refused): Failure {
  const { status, retryAfterMs } = limits;
  const errors = envelope?.errors ?? [];
  const [first] = errors;
  const code = first?.code ?? null;
  const kind = failureKindOf(status, code);
  const words = errors.flatMap((error) => error.message ?? []).join('; ');
  const said = words === '' ? `answered without ${envelope === null ? 'an envelope of the API' : 'saying why'}` : words;
  return {
    kind,
    status,
    code,
    message: [
      `HTTP ${status}${code === null ? '' : `, code ${code}`}: ${clean(said)}`,
      kind === 'denied' || envelope === null ? adviceFor(kind, status, origin) : '',
      retryAfterMs > 0 ? `; it asks to be left alone for ${formatDuration(retryAfterMs)}` : '',
    ].join(''),
    pointer: cleanOrNull(first?.source?.pointer, clean),
    documentation_url: cleanOrNull(first?.documentation_url, clean),
    ray,
  };
}

function one(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}

type Cleaner = (text: string) => string;

/**
 * Makes what removes the secrets from a text of the server, and then shortens it. Nothing we know of echoes a credential; should
 * anything ever, it stops here.
 */
function cleaner(secrets: readonly string[]): Cleaner {
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '[redacted]'), text).slice(0, MOST_TEXT);
}

function cleanOrNull(text: string | null | undefined, clean: Cleaner): string | null {
  return text == null ? null : clean(text);
}
