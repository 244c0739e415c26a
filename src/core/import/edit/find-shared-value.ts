import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { ParsedNode } from 'yaml';
import { splitReferences } from '../../load/values/reference.ts';
import type { Values } from '../../load/values/values.ts';
import { keyOf } from '../../load/yaml/yaml-document.ts';
import { lineOf } from './text-edit.ts';

/** Why a value cannot be changed where it is used, and the line of that place. */
export type SharedValue = { readonly fault: string; readonly line: number };

/** The text of a file, and the values of its references; null if `${…}` is text like any other. */
export type Surroundings = { readonly text: string; readonly values: Values | null };

/**
 * Returns the alias or the reference that is used as the value at a path, or as a part of it; null if the value is written out. A change
 * of such a value belongs where it is written, because other places can use it, too.
 */
export function findSharedValue(
  node: ParsedNode | null,
  path: readonly string[],
  surroundings: Surroundings,
): SharedValue | null {
  if (isAlias(node)) {
    const fault = `it is the alias *${node.source}; change the value of the anchor, or write the value here`;
    return { fault, line: lineOf(surroundings.text, node.range[0]) };
  }
  if (isScalar(node)) return findReference(node.value, node.range[0], surroundings);
  if (isSeq(node)) return firstOf(node.items.map((item) => findSharedValue(item, [], surroundings)));
  const [key, ...rest] = path;
  const pair = isMap(node) ? node.items.find((each) => keyOf(each) === key) : undefined;
  return pair === undefined ? null : findSharedValue(pair.value, rest, surroundings);
}

function findReference(value: unknown, offset: number, { text, values }: Surroundings): SharedValue | null {
  if (values === null || typeof value !== 'string') return null;
  const places = splitReferences(value)
    .flatMap((part) => (part.kind === 'reference' ? [values.lookUp(part.name)] : []))
    .filter((resolved) => 'place' in resolved)
    .map(({ place }) => place);
  if (places.length === 0) return null;
  const fault = `it is written as ${JSON.stringify(value)}; change the value in ${places.join(' and ')}, or write it here`;
  return { fault, line: lineOf(text, offset) };
}

function firstOf(found: readonly (SharedValue | null)[]): SharedValue | null {
  return found.find((each) => each !== null) ?? null;
}
