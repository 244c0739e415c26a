import type { AccountVariables } from '../../core/base/credentials.ts';
import { formatDuration } from '../../core/base/duration.ts';
import { systemErrorCode } from '../../core/base/errno.ts';
import type { FailureKind } from '../../core/base/failure.ts';
import { describeProxy } from '../../core/base/http-proxy.ts';
import type { HttpProxy } from '../../core/base/http-proxy.ts';
import { adviceForConnection, describeConnectionError } from './connection-errors.ts';
import { ProxyError } from './proxy-tunnel.ts';

type Connection = {
  readonly baseUrl: string;
  readonly requestTimeoutMs: number;
  readonly proxy?: HttpProxy | null | undefined;
  readonly origin?: AccountVariables;
};

type ConnectionFailure = { readonly kind: FailureKind; readonly message: string };

/** Explains why there was no complete response, and whether the proxy is the cause. `error` is null for a timeout. */
export function connectionFailure(error: unknown, connection: Connection): ConnectionFailure {
  const { proxy, origin, requestTimeoutMs } = connection;
  if (error instanceof ProxyError && proxy != null) return proxyFailure(error, proxy, connection);
  const through = proxy == null ? '' : `, through the proxy ${describeProxy(proxy)}`;
  if (error === null) {
    return { kind: 'transient', message: `no response within ${formatDuration(requestTimeoutMs)}${through}` };
  }
  const checks = { address: origin?.baseUrl ?? null, hasProxy: proxy != null, now: new Date() };
  // Without an account from the environment, there is nothing to check.
  const advice = origin === undefined ? '' : adviceForConnection(systemErrorCode(error) ?? '', checks);
  return { kind: 'transient', message: `${describeConnectionError(error)}${through}${advice}` };
}

function proxyFailure(
  { status, schemes, cause }: ProxyError,
  proxy: HttpProxy,
  { baseUrl }: Connection,
): ConnectionFailure {
  const { variable, url } = proxy;
  const at = `the proxy ${describeProxy(proxy)}`;
  if (status === null) {
    const code = systemErrorCode(cause) ?? '';
    const speaksNoTls = code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG';
    const advice = speaksNoTls
      ? `; write http:// instead of https:// in ${variable} if the proxy does not use TLS itself`
      : adviceForConnection(code, { address: variable, hasProxy: true, now: new Date() });
    return { kind: 'transient', message: `${at}: ${describeConnectionError(cause)}${advice}` };
  }
  if (status === 407) return { kind: 'denied', message: `${at} ${loginProblem(schemes, proxy)}` };
  const { hostname, port } = new URL(baseUrl);
  const target = `${hostname}:${port || 443}`;
  const kind = status >= 400 && status < 500 && status !== 408 && status !== 429 ? 'denied' : 'transient';
  const advice =
    kind === 'denied' ? `; the proxy must allow CONNECT to this host and port` : `; check whether ${url} can reach it`;
  return { kind, message: `${at} did not connect to ${target} (${status})${advice}` };
}

function loginProblem(schemes: readonly string[], { login, variable }: HttpProxy): string {
  if (schemes.length > 0 && !schemes.some((scheme) => scheme.toLowerCase() === 'basic')) {
    return `asks for a login by ${schemes.join(' or ')} (407), and only Basic is supported`;
  }
  if (login !== null) return `refused the login (407); check the user name and password in ${variable}`;
  return `asks for a login (407); write it into ${variable}: http://USER:PASSWORD@HOST:PORT`;
}
