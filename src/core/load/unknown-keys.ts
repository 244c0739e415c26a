import { isObject } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { formatSuggestions, suggest } from '../base/text/suggest.ts';
import { declarationPaths } from '../service/fields.ts';
import type { Issue } from '../service/schema.ts';
import { describeValue } from './explain-issue.ts';
import { formatPath } from './field-path.ts';
import type { FieldPath } from './field-path.ts';
import { formatCodePoint } from './yaml/mistakes.ts';

export type UnknownKey = {
  readonly path: FieldPath;
  readonly message: string;
  /** The paths of the fields that the key was probably meant to be. */
  readonly likelyPaths: readonly string[];
};

/** Explains the unknown keys of one mapping of a declaration. */
export function explainUnknownKeys(
  { keys, path: parent }: Issue & { readonly code: 'unrecognized_keys' },
  declaration: JsonObject,
): UnknownKey[] {
  const paths = declarationPaths(declaration['type']);
  const prefix = parent.length === 0 ? '' : `${formatPath(parent)}.`;
  const siblings = paths
    .filter((path) => path.startsWith(prefix) && !path.includes('.', prefix.length))
    .map((path) => path.slice(prefix.length));
  return keys.map((key) => {
    const similar = suggest(key, siblings);
    const parents = similar.length > 0 ? [] : likelyParents(key, paths, declaration);
    return {
      path: [...parent, key],
      message: `unknown key ${describeValue(key)}${fixOf(key, similar, parents)}`,
      likelyPaths: [...similar.map((name) => prefix + name), ...parents, ...commentedKey(key)],
    };
  });
}

const INVISIBLE = /[\p{Cf}\p{Cc}\u00A0]/u;

/** A comment of JSON with comments, for example `// "name"`, which YAML reads as a part of the key. */
const COMMENT = /^(?:\/\/|\/\*)/;

/** Returns how to fix an unknown key, as the end of a message. `parents` are the mappings that can have the key. */
function fixOf(key: string, similar: readonly string[], parents: readonly string[]): string {
  const [invisible] = INVISIBLE.exec(key) ?? [];
  if (invisible !== undefined) return `; remove the invisible character ${formatCodePoint(invisible)}`;
  if (similar.length > 0) return formatSuggestions(similar);
  if (key === '<<') return '; YAML 1.2 has no merge keys, so write the fields out';
  if (COMMENT.test(key)) return '; JSON has no comments, so remove it';
  if (key.includes(':')) return '; add a space after the colon';
  const places = parents.map((parent) => (parent === '' ? 'at the top level' : `under ${parent}`));
  return places.length > 0 ? ` here; it belongs ${places.join(' or ')}` : '; remove it';
}

/** Returns the paths of the mappings that can have a key (`''` for the top level). Mappings that the declaration has take precedence. */
function likelyParents(key: string, paths: readonly string[], declaration: JsonObject): readonly string[] {
  const parents = paths.flatMap((path) =>
    path === key ? [''] : path.endsWith(`.${key}`) ? [path.slice(0, -key.length - 1)] : [],
  );
  const present = parents.filter((parent) => parent === '' || hasPath(declaration, parent.split('.')));
  return present.length > 0 ? present : parents;
}

function hasPath(value: Json | undefined, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return value !== undefined;
  return isObject(value) && hasPath(value[step], rest);
}

/** Returns the name of the key that follows a comment. It is not missing, although the parser does not see it. */
function commentedKey(key: string): readonly string[] {
  const name = COMMENT.test(key) ? /"([^"]*)"$/.exec(key)?.[1] : undefined;
  return name === undefined ? [] : [name];
}
