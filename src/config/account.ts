import { fixedCredentials } from '../core/base/credentials.ts';
import type { AccountVariables, CredentialSource } from '../core/base/credentials.ts';
import { ConfigError } from './load-config.ts';
import { HEADER_SAFE, tokenFile, whyNoToken } from './token-file.ts';

/** Whose services, where the API is, and how to prove who asks. */
export type Account = {
  readonly accountId: string;
  readonly baseUrl: string;
  readonly credentials: CredentialSource;
  /** Which variables say so; nothing where none does. */
  readonly origin?: AccountVariables;
};

export type AccountOptions = {
  /** Told of what is read from a file, before anything is done with it. */
  readonly onSecret?: (secret: string) => void;
  /** What somebody may do who has no account. */
  readonly otherwise?: string;
};

const DEFAULT_BASE_URL = 'https://api.cloudflare.com/client/v4';

/**
 * Reads the account from the variables that Cloudflare's own clients use. Throws a `ConfigError` that names everything missing
 * or malformed, and never a value of it.
 */
export function readAccount(
  environment: Readonly<Record<string, string | undefined>>,
  { onSecret = () => {}, otherwise = 'try --emulator to do without one' }: AccountOptions = {},
): Account {
  const faults: string[] = [];
  const accountId = readAccountId(environment);
  if (accountId === '') {
    faults.push(`CLOUDFLARE_ACCOUNT_ID: expected the id of the account, found nothing; ${otherwise}`);
  } else if (!ACCOUNT_ID.test(accountId)) {
    faults.push(
      'CLOUDFLARE_ACCOUNT_ID: expected at most 32 letters and digits, as in the dashboard, found something else',
    );
  }
  // Set but empty is a script that lost its variable: it must not reach the real API by that.
  const url = URL.parse(environment['CLOUDFLARE_BASE_URL']?.trim() ?? DEFAULT_BASE_URL);
  const urlFault = faultOfBaseUrl(url);
  if (urlFault !== null) faults.push(`CLOUDFLARE_BASE_URL: ${urlFault}`);
  const credentials = readCredentials(environment, faults, onSecret);
  if (url === null || credentials === null || faults.length > 0) throw new ConfigError(faults.join('\n'));
  const origin = {
    credential: credentialIn(environment),
    baseUrl: environment['CLOUDFLARE_BASE_URL'] === undefined ? null : 'CLOUDFLARE_BASE_URL',
  };
  return { accountId, baseUrl: url.href.replace(/\/+$/, ''), credentials, origin };
}

/** Which account and which credential are set, without the credential: for people who wonder. */
export function describeAccount(environment: Readonly<Record<string, string | undefined>>): string {
  const names = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_TOKEN_FILE', 'CLOUDFLARE_EMAIL', 'CLOUDFLARE_API_KEY'];
  const given = names.filter((name) => (environment[name]?.trim() ?? '') !== '');
  const accountId = readAccountId(environment);
  // What is no account id may be a token in the wrong place.
  const account = ACCOUNT_ID.test(accountId) ? accountId : accountId === '' ? 'not set' : 'malformed';
  return `account ${account}, credentials ${given.length === 0 ? 'not set' : `from ${given.join(', ')}`}`;
}

const ACCOUNT_ID = /^\w{1,32}$/;

function readAccountId(environment: Readonly<Record<string, string | undefined>>): string {
  return environment['CLOUDFLARE_ACCOUNT_ID']?.trim() ?? '';
}

/** The token wins over e-mail and key, which other programs may want: it can be limited to what is needed. */
function readCredentials(
  environment: Readonly<Record<string, string | undefined>>,
  faults: string[],
  onSecret: (secret: string) => void,
): CredentialSource | null {
  const file = environment['CLOUDFLARE_API_TOKEN_FILE']?.trim() ?? '';
  const token = environment['CLOUDFLARE_API_TOKEN'] ?? '';
  const email = environment['CLOUDFLARE_EMAIL']?.trim() ?? '';
  const key = environment['CLOUDFLARE_API_KEY']?.trim() ?? '';
  if (token.trim() !== '' && file !== '') {
    // One of them would stand there for nothing, and be changed in vain.
    faults.push(
      'CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_TOKEN_FILE: expected one of them, found both; unset the one that is not meant',
    );
    return null;
  }
  if (token.trim() !== '') {
    if (HEADER_SAFE.test(token.trim())) return fixedCredentials({ token: token.trim() });
    faults.push('CLOUDFLARE_API_TOKEN: expected a token of printable characters without spaces, found others');
    return null;
  }
  if (file !== '') {
    try {
      return tokenFile(file, onSecret);
    } catch (error) {
      // What is no path may be the token itself, in the wrong place.
      const why = whyNoToken(error, file.includes('/') ? file : 'what it names');
      faults.push(`CLOUDFLARE_API_TOKEN_FILE: ${why}`);
      return null;
    }
  }
  if (email !== '' && key !== '') {
    if (HEADER_SAFE.test(email) && HEADER_SAFE.test(key)) return fixedCredentials({ email, key });
    faults.push('CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY: expected printable characters without spaces, found others');
    return null;
  }
  if (email !== '' || key !== '') {
    faults.push(
      'CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY: expected both, found one; better: an API token in CLOUDFLARE_API_TOKEN',
    );
    return null;
  }
  faults.push(
    'CLOUDFLARE_API_TOKEN: expected an API token with the permission Connectivity Directory Admin (Read is enough for a plan), found nothing; CLOUDFLARE_API_TOKEN_FILE may name a file that holds it',
  );
  return null;
}

/** The variable of the credential that is used. */
function credentialIn(environment: Readonly<Record<string, string | undefined>>): string {
  const isSet = (name: string) => (environment[name]?.trim() ?? '') !== '';
  return ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_TOKEN_FILE'].find(isSet) ?? 'CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY';
}

function faultOfBaseUrl(url: URL | null): string | null {
  if (url === null) return 'expected a URL such as https://api.cloudflare.com/client/v4, found something else';
  if (url.username !== '' || url.password !== '') return 'expected a URL without a user name and a password';
  if (/[?#]/.test(url.href)) return 'expected a URL without ? and #';
  if (url.protocol === 'https:') return null;
  if (url.protocol !== 'http:') return `expected https:, found ${url.protocol}`;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  return loopback ? null : 'expected https: (plain http: only to loopback), for the token would be readable on the way';
}
