import { asMarkup } from './printable.ts';

/** Knows the secrets of the process and keeps them out of whatever it writes. */
export type SecretKeeper = {
  /** From now on these are hidden. What is absent or short is passed over; space around a value is no part of it. */
  readonly add: (...values: readonly (string | undefined)[]) => void;
  /**
   * The text with `[redacted]` for every secret, be it plain, escaped as in JSON or on a page, or percent-encoded. A secret that is parted
   * over two texts is not found: hide whole lines.
   */
  readonly hide: (text: string) => string;
};

/** Anything shorter stands in texts by chance, which would be shredded; and it protects nothing that can be guessed as fast. */
const SHORTEST = 8;

/** Of the characters that are nobody's. */
const MARK = '\u{F8FFF}';

/** `open` are values that anybody may see, even where somebody uses them as a secret. */
export function secretKeeper(open: readonly string[] = []): SecretKeeper {
  const known = new Set(open);
  const forms: string[] = [];
  return {
    add: (...values) => {
      const secrets = values.map((value) => value?.trim() ?? '').filter((value) => value.length >= SHORTEST);
      for (const secret of secrets) {
        if (known.has(secret)) continue;
        known.add(secret);
        forms.push(...formsOf(secret));
        // One secret may begin with another: the longest is looked for first, so that nothing is left of it.
        forms.sort((one, other) => other.length - one.length);
      }
    },
    // By a mark that no text has, or else a secret might stand in what was put there for another one.
    hide: (text) =>
      forms
        .reduce((rest, form) => withoutStart(rest.replaceAll(form, MARK), form, forms), text)
        .replaceAll(MARK, '[redacted]'),
  };
}

/** A long value may be cut where it is quoted: so much of the beginning of a secret is no chance. */
const SHORTEST_START = 16;

/** Several forms may begin alike: of them, the one counts of which the most is there. */
function withoutStart(text: string, form: string, forms: readonly string[]): string {
  const start = form.slice(0, SHORTEST_START);
  if (start.length < SHORTEST_START || start.length === form.length) return text;
  let rest = text;
  for (let at = rest.indexOf(start); at >= 0; at = rest.indexOf(start, at)) {
    const length = Math.max(...forms.map((each) => lengthInCommon(each, rest, at)));
    rest = rest.slice(0, at) + MARK + rest.slice(at + length);
  }
  return rest;
}

function lengthInCommon(form: string, text: string, at: number): number {
  let length = 0;
  while (length < form.length && text[at + length] === form[length]) length += 1;
  return length;
}

function formsOf(secret: string): ReadonlySet<string> {
  const json = JSON.stringify(secret).slice(1, -1);
  return new Set([secret, json, encodeURIComponent(secret.toWellFormed()), asMarkup(secret), asMarkup(json)]);
}
