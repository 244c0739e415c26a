import type { Json } from '../../base/json.ts';
import { describeValue } from '../explain-issue.ts';
import { ESCAPED_START, formatReference, REFERENCE_START, splitReferences } from './reference.ts';
import type { TextPart } from './reference.ts';

/** The value of a name. `source` is how its file writes a number or a boolean; null for anything else. */
export type NamedValue = { readonly value: Json; readonly source: string | null };

/** The result of replacing the references of a text: its value, or what is wrong. */
export type Expanded = NamedValue | { readonly fault: string };

/** Far above any host name. Thousands of references can each insert a long value, and all results are in memory at a time. */
const MAX_LENGTH = 1000;

/**
 * Replaces the references of a text. A text that is a single reference becomes the value itself, of any type; otherwise numbers and
 * booleans are inserted as their file writes them.
 */
export function expandText(text: string, lookUp: (name: string) => Expanded): Expanded {
  if (!text.includes(REFERENCE_START)) return { value: text, source: null };
  const parts = splitReferences(text);
  const [first] = parts;
  if (parts.length === 1 && first?.kind === 'reference') return lookUp(first.name);
  let expanded = '';
  for (const part of parts) {
    const piece = expandPart(part, lookUp);
    if (typeof piece !== 'string') return piece;
    expanded += piece;
    if (expanded.length > MAX_LENGTH) {
      return { fault: `expected at most ${MAX_LENGTH} characters after inserting the values, found more` };
    }
  }
  return { value: expanded, source: null };
}

/** Returns what replaces one part of a longer text, or what is wrong. */
function expandPart(part: TextPart, lookUp: (name: string) => Expanded): string | { readonly fault: string } {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'unclosed':
      return { fault: `found "${REFERENCE_START}" without "}"; write "${ESCAPED_START}" for the text itself` };
    case 'reference': {
      const named = lookUp(part.name);
      if ('fault' in named) return named;
      if (typeof named.value === 'string') return named.value;
      if (typeof named.value === 'number' || typeof named.value === 'boolean') return named.source ?? `${named.value}`;
      const found = describeValue(named.value);
      return { fault: `expected text or a number to insert for ${formatReference(part.name)}, found ${found}` };
    }
  }
}
