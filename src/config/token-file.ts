import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { CredentialSource } from '../core/base/credentials.ts';
import { describeErrorCode, systemErrorCode } from '../core/base/errno.ts';

/** File events miss some swaps of symbolic links, and reading a small file costs little. */
const POLL_INTERVAL_MS = 1000;

/**
 * Returns a credential source for an API token in a file, whose content can change: Kubernetes swaps the symbolic links of a secret, and
 * people edit files in place. Throws as `readToken` does if there is no token now. If the file later has no valid token, the last one
 * stays in use: the API decides whether it is valid, and the watch reports the problem. `onSecret` is called with every token before it is used.
 */
export function tokenFileCredentials(path: string, onSecret: (secret: string) => void): CredentialSource {
  let current = { token: readToken(path, onSecret) };
  const read = (): TokenReading => {
    try {
      return { token: readToken(path, onSecret), problem: null };
    } catch (error) {
      return { token: current.token, problem: describeTokenError(error) }; // The file is being swapped, or has no valid token.
    }
  };
  let last: TokenReading = { token: current.token, problem: null };
  let reported: string | null = null;
  return {
    current: () => current,
    reload: (refused) => {
      const { token } = read();
      if (token !== current.token) current = { token };
      return current !== refused;
    },
    watch: (onChange, onProblem = () => {}) => {
      const timer = setInterval(() => {
        const now = read();
        // A file that is edited in place can be half written, so it must be the same twice in a row.
        const isConfirmed = now.token === last.token && now.problem === last.problem;
        last = now;
        if (!isConfirmed) return;
        if (now.problem !== reported) {
          reported = now.problem;
          onProblem(reported);
        }
        if (now.token === current.token) return;
        current = { token: now.token };
        onChange();
      }, POLL_INTERVAL_MS);
      return () => clearInterval(timer);
    },
  };
}

/** The content of a token file. If it has a problem, `token` is the last valid one. */
type TokenReading = { readonly token: string; readonly problem: string | null };

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
    // A shell of Windows writes UTF-16 by default.
    if (isUtf16(bytes.subarray(0, length))) throw new TypeError('expected UTF-8, found UTF-16; save the file as UTF-8');
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
  const problem = whyNotToken(token);
  if (problem !== null) throw new TypeError(problem);
  // A shorter token can be half written.
  if (token.length < minLength) {
    throw new TypeError(`expected a token of at least ${minLength} characters, found a shorter one`);
  }
}

/** Whether bytes are UTF-16: with a byte order mark, or with a zero byte in each of the first two characters. */
function isUtf16([first, second, third, fourth]: Uint8Array): boolean {
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) return true;
  return (first === 0 && third === 0) || (second === 0 && fourth === 0);
}

/** Mistakes that are made when a token is copied, and what to do about them. The first that matches applies. */
const MISTAKES: readonly { readonly pattern: RegExp; readonly found: string }[] = [
  { pattern: /^(["'`]).*\1$|^[\u2018-\u201f].*[\u2018-\u201f]$/s, found: 'quotes around it; remove the quotes' },
  { pattern: /^(?:authorization\s*:\s*)?bearer\s/i, found: '"Bearer" in front of it; keep only the token' },
  { pattern: /^(?:export\s+)?[A-Z][A-Z0-9_]*=[^=]/, found: '"NAME=" in front of it; keep only the token' },
  {
    pattern: /\$\{.*\}|\$\(.*\)|\{\{.*\}\}|^\$[A-Z_][A-Z0-9_]*$|^%\w+%$|^<.*>$/s,
    found: 'a placeholder that nothing has replaced; write the token itself',
  },
  {
    pattern: /^(?:CLOUDFLARE|CF|VPC_RECONCILER)_[A-Z_]+$/,
    found: 'the name of a variable; write the token itself',
  },
];

/** Returns why a text is not a token, without any part of it; null if it may be one. The API alone knows whether it is valid. */
export function whyNotToken(text: string): string | null {
  const mistake = MISTAKES.find(({ pattern }) => pattern.test(text));
  if (mistake !== undefined) return `expected a token, found ${mistake.found}`;
  return HEADER_SAFE.test(text) ? null : INVALID_TOKEN_MESSAGE;
}

const INVALID_TOKEN_MESSAGE = 'expected a token of printable ASCII characters without spaces, found other characters';

/** Describes an error of `readToken` without any content of the file. `name` is what the message calls the file. */
export function describeTokenError(error: unknown, name = 'it'): string {
  if (error instanceof TypeError) return error.message;
  // The message of an error without a code can contain anything.
  const code = systemErrorCode(error) ?? 'unknown error';
  return `expected a file that holds the token, found that ${name} cannot be read: ${describeErrorCode(code)}`;
}
