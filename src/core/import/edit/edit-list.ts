import { diffArrays } from 'diff';
import type { ParsedNode, YAMLSeq } from 'yaml';
import type { Json } from '../../base/json.ts';
import { editFlowItems } from './edit-flow-items.ts';
import { formatValue } from './format-yaml.ts';
import type { Style } from './format-yaml.ts';
import { endsLine, insert, lineEnd, lineStart, remove, startOfNextLine } from './text-edit.ts';
import type { TextEdit } from './text-edit.ts';

/** The edits of the items of a list. Items with the same value stay where they are, with their comments. */
type ListChange = {
  /** The new values of items, by their index in the old list. */
  readonly replaced: ReadonlyMap<number, Json>;
  readonly removed: ReadonlySet<number>;
  /** New items, after the item of the old list at an index; -1 for the start. */
  readonly added: readonly { readonly after: number; readonly value: Json }[];
};

/** Returns the edits that give a list of scalars new items. */
export function editList(
  text: string,
  list: YAMLSeq.Parsed,
  items: readonly Json[],
  style: Style,
): readonly TextEdit[] {
  const nodes: readonly ParsedNode[] = list.items;
  const [first] = nodes;
  if (first === undefined) {
    const [start, end] = list.range;
    return [{ start, end, text: formatValue(items, null, style) }];
  }
  const change = diffLists(list.toJSON(), items);
  const inList = { ...style, flow: list.flow === true };
  const replacements = nodes.flatMap((node, index): TextEdit[] => {
    const value = change.replaced.get(index);
    if (value === undefined) return [];
    const [start, end] = node.range;
    const written = formatValue(value, node, inList);
    return [{ start, end, text: endsLine(text, end) ? written + style.lineBreak : written }];
  });
  if (!inList.flow) return [...replacements, ...editBlockItems(text, { first, nodes }, change, style)];
  const flowItems = nodes.map(({ range: [start, end] }, index) => ({ start, end, kept: !change.removed.has(index) }));
  const insertions = change.added.map(({ after, value }) => ({ after, text: formatValue(value, null, inList) }));
  return [...replacements, ...editFlowItems(text, flowItems, insertions)];
}

function editBlockItems(
  text: string,
  { first, nodes }: { readonly first: ParsedNode; readonly nodes: readonly ParsedNode[] },
  { removed, added }: ListChange,
  style: Style,
): readonly TextEdit[] {
  const firstLine = lineStart(text, first.range[0]);
  const dash = text.slice(firstLine, first.range[0]);
  return [
    ...nodes.flatMap(({ range: [start, end] }, index) =>
      removed.has(index) ? [remove(lineStart(text, start), startOfNextLine(text, end))] : [],
    ),
    ...added.map(({ after, value }) => {
      const line = dash + formatValue(value, null, style);
      const end = nodes[after]?.range[1];
      if (end === undefined) return insert(firstLine, line + style.lineBreak);
      return endsLine(text, end)
        ? insert(end, line + style.lineBreak)
        : insert(lineEnd(text, end), style.lineBreak + line);
    }),
  ];
}

/** Compares two lists. A removed item and a new one in the same place are a replaced one. */
function diffLists(old: unknown[], items: readonly Json[]): ListChange {
  const replaced = new Map<number, Json>();
  const removed = new Set<number>();
  const added: { after: number; value: Json }[] = [];
  let [index, next] = [0, 0];
  /** The items that were removed in this place. They are listed before the new ones. */
  let vacant: number[] = [];
  for (const part of diffArrays<unknown>(old, [...items])) {
    if (part.added) {
      for (const [at, value] of items.slice(next, next + part.count).entries()) {
        const place = vacant[at];
        if (place === undefined) added.push({ after: index - 1, value });
        else {
          replaced.set(place, value);
          removed.delete(place);
        }
      }
    } else {
      vacant = part.removed ? part.value.map((_, at) => index + at) : [];
      for (const place of vacant) removed.add(place);
      index += part.count;
    }
    if (!part.removed) next += part.count;
  }
  return { replaced, removed, added };
}
