import { BlockList, isIP } from 'node:net';
import { basicCredentials, describeProxy } from '../core/base/http-proxy.ts';
import type { HttpProxy } from '../core/base/http-proxy.ts';
import { readVariable } from './environment.ts';
import type { Environment } from './environment.ts';

/** How the API is reached. */
export type Route =
  /** `reason` says why a proxy that is set is not used; null if none is set. */
  | { readonly kind: 'direct'; readonly reason: string | null }
  | { readonly kind: 'proxy'; readonly proxy: HttpProxy }
  | { readonly kind: 'invalid'; readonly error: string };

/** The first one that is not empty counts, as in curl. The API uses HTTPS, so the variable for HTTPS takes precedence. */
const PROXY_VARIABLES = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY'];
const NO_PROXY_VARIABLES = ['no_proxy', 'NO_PROXY'];

/** Chooses how to reach a URL, from the variables that most programs share. Loopback is always direct. */
export function routeTo(url: URL, environment: Environment): Route {
  const variable = firstSet(environment, PROXY_VARIABLES);
  if (variable === undefined) return { kind: 'direct', reason: null };
  if (isLoopback(url.hostname)) return { kind: 'direct', reason: 'the API is on this machine' };
  const exceptions = firstSet(environment, NO_PROXY_VARIABLES);
  if (exceptions !== undefined && isExcepted(url, readVariable(environment, exceptions))) {
    return { kind: 'direct', reason: `${exceptions} contains ${url.hostname}` };
  }
  return parseProxy(variable, readVariable(environment, variable));
}

/** Describes a route in one line, without the login of the proxy. */
export function describeRoute(route: Route): string {
  switch (route.kind) {
    case 'direct':
      return `no proxy${route.reason === null ? '' : `: ${route.reason}`}`;
    case 'proxy':
      return `proxy ${describeProxy(route.proxy)}`;
    case 'invalid':
      return `invalid proxy: ${route.error}`;
  }
}

/** Whether a host name, as in a parsed URL, is this machine. */
export function isLoopback(hostname: string): boolean {
  return /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** Returns the secrets in the variables of proxies, also in values that are invalid or not used. */
export function proxySecrets(environment: Environment): readonly string[] {
  return PROXY_VARIABLES.flatMap((variable) => {
    const [, userInfo] = /^(?:[a-z][a-z\d+.-]*:\/\/)?(.*)@/is.exec(readVariable(environment, variable)) ?? [];
    if (userInfo === undefined) return [];
    const [user = '', ...rest] = userInfo.split(':');
    const password = rest.join(':');
    return [
      userInfo,
      password,
      decoded(password),
      basicCredentials({ user: decoded(user), password: decoded(password) }),
    ];
  });
}

function firstSet(environment: Environment, names: readonly string[]): string | undefined {
  return names.find((name) => readVariable(environment, name) !== '');
}

function parseProxy(variable: string, value: string): Route {
  const url = URL.parse(value.includes('://') ? value : `http://${value}`);
  const invalid = (found: string): Route => ({
    kind: 'invalid',
    error: `${variable}: expected a proxy such as http://proxy.example:3128, found ${found}`,
  });
  if (url === null || url.hostname === '') {
    return invalid('a different value; special characters of a password must be percent-encoded');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return invalid(`the protocol ${url.protocol}`);
  // A password with one of these characters would otherwise be taken for a part of the address, and shown.
  if (!/^\/?$/.test(url.pathname + url.search + url.hash)) {
    return invalid('something after the port; special characters of a password must be percent-encoded');
  }
  const hasLogin = url.username !== '' || url.password !== '';
  const login = hasLogin ? { user: decoded(url.username), password: decoded(url.password) } : null;
  return { kind: 'proxy', proxy: { url: `${url.protocol}//${url.host}`, login, variable } };
}

/** Decodes percent-encoding. A text that is not encoded well, such as `50%`, is meant as it is. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether one of the entries, separated by commas or space, matches the host of a URL. */
function isExcepted(url: URL, entries: string): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const port = url.port === '' ? (url.protocol === 'http:' ? '80' : '443') : url.port;
  return entries.split(/[\s,]+/).some((entry) => {
    if (entry === '') return false;
    const [, address, ofEntry] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? [null, entry, port];
    if (ofEntry !== port) return false;
    const name = (address ?? entry).toLowerCase().replace(/^\[(.*)\]$/, '$1');
    return name === '*' || isSameAddress(host, name) || isSameName(host, name);
  });
}

/** Whether an address is one, or in a network such as `10.0.0.0/8`. */
function isSameAddress(host: string, entry: string): boolean {
  const [address = '', prefix] = entry.split('/');
  const family = isIP(address);
  if (family === 0 || isIP(host) !== family) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const length = Number(prefix ?? (family === 4 ? 32 : 128));
  if (!Number.isInteger(length) || length < 0 || length > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(address, length, type);
  return list.check(host, type);
}

/** `example.com` and `.example.com` match the host and its subdomains, `*.example.com` only its subdomains. */
function isSameName(host: string, entry: string): boolean {
  const name = entry.replace(/^\*?\./, '').replace(/\.$/, '');
  return (host === name && !entry.startsWith('*')) || host.endsWith(`.${name}`);
}
