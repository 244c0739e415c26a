import type { IncomingMessage } from 'node:http';

/** A request target can be an absolute URL, as sent to a proxy. https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2 */
const ABSOLUTE_URL = /^http:\/\/[^/\\?#]/i;

/** Returns the URL of a request, or null for an invalid target. A target that starts with `//` is a path, not a host. */
export function targetUrl({ url: target = '' }: IncomingMessage): URL | null {
  if (target.startsWith('/')) return URL.parse(`http://localhost${target}`);
  return ABSOLUTE_URL.test(target) ? URL.parse(target) : null;
}

/**
 * Whether the host name in a request is acceptable. On a loopback address, only loopback names and `listenHost` are: otherwise another
 * site could use DNS rebinding to read this server through a browser on this machine. On other addresses, every name is accepted,
 * because pods and Services have many names.
 */
export function isExpectedHost(request: IncomingMessage, server: { boundTo: string; listenHost: string }): boolean {
  if (!isLoopback(server.boundTo)) return true;
  const host = hostOf(request);
  return host === null || isLoopback(host) || host === server.listenHost.toLowerCase();
}

/**
 * Returns the host that a request names, or null when it names none, as HTTP/1.0 allows; a browser always sends one. The host of an
 * absolute URL wins over the Host header.
 */
function hostOf({ url: target = '', headers: { host } }: IncomingMessage): string | null {
  const url = ABSOLUTE_URL.test(target) ? target : host === undefined ? null : `http://${host}`;
  return url === null ? null : (URL.parse(url)?.hostname.replace(/^\[|\]$/g, '') ?? '');
}

function isLoopback(host: string): boolean {
  return /^(localhost|.+\.localhost|::1|(::ffff:)?127(\.\d+){3}|::ffff:7f[\da-f]{2}:[\da-f]+)$/.test(host);
}
