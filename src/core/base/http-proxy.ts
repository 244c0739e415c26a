import { MIN_SECRET_LENGTH } from './text/redactor.ts';

/** An HTTP proxy through which the API is reached. */
export type HttpProxy = {
  /** Without the login, such as `http://proxy.example:3128`. */
  readonly url: string;
  /** Null if the proxy needs none. Never shown. */
  readonly login: ProxyLogin | null;
  /** The environment variable that names the proxy. */
  readonly variable: string;
};

/** As it is meant: not percent-encoded. */
export type ProxyLogin = { readonly user: string; readonly password: string };

/** Returns how messages name a proxy. The login is hidden. */
export function describeProxy({ url, login, variable }: HttpProxy): string {
  return `${login === null ? url : url.replace('://', '://[redacted]@')} (${variable})`;
}

/** Returns the texts that may not be shown of the login of a proxy. The user name is never shown either, but may be an ordinary word. */
export function secretsOf(proxy: HttpProxy | null | undefined): readonly string[] {
  if (proxy?.login == null) return [];
  const { user, password } = proxy.login;
  // Some proxies take a token as the user name.
  return [basicCredentials(proxy.login), password === '' ? user : password].filter(
    (text) => text.length >= MIN_SECRET_LENGTH,
  );
}

/** https://www.rfc-editor.org/rfc/rfc7617 */
export function basicCredentials({ user, password }: ProxyLogin): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(`${user}:${password}`)));
}
