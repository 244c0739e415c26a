import { isAlias, isMap, isSeq } from 'yaml';
import type { Document, ParsedNode, YAMLMap } from 'yaml';
import { formatPath } from '../field-path.ts';
import type { FieldPath } from '../field-path.ts';
import type { YamlProblem } from './text-problem.ts';
import { keyOf } from './yaml-document.ts';

/**
 * Returns the problems of a document that the parser accepts: duplicate keys, and aliases that have no anchor, contain themselves, or
 * could expand without bound.
 */
export function findContentProblems(
  { contents }: Document.Parsed,
  lineOf: (offset: number) => number,
): readonly YamlProblem[] {
  const problems: YamlProblem[] = [];
  const anchors = new Map<string, ParsedNode>();
  const nodesWithAlias = new Set<ParsedNode>();
  const visit = (node: ParsedNode | null, path: FieldPath, ancestors: readonly ParsedNode[]): void => {
    if (node === null) return;
    if (isAlias(node)) {
      const message = checkAlias(node.source, anchors.get(node.source), { ancestors, nodesWithAlias });
      const field = formatPath(path);
      // Where the key is broken as well, it may be a whole sentence.
      const isName = field !== '' && !/\s/.test(field);
      if (message !== null) problems.push({ offset: node.range[0], path: isName ? field : null, message });
      for (const ancestor of ancestors) nodesWithAlias.add(ancestor);
      return;
    }
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
    const inside = [...ancestors, node];
    if (isMap(node)) {
      for (const problem of findDuplicateKeys(node, path, lineOf)) problems.push(problem);
      for (const pair of node.items) {
        visit(pair.key, path, inside);
        visit(pair.value, [...path, String(keyOf(pair))], inside);
      }
    } else if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) visit(item, [...path, index], inside);
    }
  };
  visit(contents, [], []);
  return problems;
}

type AliasContext = { readonly ancestors: readonly ParsedNode[]; readonly nodesWithAlias: ReadonlySet<ParsedNode> };

/** Explains what is wrong with an alias, or returns null. An alias of one of the `nodesWithAlias` could expand without bound. */
function checkAlias(
  name: string,
  target: ParsedNode | undefined,
  { ancestors, nodesWithAlias }: AliasContext,
): string | null {
  // The parser reports an alias without a name.
  if (name === '') return null;
  if (target === undefined) {
    return `found the alias "*${name}", but no anchor "&${name}" above it; put it in quotes if it is text`;
  }
  if (ancestors.includes(target)) {
    return `found the alias "*${name}" inside the value that it refers to; write the value itself`;
  }
  if (nodesWithAlias.has(target)) {
    return `found the alias "*${name}" of a value that contains aliases; write the value itself`;
  }
  return null;
}

/** Returns the duplicate keys of one mapping. A second `service_id` is the beginning of another service. */
function findDuplicateKeys(
  map: YAMLMap.Parsed,
  parent: FieldPath,
  lineOf: (offset: number) => number,
): readonly YamlProblem[] {
  const firstOffsets = new Map<string, number>();
  const problems: YamlProblem[] = [];
  for (const pair of map.items) {
    const key = keyOf(pair);
    if (key === null) continue;
    const [offset] = pair.key.range;
    const first = firstOffsets.get(key);
    if (first === undefined) {
      firstOffsets.set(key, offset);
      continue;
    }
    const path = formatPath([...parent, key]);
    if (key === 'service_id') {
      const message = `a second service begins here, after the one at line ${lineOf(first)}; add a line of --- before it`;
      // The keys after it are duplicates for the same reason.
      return [...problems, { offset, path, message }];
    }
    const message = `duplicate key "${key}", first used at line ${lineOf(first)}; keep one of them`;
    problems.push({ offset, path, message });
  }
  return problems;
}
