import { diffArrays } from 'diff';
import type { Json } from '../base/json.ts';
import { formatValue } from '../base/format-value.ts';
import { escapeNonAscii, looksAlike } from '../base/text/look-alike.ts';
import type { Change } from '../compare/compare.ts';

/** An element of a list that changed. `live` elements are removed, `declared` elements are added, others stay. */
export type ListElement = { readonly side: 'both' | 'live' | 'declared'; readonly text: string };

/** Compares the elements of a changed list, in order. Returns null for any other change, and for lists of one element. */
export function diffList(change: Change): readonly ListElement[] | null {
  if (!isLongList(change)) return null;
  const [live, declared] = [elementsOf(change.live), elementsOf(change.declared)];
  return diffArrays(distinguish(live, declared), distinguish(declared, live)).flatMap(
    ({ added, removed, value: texts }) =>
      texts.map((text): ListElement => ({ side: added ? 'declared' : removed ? 'live' : 'both', text })),
  );
}

/** Whether both sides are lists or unset, and one of them has several elements. */
export function isLongList({ live, declared }: Change): boolean {
  const sides = [live, declared];
  return (
    sides.every((side) => side === null || Array.isArray(side)) && sides.some((side) => elementsOf(side).length > 1)
  );
}

function elementsOf(json: Json): readonly string[] {
  return Array.isArray(json) ? json.map(formatValue) : [];
}

/** Escapes the elements that look like a different element of the other list. */
function distinguish(texts: readonly string[], others: readonly string[]): string[] {
  return texts.map((text) => (others.some((other) => looksAlike(text, other)) ? escapeNonAscii(text) : text));
}
