import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { formatDuration } from '../core/base/duration.ts';
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
  const reread = tokenReader(path, onSecret);
  const read = async (): Promise<TokenReading> => {
    try {
      return { token: await reread(), problem: null };
    } catch (error) {
      return { token: current.token, problem: describeTokenError(error) }; // The file is being swapped, or has no valid token.
    }
  };
  let last: TokenReading = { token: current.token, problem: null };
  let reported: string | null = null;
  return {
    current: () => current,
    reload: async (refused) => {
      const { token } = await read();
      if (token !== current.token) current = { token };
      return current !== refused;
    },
    watch: (onChange, onProblem = () => {}) => {
      let isReading = false;
      let isWatching = true;
      const check = async () => {
        const now = await read();
        if (!isWatching) return;
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
      };
      const timer = setInterval(() => {
        if (isReading) return;
        isReading = true;
        void check().finally(() => {
          isReading = false;
        });
      }, POLL_INTERVAL_MS);
      return () => {
        isWatching = false;
        clearInterval(timer);
      };
    },
  };
}

/** The content of a token file. If it has a problem, `token` is the last valid one. */
type TokenReading = { readonly token: string; readonly problem: string | null };

/** Matches values that are safe in an HTTP header. With any other value, every request would fail with a less helpful message. */
export const HEADER_SAFE = /^[\x21-\x7e]+$/;

/** The maximum size of a token file. A token is far smaller. */
const MAX_BYTES = 8192;

/** A named pipe must not block the process until it has a writer. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

type OnSecret = (secret: string) => void;

/**
 * Returns the token that a file holds now. Throws the error of the file system, or a `TypeError` if the content is not a token of at
 * least `minLength` characters; see `describeTokenError`. A file system that hangs blocks it, so a running daemon uses `tokenReader`.
 */
export function readToken(path: string, onSecret: OnSecret, minLength = 1): string {
  const fd = openSync(path, OPEN_FLAGS);
  try {
    requireFile(fstatSync(fd));
    const bytes = Buffer.alloc(MAX_BYTES + 1);
    return tokenIn(bytes.subarray(0, readSync(fd, bytes)), onSecret, minLength);
  } finally {
    closeSync(fd);
  }
}

/** How long one read may take. */
const READ_TIMEOUT_MS = 2000;

/**
 * Returns a function that reads a token as `readToken` does, but never blocks the process. While its file system does not respond, the
 * one read that has begun goes on, and all calls share it: each would otherwise block one of the four threads that DNS needs as well.
 */
export function tokenReader(path: string, onSecret: OnSecret, minLength = 1): () => Promise<string> {
  let reading: Promise<string> | null = null;
  const read = async () => {
    const file = await open(path, OPEN_FLAGS);
    try {
      requireFile(await file.stat());
      const { buffer, bytesRead } = await file.read(Buffer.alloc(MAX_BYTES + 1));
      return tokenIn(buffer.subarray(0, bytesRead), onSecret, minLength);
    } finally {
      await file.close();
    }
  };
  const readOnce = async () => {
    try {
      return await read();
    } finally {
      reading = null;
    }
  };
  return async () => {
    reading ??= readOnce();
    const timeout = Promise.withResolvers<never>();
    const timer = setTimeout(() => timeout.reject(new TypeError(NOT_RESPONDING)), READ_TIMEOUT_MS);
    try {
      return await Promise.race([reading, timeout.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
}

const NOT_RESPONDING = `expected a file that holds the token, found that its file system has not responded within ${formatDuration(READ_TIMEOUT_MS)}`;

function requireFile(stats: { readonly isFile: () => boolean }): void {
  if (stats.isFile()) return;
  throw new TypeError('expected a file that holds a token, found a path that is not a regular file');
}

function tokenIn(bytes: Buffer, onSecret: OnSecret, minLength: number): string {
  if (bytes.length > MAX_BYTES) throw new TypeError(`expected a token, found more than ${MAX_BYTES} bytes`);
  // A shell of Windows writes UTF-16 by default.
  if (isUtf16(bytes)) throw new TypeError('expected UTF-8, found UTF-16; save the file as UTF-8');
  const token = bytes.toString('utf8').trim();
  onSecret(token);
  checkToken(token, minLength);
  return token;
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
