/** A part of a text: literal text, or a reference such as `${tunnels.berlin}`. `at` is the place in the text, in UTF-16 code units. */
export type TextPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reference'; readonly name: string; readonly at: number }
  | { readonly kind: 'unclosed'; readonly at: number };

/** The beginning of a reference. Files without it need no values. */
export const REFERENCE_START = '${';

/** How a text contains `${` itself. */
export const ESCAPED_START = '$${';

/** Splits a text into literal parts and references. `$${` is the literal text `${`. */
export function splitReferences(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let literal = '';
  let at = 0;
  while (at < text.length) {
    if (text.startsWith(ESCAPED_START, at)) {
      literal += REFERENCE_START;
      at += ESCAPED_START.length;
    } else if (text.startsWith(REFERENCE_START, at)) {
      if (literal !== '') parts.push({ kind: 'text', text: literal });
      literal = '';
      const end = text.indexOf('}', at);
      if (end < 0) return [...parts, { kind: 'unclosed', at }];
      parts.push({ kind: 'reference', name: text.slice(at + REFERENCE_START.length, end).trim(), at });
      at = end + 1;
    } else {
      literal += text[at];
      at += 1;
    }
  }
  return literal === '' ? parts : [...parts, { kind: 'text', text: literal }];
}

/** Returns a reference as it is written in a file. */
export function formatReference(name: string): string {
  return `${REFERENCE_START}${name}}`;
}
