import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { CredentialSource } from '../core/base/credentials.ts';
import { errnoText, systemErrorCode } from '../core/base/errno.ts';

/** Events do not tell of every swap of a link, and a look costs nothing. */
const LOOK_EVERY_MS = 1000;

/**
 * The API token in a file, which may hold another one later: Kubernetes swaps the links of a secret, people write in place. Now there must
 * be one in it: throws as `readToken` does. Later, a file that is gone or holds none leaves the token as it was: the API is the judge of
 * it, and if it is refused, the report says so. `onSecret` is told of every token before anything is done with it.
 */
export function tokenFile(path: string, onSecret: (secret: string) => void): CredentialSource {
  let current = { token: readToken(path, onSecret) };
  /** What the last look saw. A file that is written in place may be half there: what is seen twice is believed. */
  let seen = current.token;
  const look = (): string => {
    try {
      return readToken(path, onSecret);
    } catch {
      return current.token; // In the middle of a swap, or for longer; see above.
    }
  };
  return {
    current: () => current,
    reload: (refused) => {
      const token = look();
      if (token !== current.token) current = { token };
      return current !== refused;
    },
    watch: (onChange) => {
      const timer = setInterval(() => {
        const token = look();
        const believed = token === seen && token !== current.token;
        seen = token;
        if (!believed) return;
        current = { token };
        onChange();
      }, LOOK_EVERY_MS);
      return () => clearInterval(timer);
    },
  };
}

/** What may stand in a header; anything else would fail at every request, with a worse message. */
export const HEADER_SAFE = /^[\x21-\x7e]+$/;

/** Far above any token; what is larger is another file. */
const MOST_BYTES = 8192;

/**
 * The token that a file holds now; one of fewer than `shortest` characters is none, for it may be half written. Throws the error of the file
 * system, or a `TypeError`: see `whyNoToken`. Never waits: a pipe that stands where the file stood would hold up the whole process.
 */
export function readToken(path: string, onSecret: (secret: string) => void, shortest = 1): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new TypeError('expected a file that holds a token, found what is no regular file');
    const bytes = Buffer.alloc(MOST_BYTES + 1);
    const length = readSync(fd, bytes);
    if (length > MOST_BYTES) throw new TypeError(`expected a token, found more than ${MOST_BYTES} bytes`);
    const token = bytes.toString('utf8', 0, length).trim();
    onSecret(token);
    if (HEADER_SAFE.test(token)) {
      if (token.length >= shortest) return token;
      throw new TypeError(`expected a token of at least ${shortest} characters, found a shorter one`);
    }
    const found = token === '' ? 'nothing' : 'others';
    throw new TypeError(`expected a token of printable characters without spaces, found ${found}`);
  } finally {
    closeSync(fd);
  }
}

/** What `readToken` threw, in words: without anything of what is in the file, which is called `it` unless it has a better name. */
export function whyNoToken(error: unknown, it = 'it'): string {
  if (error instanceof TypeError) return error.message;
  // Without a code, its words may hold anything.
  const code = systemErrorCode(error) ?? 'unknown error';
  return `expected a file that holds the token, found that ${it} cannot be read: ${errnoText(code)}`;
}
