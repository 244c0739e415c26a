import { isObject } from '../../base/json.ts';
import type { Json } from '../../base/json.ts';
import { formatPath } from '../field-path.ts';
import type { FieldPath } from '../field-path.ts';
import type { YamlDocument } from '../yaml/yaml-document.ts';
import { expandText } from './expand.ts';
import { formatReference, REFERENCE_START } from './reference.ts';
import type { Values } from './values.ts';

/** A reference that has no value. */
export type ReferenceProblem = { readonly path: FieldPath; readonly message: string };

/** A document after its references were replaced. */
export type ResolvedDocument = {
  /** The places are those of the references. */
  readonly document: YamlDocument;
  readonly problems: readonly ReferenceProblem[];
  /** Returns where the value at a path comes from, as the end of a message; empty if the document itself contains it. */
  readonly originOf: (path: FieldPath) => string;
};

/** Replaces the references in every scalar of a document. Keys are left alone. */
export function resolveReferences(document: YamlDocument, values: Values): ResolvedDocument {
  const problems: ReferenceProblem[] = [];
  const origins = new Map<string, { readonly text: string; readonly source: string | null }>();
  const resolve = (value: Json, path: FieldPath): Json => {
    if (Array.isArray(value)) return value.map((item: Json, index) => resolve(item, [...path, index]));
    if (isObject(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, [...path, key])]));
    }
    if (typeof value !== 'string' || !value.includes(REFERENCE_START)) return value;
    const placeByName = new Map<string, string>();
    const expanded = expandText(value, (name) => {
      const resolved = values.lookUp(name);
      if ('place' in resolved) placeByName.set(name, resolved.place);
      return resolved;
    });
    if ('fault' in expanded) {
      problems.push({ path, message: expanded.fault });
      return value;
    }
    origins.set(formatPath(path), { text: describeOrigin(placeByName), source: expanded.source });
    return expanded.value;
  };
  const value = resolve(document.value, []);
  const originAt = (path: FieldPath) => {
    // The items of a list come from the reference that is used as the list.
    for (let length = path.length; length > 0; length -= 1) {
      const origin = origins.get(formatPath(path.slice(0, length)));
      if (origin !== undefined) return origin;
    }
    return null;
  };
  return {
    document: {
      ...document,
      value,
      sourceOf: (path) => {
        const origin = originAt(path);
        return origin === null ? document.sourceOf(path) : (origin.source ?? undefined);
      },
    },
    problems,
    originOf: (path) => originAt(path)?.text ?? '',
  };
}

/** Names references, and where their values are written: ` (from ${ports.pg}, services/values.yaml:3)`. */
function describeOrigin(placeByName: ReadonlyMap<string, string>): string {
  const places = [...placeByName].map(([name, place]) => `${formatReference(name)}, ${place}`);
  return places.length === 0 ? '' : ` (from ${places.join('; ')})`;
}
