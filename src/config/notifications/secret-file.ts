import { describeTokenError, readToken, tokenReader } from '../token-file.ts';
import { whyNotUrl } from './notification-settings.ts';

/** The content of a secret file. */
export type SecretKind = 'token' | 'URL' | 'signing secret';

export type SecretFileOptions = {
  readonly kind: SecretKind;
  readonly path: string;
  /** Called with every secret before it is used. */
  readonly onSecret: (secret: string) => void;
  /** Called with the reason when the file no longer holds a valid secret, and with null once it does again. */
  readonly onProblem: (problem: string | null) => void;
};

/** A secret that can be replaced while the program runs. */
export type SecretFile = {
  /** Returns why the file holds no valid secret now, without any of its content; null if it does. Blocks while the file is read. */
  readonly check: () => string | null;
  /**
   * Reads the file again, without blocking, and returns its secrets: the current one first, then the one before it, which counts for
   * another day. While the file holds no valid secret, the last one stays in use. Empty if there has never been one.
   */
  readonly read: () => Promise<readonly string[]>;
};

/** How long after a change a receiver may still verify signatures of the secret before. */
const ROTATION_MS = 24 * 3_600_000;

/** Opens a file that holds one secret. `now` returns milliseconds of a monotonic clock. */
export function secretFile({ kind, path, onSecret, onProblem }: SecretFileOptions, now: () => number): SecretFile {
  let current: string | null = null;
  let previous: { readonly secret: string; readonly until: number } | null = null;
  let lastProblem: string | null = null;
  const readAgain = tokenReader(path, onSecret);
  const use = (secret: string) => {
    const problem = whyNotSecret(secret, kind);
    if (problem !== null) throw new TypeError(problem);
    if (current !== null && secret !== current) previous = { secret: current, until: now() + ROTATION_MS };
    current = secret;
  };
  const report = (problem: string | null) => {
    if (problem !== lastProblem) onProblem(problem);
    lastProblem = problem;
  };
  return {
    check: () => {
      try {
        use(readToken(path, onSecret));
        return null;
      } catch (error) {
        return describe(error, kind);
      }
    },
    read: async () => {
      try {
        use(await readAgain());
        report(null);
      } catch (error) {
        report(describe(error, kind));
      }
      if (current === null) return [];
      return previous !== null && now() < previous.until ? [current, previous.secret] : [current];
    },
  };
}

/** Returns the key of a secret such as `whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw`; null if it is not one. */
export function signingKey(secret: string): Buffer | null {
  const [, base64] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  if (base64 === undefined) return null;
  const key = Buffer.from(base64, 'base64');
  return key.length >= MIN_KEY_BYTES && key.length <= MAX_KEY_BYTES ? key : null;
}

/** https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md#signature-scheme */
const MIN_KEY_BYTES = 24;
const MAX_KEY_BYTES = 64;

function whyNotSecret(secret: string, kind: SecretKind): string | null {
  switch (kind) {
    case 'token':
      return null;
    case 'URL':
      return whyNotUrl(secret, { allowsHttp: false });
    case 'signing secret':
      if (signingKey(secret) !== null) return null;
      return `expected whsec_ and the Base64 of ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} random bytes, found a different value`;
  }
}

function describe(error: unknown, kind: SecretKind): string {
  return describeTokenError(error).replaceAll(/\btoken\b/g, kind);
}
