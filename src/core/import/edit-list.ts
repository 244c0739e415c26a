import { isScalar } from 'yaml';
import type { ParsedNode, YAMLSeq } from 'yaml';
import { sameJson } from '../base/json.ts';
import type { Json } from '../base/json.ts';
import { editFlowItems } from './flow-items.ts';
import { formatValue } from './format-value.ts';
import type { Style } from './format-value.ts';
import { endsLine, insert, lineEnd, lineStart, remove, startOfNextLine } from './text-edit.ts';
import type { EditFault, TextEdit } from './text-edit.ts';

/** What happens to the items of a list: those with the same value stay where they are, with their comments. */
type ListChange = {
  /** By the index in the old list: the new value in its place, or null for an item that is removed. Items that stay are absent. */
  readonly changed: ReadonlyMap<number, Json | null>;
  /** New items, after the item of the old list at an index; -1 for the start. */
  readonly added: readonly { readonly after: number; readonly value: Json }[];
};

/** Returns the edits that give a list of scalars new items. */
export function editList(
  text: string,
  list: YAMLSeq.Parsed,
  items: readonly Json[],
  style: Style,
): readonly TextEdit[] | EditFault {
  const nodes: readonly ParsedNode[] = list.items;
  if (!nodes.every((node) => isScalar(node))) return { fault: 'an item of the list is not written as a single value' };
  const { changed, added } = diffLists(
    nodes.map((node) => node.value),
    items,
  );
  const replacements = nodes.flatMap((node, index): TextEdit[] => {
    const value = changed.get(index) ?? null;
    if (value === null) return [];
    const [start, end] = node.range;
    const written = formatValue(value, node, { ...style, flow: list.flow === true });
    return [{ start, end, text: endsLine(text, end) ? written + style.lineBreak : written }];
  });
  const isRemoved = (index: number) => changed.get(index) === null;
  if (list.flow !== true) return [...replacements, ...editBlockItems(text, nodes, { isRemoved, added, style })];
  const flowItems = nodes.map(({ range: [start, end] }, index) => ({ start, end, kept: !isRemoved(index) }));
  if (!flowItems.some(({ kept }) => kept)) {
    const [start, end] = list.range;
    return [{ start, end, text: formatValue(items, null, style) }];
  }
  return [
    ...replacements,
    ...editFlowItems(
      text,
      flowItems,
      added.map(({ after, value }) => ({ after, text: formatValue(value, null, { ...style, flow: true }) })),
    ),
  ];
}

type BlockChange = Pick<ListChange, 'added'> & {
  readonly isRemoved: (index: number) => boolean;
  readonly style: Style;
};

function editBlockItems(
  text: string,
  nodes: readonly ParsedNode[],
  { isRemoved, added, style }: BlockChange,
): readonly TextEdit[] {
  const [first] = nodes;
  if (first === undefined) return [];
  const prefix = text.slice(lineStart(text, first.range[0]), first.range[0]);
  return [
    ...nodes.flatMap((node, index) =>
      isRemoved(index) ? [remove(lineStart(text, node.range[0]), startOfNextLine(text, node.range[1]))] : [],
    ),
    ...added.map(({ after, value }) => {
      const line = prefix + formatValue(value, null, style);
      const anchor = nodes[after];
      if (anchor === undefined) return insert(lineStart(text, first.range[0]), line + style.lineBreak);
      const [, end] = anchor.range;
      return endsLine(text, end)
        ? insert(end, line + style.lineBreak)
        : insert(lineEnd(text, end), style.lineBreak + line);
    }),
  ];
}

/**
 * Compares two lists by their longest common subsequence. A removed item and a new one in the same place are a replaced value.
 * Lists of resolvers have few items.
 */
function diffLists(old: readonly unknown[], items: readonly Json[]): ListChange {
  const same = (index: number, other: number) => {
    const value = items[other];
    return value !== undefined && sameJson(toJson(old[index]), value);
  };
  const lengths: number[][] = Array.from({ length: old.length + 1 }, () => Array<number>(items.length + 1).fill(0));
  const lengthAt = (index: number, other: number) => lengths[index]?.[other] ?? 0;
  for (let index = old.length - 1; index >= 0; index -= 1) {
    for (let other = items.length - 1; other >= 0; other -= 1) {
      const length = same(index, other)
        ? lengthAt(index + 1, other + 1) + 1
        : Math.max(lengthAt(index + 1, other), lengthAt(index, other + 1));
      lengths[index]?.splice(other, 1, length);
    }
  }
  const changed = new Map<number, Json | null>();
  const added: { after: number; value: Json }[] = [];
  let [index, other] = [0, 0];
  /** The items that were removed since the last one that stays. */
  let removed: number[] = [];
  while (index < old.length || other < items.length) {
    if (index < old.length && other < items.length && same(index, other)) {
      removed = [];
      index += 1;
      other += 1;
    } else if (
      index < old.length &&
      (other === items.length || lengthAt(index + 1, other) >= lengthAt(index, other + 1))
    ) {
      changed.set(index, null);
      removed.push(index);
      index += 1;
    } else {
      const value = items[other] ?? null;
      const place = removed.shift();
      if (place === undefined) added.push({ after: index - 1, value });
      else changed.set(place, value);
      other += 1;
    }
  }
  return { changed, added };
}

function toJson(value: unknown): Json {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
}
