import { fixedCredentials } from '../core/base/credentials.ts';
import type { CredentialSource } from '../core/base/credentials.ts';
import { adviceForOtherNames, readVariable } from './environment.ts';
import type { Environment } from './environment.ts';
import { describeTokenError, HEADER_SAFE, tokenFileCredentials, whyNotToken } from './token-file.ts';

export type CredentialsResult =
  | { readonly credentials: CredentialSource; readonly error: null }
  | { readonly credentials: null; readonly error: string };

/** Reads the credentials. A token takes precedence over email and key, because its permissions can be limited. */
export function readCredentials(environment: Environment, onSecret: (secret: string) => void): CredentialsResult {
  const token = readVariable(environment, 'CLOUDFLARE_API_TOKEN');
  const file = readVariable(environment, 'CLOUDFLARE_API_TOKEN_FILE');
  const email = readVariable(environment, 'CLOUDFLARE_EMAIL');
  const key = readVariable(environment, 'CLOUDFLARE_API_KEY');
  if (token !== '' && file !== '') {
    // One of them would be ignored, and changing it would have no effect.
    return invalid('CLOUDFLARE_API_TOKEN and CLOUDFLARE_API_TOKEN_FILE: expected one of them, found both; unset one');
  }
  if (token !== '') return fromToken(token);
  if (file !== '') return fromFile(file, onSecret);
  if (email !== '' || key !== '') return fromEmailAndKey(email, key);
  return invalid(
    'CLOUDFLARE_API_TOKEN: expected an API token with the permission Connectivity Directory Admin (Read is enough for a plan), found nothing; set it, or set CLOUDFLARE_API_TOKEN_FILE to a file that holds it' +
      adviceForOtherNames(environment, OTHER_TOKEN_NAMES, 'CLOUDFLARE_API_TOKEN'),
  );
}

/** Names that other tools read, and that Cloudflare's own clients have read in the past. */
const OTHER_TOKEN_NAMES = [
  'CF_API_TOKEN',
  'CLOUDFLARE_TOKEN',
  'CF_TOKEN',
  'CLOUDFLARE_DNS_API_TOKEN',
  'CF_DNS_API_TOKEN',
];

/** Returns the name of the variable, or variables, whose credentials `readCredentials` returns. */
export function credentialVariable(environment: Environment): string {
  const variable = ['CLOUDFLARE_API_TOKEN', 'CLOUDFLARE_API_TOKEN_FILE'].find(
    (name) => readVariable(environment, name) !== '',
  );
  return variable ?? 'CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY';
}

function fromToken(token: string): CredentialsResult {
  const problem = whyNotToken(token);
  return problem === null ? valid(fixedCredentials({ token })) : invalid(`CLOUDFLARE_API_TOKEN: ${problem}`);
}

function fromFile(file: string, onSecret: (secret: string) => void): CredentialsResult {
  try {
    return valid(tokenFileCredentials(file, onSecret));
  } catch (error) {
    // A value without a slash can be the token itself, in the wrong variable.
    const reason = describeTokenError(error, file.includes('/') ? `"${file}"` : 'it');
    return invalid(`CLOUDFLARE_API_TOKEN_FILE: ${reason}`);
  }
}

function fromEmailAndKey(email: string, key: string): CredentialsResult {
  const variables = 'CLOUDFLARE_EMAIL and CLOUDFLARE_API_KEY';
  if (email === '' || key === '') {
    return invalid(`${variables}: expected both, found one; set both, or an API token in CLOUDFLARE_API_TOKEN`);
  }
  const problem = whyNotToken(key);
  if (HEADER_SAFE.test(key) && problem !== null) {
    return invalid(`CLOUDFLARE_API_KEY: ${problem.replaceAll('token', 'key')}`);
  }
  if (HEADER_SAFE.test(email) && problem === null) return valid(fixedCredentials({ email, key }));
  return invalid(`${variables}: expected printable ASCII characters without spaces, found other characters`);
}

function valid(credentials: CredentialSource): CredentialsResult {
  return { credentials, error: null };
}

function invalid(error: string): CredentialsResult {
  return { credentials: null, error };
}
