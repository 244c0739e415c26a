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
  const kept = items.filter((item) => item.kept);
  return [
    ...removeFlowItems(text, items),
    ...insertions.flatMap(({ after, text: added }) => {
      const anchor = kept[items.slice(0, after + 1).filter((item) => item.kept).length - 1];
      if (anchor !== undefined) return insertAfter(text, anchor, added);
      return kept.slice(0, 1).map((first) => insert(first.start, `${added},${separatorBefore(text, first)}`));
    }),
  ];
}

/** Removes each item with its comma, and with its comment if it is alone on its line. */
function removeFlowItems(text: string, items: readonly FlowItem[]): readonly TextEdit[] {
  const lastKept = items.findLastIndex(({ kept }) => kept);
  const between = items.slice(0, lastKept).flatMap((item, index) => {
    const next = items[index + 1];
    if (item.kept || next === undefined) return [];
    const isAlone = beginsLine(text, item) && beginsLine(text, next);
    return [
      isAlone ? remove(lineStart(text, item.start), lineStart(text, next.start)) : remove(item.start, next.start),
    ];
  });
  const [kept, first] = items.slice(Math.max(0, lastKept));
  const last = items.at(-1);
  if (kept === undefined || first === undefined || last === undefined) return between;
  if (beginsLine(text, first) && /^\s*,\s*(?:#.*)?$/.test(restOfLine(text, last))) {
    return [...between, remove(lineStart(text, first.start), startOfNextLine(text, last.end))];
  }
  if (!/^\s*,\s*#/.test(restOfLine(text, kept))) return [...between, remove(kept.end, last.end)];
  // The comment belongs to the item that is kept.
  const comma = text.indexOf(',', kept.end);
  return [...between, remove(comma, comma + 1), remove(first.start, last.end)];
}

/** Adds an item after another one. A comment at the end of the line stays with the item that it follows. */
function insertAfter(text: string, item: FlowItem, added: string): readonly TextEdit[] {
  const separator = separatorBefore(text, item);
  const rest = restOfLine(text, item);
  const hasComment = /^\s*,?\s*#/.test(rest);
  if (!beginsLine(text, item) || !hasComment) return [insert(item.end, `,${separator}${added}`)];
  const hasComma = /^\s*,/.test(rest);
  return [
    ...(hasComma ? [] : [insert(item.end, ',')]),
    insert(lineEnd(text, item.end), `${separator}${added}${hasComma ? ',' : ''}`),
  ];
}

/** Returns what separates an item from the one before it: a line break and its indentation, or a space. */
function separatorBefore(text: string, item: FlowItem): string {
  return beginsLine(text, item) ? lineBreakOf(text) + text.slice(lineStart(text, item.start), item.start) : ' ';
}

/** Whether nothing but spaces is before an item in its line. */
function beginsLine(text: string, { start }: FlowItem): boolean {
  return text.slice(lineStart(text, start), start).trim() === '';
}

function restOfLine(text: string, { end }: FlowItem): string {
  return text.slice(end, lineEnd(text, end));
}
