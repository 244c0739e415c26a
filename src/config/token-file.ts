import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { CredentialSource } from '../core/base/credentials.ts';
import { describeErrorCode, systemErrorCode } from '../core/base/errno.ts';

/** File events miss some swaps of symbolic links, and reading a small file costs little. */
const POLL_INTERVAL_MS = 1000;

/**
 * Returns a credential source for an API token in a file, whose content can change: Kubernetes swaps the symbolic links of a secret, and
 * people edit files in place. Throws as `readToken` does if there is no token now. If the file later has no valid token, the last one
 * stays in use: the API decides whether it is valid, and the report shows a denial. `onSecret` is called with every token before it is used.
 */
export function tokenFileCredentials(path: string, onSecret: (secret: string) => void): CredentialSource {
  let current = { token: readToken(path, onSecret) };
  let polled = current.token;
  const readOrKeep = (): string => {
    try {
      return readToken(path, onSecret);
    } catch {
      return current.token; // The file is being swapped, or has no valid token.
    }
  };
  return {
    current: () => current,
    reload: (refused) => {
      const token = readOrKeep();
      if (token !== current.token) current = { token };
      return current !== refused;
    },
    watch: (onChange) => {
      const timer = setInterval(() => {
        const token = readOrKeep();
        // A file that is edited in place can be half written, so a new token must be read twice in a row.
        const isConfirmed = token === polled;
        polled = token;
        if (!isConfirmed || token === current.token) return;
        current = { token };
        onChange();
      }, POLL_INTERVAL_MS);
      return () => clearInterval(timer);
    },
  };
}

/** Matches values that are safe in an HTTP header. With any other value, every request would fail with a less helpful message. */
export const HEADER_SAFE = /^[\x21-\x7e]+$/;

/** The maximum size of a token file. A token is far smaller. */
const MAX_BYTES = 8192;

/**
 * Returns the token that a file holds now. Throws the error of the file system, or a `TypeError` if the content is not a token of at
 * least `minLength` characters; see `describeTokenError`. Never blocks, even if the path is a named pipe.
 */
export function readToken(path: string, onSecret: (secret: string) => void, minLength = 1): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(fd).isFile())
      throw new TypeError('expected a file that holds a token, found a path that is not a regular file');
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    const length = readSync(fd, bytes);
    if (length > MAX_BYTES) throw new TypeError(`expected a token, found more than ${MAX_BYTES} bytes`);
    const token = bytes.toString('utf8', 0, length).trim();
    onSecret(token);
    checkToken(token, minLength);
    return token;
  } finally {
    closeSync(fd);
  }
}

function checkToken(token: string, minLength: number): void {
  if (token === '') throw new TypeError('expected a token, found an empty file');
  if (!HEADER_SAFE.test(token)) throw new TypeError(INVALID_TOKEN_MESSAGE);
  // A shorter token can be half written.
  if (token.length < minLength) {
    throw new TypeError(`expected a token of at least ${minLength} characters, found a shorter one`);
  }
}

export const INVALID_TOKEN_MESSAGE =
  'expected a token of printable ASCII characters without spaces, found other characters';

/** Describes an error of `readToken` without any content of the file. `name` is what the message calls the file. */
export function describeTokenError(error: unknown, name = 'it'): string {
  if (error instanceof TypeError) return error.message;
  // The message of an error without a code can contain anything.
  const code = systemErrorCode(error) ?? 'unknown error';
  return `expected a file that holds the token, found that ${name} cannot be read: ${describeErrorCode(code)}`;
}
