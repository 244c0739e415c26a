import type { AccountVariables, CredentialSource } from '../core/base/credentials.ts';
import { ConfigError } from './config-error.ts';
import { credentialVariable, readCredentials } from './credentials.ts';
import { readVariable } from './environment.ts';
import type { Environment } from './environment.ts';

/** An account with the URL of the API and the credentials for it. */
export type Account = {
  readonly accountId: string;
  readonly baseUrl: string;
  readonly credentials: CredentialSource;
  /** The environment variables that the account was read from; absent for an emulated account. */
  readonly origin?: AccountVariables;
};

export type AccountOptions = {
  /** Called with every secret that is read from a file, before it is used. */
  readonly onSecret?: (secret: string) => void;
  /** Advice for a user without an account. */
  readonly alternative?: string;
};

const DEFAULT_BASE_URL = 'https://api.cloudflare.com/client/v4';

/**
 * Reads the account from the environment variables that Cloudflare's own clients use. Throws a `ConfigError` that lists every missing and
 * every invalid variable, and none of their values.
 */
export function readAccount(
  environment: Environment,
  { onSecret = () => {}, alternative = 'use --emulator to run without an account' }: AccountOptions = {},
): Account {
  const accountId = readVariable(environment, 'CLOUDFLARE_ACCOUNT_ID');
  // An empty variable is a mistake in a script. It must not select the real API.
  const url = URL.parse(environment['CLOUDFLARE_BASE_URL']?.trim() ?? DEFAULT_BASE_URL);
  const urlError = checkBaseUrl(url);
  const { credentials, error: credentialError } = readCredentials(environment, onSecret);
  const errors = [
    checkAccountId(accountId, alternative),
    urlError === null ? null : `CLOUDFLARE_BASE_URL: ${urlError}`,
    credentialError,
  ].filter((error) => error !== null);
  if (url === null || credentials === null || errors.length > 0) throw new ConfigError(errors.join('\n'));
  const origin = {
    credential: credentialVariable(environment),
    baseUrl: environment['CLOUDFLARE_BASE_URL'] === undefined ? null : 'CLOUDFLARE_BASE_URL',
  };
  return { accountId, baseUrl: url.href.replace(/\/+$/, ''), credentials, origin };
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

const ACCOUNT_ID = /^\w{1,32}$/;

function checkAccountId(accountId: string, alternative: string): string | null {
  if (accountId === '') return `CLOUDFLARE_ACCOUNT_ID: expected the id of an account, found nothing; ${alternative}`;
  if (ACCOUNT_ID.test(accountId)) return null;
  return 'CLOUDFLARE_ACCOUNT_ID: expected at most 32 letters and digits, found a different value; copy the account id from the dashboard';
}

function checkBaseUrl(url: URL | null): string | null {
  if (url === null) return `expected a URL such as ${DEFAULT_BASE_URL}, found a different value`;
  if (url.username !== '' || url.password !== '') return 'expected a URL without a user name and a password';
  if (/[?#]/.test(url.href)) return 'expected a URL without a query and a fragment';
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:') return `expected https:, found ${url.protocol}`;
  const isLoopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return isLoopback
    ? null
    : 'expected https:, found http:, which would send the token unencrypted (allowed for loopback only)';
}
