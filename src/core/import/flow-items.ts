import { insert, lineBreakOf, lineEnd, lineStart, remove, startOfNextLine } from './text-edit.ts';
import type { TextEdit } from './text-edit.ts';

/** A pair or an item between `{ }` or `[ ]`, from its first to after its last character. */
export type FlowItem = { readonly start: number; readonly end: number; readonly kept: boolean };

/** Text to add after the item at an index; before all items if it is -1. */
export type FlowInsertion = { readonly after: number; readonly text: string };

/**
 * Returns the edits that remove and add items between brackets. At least one item is kept. Items on lines of their own get lines of
 * their own.
 */
export function editFlowItems(
  text: string,
  items: readonly FlowItem[],
  insertions: readonly FlowInsertion[],
): readonly TextEdit[] {
  const firstKept = items.findIndex(({ kept }) => kept);
  return [
    ...removeFlowItems(text, items),
    ...insertions.flatMap(({ after, text: added }) => {
      const anchor = items[items.findLastIndex(({ kept }, index) => kept && index <= after)];
      const first = items[firstKept];
      if (anchor !== undefined) return insertAfter(text, anchor, added);
      return first === undefined ? [] : [insert(first.start, `${added},${separatorBefore(text, first)}`)];
    }),
  ];
}

/** Removes each item with its comma, and with its comment if it is alone on its line. */
function removeFlowItems(text: string, items: readonly FlowItem[]): readonly TextEdit[] {
  const lastKept = items.findLastIndex(({ kept }) => kept);
  const [kept, last] = [items[lastKept], items.at(-1)];
  const edits = items.slice(0, lastKept).flatMap((item, index) => {
    const next = items[index + 1];
    if (item.kept || next === undefined) return [];
    const isAlone = separatorBefore(text, item) !== ' ' && separatorBefore(text, next) !== ' ';
    return [
      isAlone ? remove(lineStart(text, item.start), lineStart(text, next.start)) : remove(item.start, next.start),
    ];
  });
  if (kept === undefined || last === undefined || kept === last) return edits;
  const [firstRemoved] = items.slice(lastKept + 1);
  const hasOwnLines = firstRemoved !== undefined && separatorBefore(text, firstRemoved) !== ' ';
  if (hasOwnLines && /^\s*,\s*(?:#.*)?$/.test(text.slice(last.end, lineEnd(text, last.end)))) {
    return [...edits, remove(lineStart(text, firstRemoved.start), startOfNextLine(text, last.end))];
  }
  const end = lineEnd(text, kept.end);
  if (!/^\s*,\s*#/.test(text.slice(kept.end, end))) return [...edits, remove(kept.end, last.end)];
  // The comment belongs to the item that is kept.
  const comma = text.indexOf(',', kept.end);
  return [...edits, remove(comma, comma + 1), remove(end, last.end)];
}

/** Adds an item after another one. A comment at the end of the line stays with the item that it follows. */
function insertAfter(text: string, item: FlowItem, added: string): readonly TextEdit[] {
  const separator = separatorBefore(text, item);
  const rest = text.slice(item.end, lineEnd(text, item.end));
  const hasComment = /^\s*,?\s*#/.test(rest);
  if (separator === ' ' || !hasComment) return [insert(item.end, `,${separator}${added}`)];
  const hasComma = /^\s*,/.test(rest);
  return [
    ...(hasComma ? [] : [insert(item.end, ',')]),
    insert(lineEnd(text, item.end), `${separator}${added}${hasComma ? ',' : ''}`),
  ];
}

/** Returns what separates an item from the one before it: a line break and its indentation, or a space. */
function separatorBefore(text: string, { start }: FlowItem): string {
  const from = lineStart(text, start);
  const before = text.slice(from, start);
  return from > 0 && before.trim() === '' ? lineBreakOf(text) + before : ' ';
}
