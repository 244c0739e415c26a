import { escapeHtml } from './escape.ts';

/** Keeps the secrets of the process out of everything it writes. */
export type Redactor = {
  /** Trims secrets and adds them. Ignores values that are absent or shorter than 8 characters. */
  readonly add: (...values: readonly (string | undefined)[]) => void;
  /**
   * Returns the text with `[redacted]` in place of every secret, whether the secret is plain, percent-encoded, or escaped for JSON or
   * HTML. Pass whole lines: a secret split across two texts is not found.
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
  const forms: string[] = [];
  return {
    add: (...values) => {
      const secrets = values.map((value) => value?.trim() ?? '').filter((value) => value.length >= MIN_SECRET_LENGTH);
      for (const secret of secrets) {
        // For example the name of the variable that should hold the secret. Redacted, the message about it would name no variable.
        if (seen.has(secret) || publicValues.some((value) => value.includes(secret))) continue;
        seen.add(secret);
        forms.push(...formsOf(secret));
        // One secret may begin with another: replacing the longest first leaves nothing of it behind.
        forms.sort((one, other) => other.length - one.length);
      }
    },
    redact: (text) =>
      forms
        .reduce((rest, form) => replaceStarts(rest.replaceAll(form, MARK), form, forms), text)
        .replaceAll(MARK, '[redacted]'),
  };
}

/** Messages may quote only the beginning of a long value. This many characters of a secret do not occur by chance. */
const MIN_START_LENGTH = 16;

/** Replaces truncated secrets. If several forms have the same beginning, replaces the longest match. */
function replaceStarts(text: string, form: string, forms: readonly string[]): string {
  const start = form.slice(0, MIN_START_LENGTH);
  if (start.length < MIN_START_LENGTH || start.length === form.length) return text;
  let rest = text;
  for (let at = rest.indexOf(start); at >= 0; at = rest.indexOf(start, at)) {
    const length = Math.max(...forms.map((other) => commonLength(other, rest, at)));
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

function formsOf(secret: string): ReadonlySet<string> {
  const json = JSON.stringify(secret).slice(1, -1);
  return new Set([secret, json, encodeURIComponent(secret.toWellFormed()), escapeHtml(secret), escapeHtml(json)]);
}
