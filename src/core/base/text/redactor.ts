import { secretForms } from './secret-forms.ts';
import type { SecretForms } from './secret-forms.ts';

/** Keeps the secrets of the process out of everything it writes. */
export type Redactor = {
  /** Trims secrets and adds them. Ignores values that are absent or shorter than 8 characters. */
  readonly add: (...values: readonly (string | undefined)[]) => void;
  /**
   * Returns the text with `[redacted]` in place of every secret, whether the secret is plain, in Base64 or hexadecimal, or with any of its
   * characters escaped as in JSON, HTML or a URL. Pass whole lines: a secret split across two texts is not found.
   */
  readonly redact: (text: string) => string;
};

/** Shorter values occur in ordinary text by chance, and protect nothing because they can be guessed. */
export const MIN_SECRET_LENGTH = 8;

/** A private-use character that no text contains. A secret could otherwise match part of an inserted `[redacted]`. */
const MARK = '\u{F8FFF}';

/** Returns a redactor without secrets. `publicValues` and their parts are never redacted, even if they are added as secrets. */
export function redactor(publicValues: readonly string[] = []): Redactor {
  const seen = new Set(publicValues);
  const secrets: Secret[] = [];
  return {
    add: (...values) => {
      for (const value of values) {
        const secret = value?.trim() ?? '';
        if (secret.length < MIN_SECRET_LENGTH || seen.has(secret)) continue;
        // For example the name of the variable that should hold the secret. Redacted, the message about it would name no variable.
        if (publicValues.some((other) => other.includes(secret))) continue;
        seen.add(secret);
        secrets.push({ secret, ...secretForms(secret, MIN_START_LENGTH) });
        // One secret may begin with another: replacing the longest first leaves nothing of it behind.
        secrets.sort((one, other) => other.secret.length - one.secret.length);
      }
    },
    redact: (text) => secrets.reduce(replaceSecret, text).replaceAll(MARK, '[redacted]'),
  };
}

type Secret = SecretForms & { readonly secret: string };

/** Messages may quote only the beginning of a long value. This many characters of a secret do not occur by chance. */
const MIN_START_LENGTH = 16;

function replaceSecret(text: string, { encoded, escaped }: Secret): string {
  return encoded.reduce((rest, form) => replaceEncoded(rest, form, encoded), text.replaceAll(escaped, MARK));
}

/** Replaces an encoding of a secret, also if it is truncated. If several begin alike, replaces the longest match. */
function replaceEncoded(text: string, form: string, others: readonly string[]): string {
  const start = form.slice(0, MIN_START_LENGTH);
  let rest = text;
  for (let at = rest.indexOf(start); at >= 0; at = rest.indexOf(start, at + MARK.length)) {
    const length = Math.max(...others.map((other) => commonLength(other, rest, at)));
    rest = rest.slice(0, at) + MARK + rest.slice(at + length);
  }
  return rest;
}

/** Returns how many characters of `form` are in `text` from `at` on. */
function commonLength(form: string, text: string, at: number): number {
  let length = 0;
  while (length < form.length && text[at + length] === form[length]) length += 1;
  return length;
}
