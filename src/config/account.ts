import type { AccountVariables, CredentialSource } from '../core/base/credentials.ts';
import type { HttpProxy } from '../core/base/http-proxy.ts';
import { readCaFile } from './ca-file.ts';
import { ConfigError } from './config-error.ts';
import { credentialVariable, readCredentials } from './credentials.ts';
import { adviceForOtherNames, readVariable } from './environment.ts';
import type { Environment } from './environment.ts';
import { describeRoute, isLoopback, proxySecrets, routeTo } from './proxy.ts';

/** An account with the URL of the API, the way to it, and the credentials for it. */
export type Account = {
  readonly accountId: string;
  readonly baseUrl: string;
  readonly credentials: CredentialSource;
  /** The environment variables that the account was read from; absent for an emulated account. */
  readonly origin?: AccountVariables;
  /** The proxy to go through; null for none. */
  readonly proxy?: HttpProxy | null;
  /** Certificates of authorities to trust besides those that Node trusts, in PEM; null for none. */
  readonly caCertificates?: string | null;
};

export type AccountOptions = {
  /** Called with every secret that is read from a file, before it is used. */
  readonly onSecret?: (secret: string) => void;
  /** Advice for a user without an account. */
  readonly alternative?: string;
  /** The file of additional authorities; null for none. */
  readonly caFile?: string | null;
};

const DEFAULT_BASE_URL = 'https://api.cloudflare.com/client/v4';

/**
 * Reads the account from the environment variables that Cloudflare's own clients use. Throws a `ConfigError` that lists every missing and
 * every invalid variable, and none of their values.
 */
export function readAccount(
  environment: Environment,
  { onSecret = () => {}, alternative = 'use --emulator to run without an account', caFile = null }: AccountOptions = {},
): Account {
  const accountId = readVariable(environment, 'CLOUDFLARE_ACCOUNT_ID');
  const url = parseBaseUrl(environment);
  const urlError = checkBaseUrl(url);
  for (const secret of proxySecrets(environment)) onSecret(secret);
  const { proxy, error: proxyError } = readProxy(url, environment);
  const { certificates: caCertificates, error: caError } = readCaFile(caFile);
  const { credentials, error: credentialError } = readCredentials(environment, onSecret);
  const errors = [
    checkAccountId(accountId, alternative, environment),
    urlError === null ? null : `CLOUDFLARE_BASE_URL: ${urlError}`,
    credentialError,
    proxyError,
    caError,
  ].filter((error) => error !== null);
  if (url === null || credentials === null || errors.length > 0) throw new ConfigError(errors.join('\n'));
  const origin = {
    credential: credentialVariable(environment),
    baseUrl: environment['CLOUDFLARE_BASE_URL'] === undefined ? null : 'CLOUDFLARE_BASE_URL',
  };
  const baseUrl = url.href.replace(/\/+$/, '');
  return { accountId, baseUrl, credentials, origin, proxy, caCertificates };
}

/** Describes which account and which credential variables are set, without any secret. */
export function describeAccount(environment: Environment): string {
  const names = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_TOKEN_FILE', 'CLOUDFLARE_EMAIL', 'CLOUDFLARE_API_KEY'];
  const given = names.filter((name) => readVariable(environment, name) !== '');
  const accountId = readVariable(environment, 'CLOUDFLARE_ACCOUNT_ID');
  // An invalid account id can be a token in the wrong variable.
  const account = ACCOUNT_ID.test(accountId) ? accountId : accountId === '' ? 'not set' : 'invalid';
  return `account ${account}, credentials ${given.length === 0 ? 'not set' : `from ${given.join(', ')}`}`;
}

/** Describes the proxy to the API, or why there is none, without its login. */
export function describeProxyRoute(environment: Environment): string {
  return describeRoute(routeTo(parseBaseUrl(environment) ?? new URL(DEFAULT_BASE_URL), environment));
}

/** Names that other tools read. */
const OTHER_ACCOUNT_NAMES = ['CF_ACCOUNT_ID', 'CF_ACCOUNT', 'CLOUDFLARE_ACCOUNT'];

const ACCOUNT_ID = /^\w{1,32}$/;

function checkAccountId(accountId: string, alternative: string, environment: Environment): string | null {
  if (accountId === '') {
    const advice = adviceForOtherNames(environment, OTHER_ACCOUNT_NAMES, 'CLOUDFLARE_ACCOUNT_ID');
    return `CLOUDFLARE_ACCOUNT_ID: expected the id of an account, found nothing${advice === '' ? `; ${alternative}` : advice}`;
  }
  if (ACCOUNT_ID.test(accountId)) return null;
  return 'CLOUDFLARE_ACCOUNT_ID: expected at most 32 letters and digits, found a different value; copy the account id from the dashboard';
}

type ProxyResult = { readonly proxy: HttpProxy | null; readonly error: string | null };

function readProxy(url: URL | null, environment: Environment): ProxyResult {
  const route = url === null ? null : routeTo(url, environment);
  return {
    proxy: route?.kind === 'proxy' ? route.proxy : null,
    error: route?.kind === 'invalid' ? route.error : null,
  };
}

/** An empty variable is a mistake in a script. It must not select the real API. */
function parseBaseUrl(environment: Environment): URL | null {
  return URL.parse(environment['CLOUDFLARE_BASE_URL']?.trim() ?? DEFAULT_BASE_URL);
}

function checkBaseUrl(url: URL | null): string | null {
  if (url === null) return `expected a URL such as ${DEFAULT_BASE_URL}, found a different value`;
  if (url.username !== '' || url.password !== '') return 'expected a URL without a user name and a password';
  if (/[?#]/.test(url.href)) return 'expected a URL without a query and a fragment';
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:') return `expected https:, found ${url.protocol}`;
  return isLoopback(url.hostname)
    ? null
    : 'expected https:, found http:, which would send the token unencrypted (allowed for loopback only)';
}
