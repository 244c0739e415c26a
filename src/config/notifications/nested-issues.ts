import { formatSuggestions, suggest } from '../../core/base/text/suggest.ts';
import { KEYS_BY_TYPE } from './notification-settings.ts';

/** A problem with a setting or with a key in it, as zod reports it. */
export type NestedIssue = {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly code?: string | undefined;
  /** The unknown keys, of an issue about keys. */
  readonly keys?: readonly string[] | undefined;
  /** The issues of a key, of an issue about an entry whose key is invalid. */
  readonly issues?: readonly { readonly message: string }[] | undefined;
};

/** Returns one line for each key of a nested setting that is wrong, with its place. Values of addresses are not shown. */
export function describeNested(
  { path, message, code, keys, issues }: NestedIssue,
  setting: unknown,
  placeOf: (path: readonly (string | number)[]) => string,
): readonly string[] {
  const nested = path.slice(1).map((key) => (typeof key === 'number' ? key : String(key)));
  const value = valueAt(setting, nested);
  if (code === 'unrecognized_keys') {
    const known = KEYS_BY_TYPE[String(Object(value)['type'])] ?? [];
    return (keys ?? []).map(
      (key) => `${placeOf([...nested, key])}: unknown key${formatSuggestions(suggest(key, known))}`,
    );
  }
  const [ofKey] = code === 'invalid_key' ? (issues ?? []) : [];
  if (ofKey !== undefined) return [`${placeOf(nested)}: ${ofKey.message}`];
  // A mapping can have the right form and the wrong keys.
  const isForm = code === 'custom' && typeof value === 'object';
  return [`${placeOf(nested)}: ${message}${isForm ? '' : describeFound(value, nested.at(-1))}`];
}

function describeFound(value: unknown, key: string | number | undefined): string {
  if (value === undefined) return ', found nothing';
  // An address can be a secret, and a secret can be in the place of its file.
  if (/^url$|_file$/.test(String(key))) return '';
  if (typeof value !== 'object' || value === null) return `, found ${JSON.stringify(value)}`;
  return Array.isArray(value) ? ', found a list' : ', found a mapping';
}

function valueAt(value: unknown, [key, ...rest]: readonly (string | number)[]): unknown {
  return key === undefined ? value : valueAt(Object(value)[key], rest);
}
