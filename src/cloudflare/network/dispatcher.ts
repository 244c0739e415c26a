import { createSecureContext, getCACertificates } from 'node:tls';
import { Agent, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';
import { basicCredentials } from '../../core/base/http-proxy.ts';
import type { HttpProxy } from '../../core/base/http-proxy.ts';
import { patientConnector } from './connector.ts';
import { TunnelPool } from './proxy-tunnel.ts';

export type DispatcherOptions = {
  /** At most this many open sockets, and so this many requests in flight. */
  readonly connections: number;
  readonly requestTimeoutMs: number;
  /** The largest body of a response, in bytes. */
  readonly maxResponseSize: number;
  /** The proxy to go through; null or absent for none. */
  readonly proxy?: HttpProxy | null | undefined;
  /** Certificates, in PEM, of authorities to trust in addition to those that Node trusts. */
  readonly caCertificates?: string | null | undefined;
};

/** Returns a function that creates a pool of connections to the API. */
export function dispatchers(options: DispatcherOptions): () => Dispatcher {
  const { connections, requestTimeoutMs, maxResponseSize, proxy } = options;
  const tls = tlsOptions(options.caCertificates);
  const connector = patientConnector({ ...tls, timeout: requestTimeoutMs, allowH2: false });
  const shared = {
    connections,
    maxResponseSize,
    headersTimeout: requestTimeoutMs,
    bodyTimeout: requestTimeoutMs,
    // Longer than between two requests of a pass, shorter than any NAT forgets; a server may allow ten minutes.
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
    // Over HTTP/2, a connection stays in use after a timeout, and undici repeats requests without counting them. With this many requests
    // in flight, HTTP/1.1 is as fast.
    allowH2: false,
  };
  if (proxy == null) return () => new Agent({ ...shared, connect: connector });
  const { url, login } = proxy;
  return () =>
    new ProxyAgent({
      ...shared,
      uri: url,
      ...(login === null ? {} : { token: `Basic ${basicCredentials(login)}` }),
      connectTimeout: requestTimeoutMs,
      requestTls: { ...tls, allowH2: false },
      clientFactory: (origin) =>
        new TunnelPool(origin, { connect: connector, allowH2: false, headersTimeout: requestTimeoutMs }),
    });
}

const KEEP_ALIVE_MAX_MS = 30_000;

/** The options are explicit, so that no environment variable can turn certificate verification off. */
function tlsOptions(caCertificates: string | null = null) {
  if (caCertificates === null) return { rejectUnauthorized: true };
  // One context for all connections, because reading the 150 certificates that Node trusts takes 10 ms.
  const ca = [...getCACertificates('default'), caCertificates];
  return { rejectUnauthorized: true, secureContext: createSecureContext({ ca }) };
}
