import { request } from 'undici';
import type { Dispatcher } from 'undici';
import type { HttpProxy } from '../../core/base/http-proxy.ts';
import { startRequestTimeout } from '../http/request-timeout.ts';
import { parseLimits } from '../http/rate-limit-headers.ts';
import { connectionFailure } from './connection-failure.ts';
import { renewableConnections } from './connections.ts';
import type { Connections } from './connections.ts';
import { dispatchers } from './dispatcher.ts';

export type PosterOptions = {
  /** Returns the proxy to a URL; null for none. */
  readonly proxyTo: (url: URL) => HttpProxy | null;
  /** Certificates, in PEM, of authorities to trust in addition to those that Node trusts. */
  readonly caCertificates: string | null;
  readonly requestTimeoutMs: number;
  readonly userAgent: string;
};

export type PostRequest = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The setting that names the URL, which messages advise to check. */
  readonly setting: string;
};

/** A response of any status, or why there was none. */
export type PostResponse =
  | { readonly status: number; readonly retryAfterMs: number; readonly text: string }
  | { readonly status: null; readonly reason: string };

export type Poster = {
  /** Sends one request, without retries and redirects. Never throws. */
  readonly post: (request: PostRequest, signal: AbortSignal) => Promise<PostResponse>;
  readonly close: () => Promise<void>;
};

/** Only the beginning of a response is read: it explains a refusal. */
const MAX_TEXT_BYTES = 1000;
/** At most this long after the status. A receiver that never ends its response must not delay the messages that follow. */
const MAX_TEXT_MS = 1000;

/** Sends JSON to other servers than the API, through the same proxies and with the same certificate authorities. */
export function poster(options: PosterOptions): Poster {
  const byOrigin = new Map<string, { readonly connections: Connections; readonly proxy: HttpProxy | null }>();
  const openTo = (url: URL) => {
    const known = byOrigin.get(url.origin);
    if (known !== undefined) return known;
    const proxy = options.proxyTo(url);
    const connections = renewableConnections(dispatchers({ ...options, proxy, connections: 2, maxResponseSize: -1 }));
    const opened = { connections, proxy };
    byOrigin.set(url.origin, opened);
    return opened;
  };
  return {
    post: async ({ url, headers, body, setting }, signal) => {
      const { requestTimeoutMs, userAgent } = options;
      const { connections, proxy } = openTo(url);
      const lease = connections.lease();
      const timeout = startRequestTimeout(requestTimeoutMs, signal);
      try {
        const sent = request(url, {
          dispatcher: lease.dispatcher,
          method: 'POST',
          headers: { 'content-type': 'application/json', 'user-agent': userAgent, ...headers },
          body,
          signal: timeout.signal,
        });
        const response = await Promise.race([sent, timeout.expired]);
        const { status, retryAfterMs } = parseLimits(response.statusCode, response.headers);
        return {
          status,
          retryAfterMs,
          text: await Promise.race([beginningOf(response), timeout.expired.catch(() => '')]),
        };
      } catch (error) {
        const isTimeout = timeout.signal.aborted;
        if (isTimeout) lease.distrust();
        const origin = { credential: setting, baseUrl: setting };
        const { message } = connectionFailure(isTimeout ? null : error, {
          baseUrl: url.origin,
          requestTimeoutMs,
          proxy,
          origin,
        });
        return { status: null, reason: message };
      } finally {
        timeout.clear();
        lease.release();
      }
    },
    close: async () => {
      await Promise.all([...byOrigin.values()].map(async ({ connections }) => connections.close()));
    },
  };
}

/** Returns the beginning of a body. The status has decided already, so a body that cannot be read does not matter. */
async function beginningOf({ body }: Dispatcher.ResponseData): Promise<string> {
  let text = '';
  const timer = setTimeout(() => body.destroy(), MAX_TEXT_MS);
  try {
    for await (const chunk of body) {
      text += String(chunk);
      if (text.length >= MAX_TEXT_BYTES) break;
    }
  } catch {
    // See above.
  } finally {
    clearTimeout(timer);
  }
  return text.slice(0, MAX_TEXT_BYTES);
}
