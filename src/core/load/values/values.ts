import type { Json } from '../../base/json.ts';
import { formatSuggestions, suggest } from '../../base/text/suggest.ts';
import { describeValue } from '../explain-issue.ts';
import { byLocation, firstProblems } from '../problem.ts';
import type { Problem } from '../problem.ts';
import { expandText } from './expand.ts';
import type { Expanded, NamedValue } from './expand.ts';
import { readValuesFile } from './read-values-file.ts';
import type { ValuesFile, WrittenValue } from './read-values-file.ts';
import { ESCAPED_START, formatReference } from './reference.ts';

/** A value, and where it is written, for example `services/values.yaml:3`. */
export type Resolved = NamedValue & { readonly place: string };

/** The values that declarations can refer to. */
export type Values = {
  /** Returns the value of a name, or why there is none. */
  readonly lookUp: (name: string) => Resolved | { readonly fault: string };
  /** Why no reference can be replaced, because a file cannot be used; null if all files can. */
  readonly failure: string | null;
  /** Sorted by location. */
  readonly problems: readonly Problem[];
};

/**
 * Reads values files, in their order: a later file replaces the values of an earlier one. Values can refer to other values. Never
 * throws. If one of the files cannot be used, no reference has a value: the file could have replaced the value of another one.
 */
export function readValues(files: readonly ValuesFile[]): Values {
  const read = files.map((file) => readValuesFile(file));
  const unusable = read.flatMap(({ problems }) => problems);
  const written = mergeValues(read.map(({ values }) => values));
  const resolve = resolver(written);
  const [first] = unusable.toSorted(byLocation);
  const failure = first === undefined ? null : `${first.file}:${first.line} ${first.message}`;
  const faulty = failure === null ? [...written].flatMap(([name, value]) => problemOf(name, value, resolve(name))) : [];
  const faultyByFile = [...Map.groupBy(faulty, ({ file }) => file).values()];
  return {
    lookUp: failure === null ? resolve : () => ({ fault: failure }),
    failure,
    problems: [...unusable, ...faultyByFile.flatMap(firstProblems)].sort(byLocation),
  };
}

function problemOf(name: string, { file, line, column }: WrittenValue, resolved: Expanded): readonly Problem[] {
  return 'fault' in resolved ? [{ file, line, column, path: name, message: resolved.fault }] : [];
}

/** Combines the values of several files by name. A mapping and a value of the same name replace each other as a whole. */
function mergeValues(files: readonly ReadonlyMap<string, WrittenValue>[]): ReadonlyMap<string, WrittenValue> {
  const merged = new Map<string, WrittenValue>();
  for (const file of files) {
    const parents = new Set([...file.keys()].flatMap(parentsOf));
    for (const name of merged.keys()) {
      if (parents.has(name) || parentsOf(name).some((parent) => file.has(parent))) merged.delete(name);
    }
    for (const [name, value] of file) merged.set(name, value);
  }
  return merged;
}

/** Returns the names of the mappings around a value: `a.b.c` is in `a` and `a.b`. */
function parentsOf(name: string): readonly string[] {
  const steps = name.split('.');
  return steps.slice(1).map((_, index) => steps.slice(0, index + 1).join('.'));
}

/** Returns a function that resolves a name, including the references in its value. */
function resolver(written: ReadonlyMap<string, WrittenValue>): Values['lookUp'] {
  const known = new Map<string, Resolved | { readonly fault: string }>();
  const explainUnknown = unknownNames([...written.keys()]);
  const resolve = (name: string, path: readonly string[]): Resolved | { readonly fault: string } => {
    const cached = known.get(name);
    if (cached !== undefined) return cached;
    const value = written.get(name);
    if (value === undefined) return { fault: explainUnknown(name) };
    const start = path.indexOf(name);
    if (start >= 0) {
      const cycle = [...path.slice(start), name].map(formatReference).join(' → ');
      return { fault: `found values that refer to each other: ${cycle}; write one of them out` };
    }
    if (path.length === MAX_DEPTH)
      return { fault: `expected at most ${MAX_DEPTH} values that refer to each other, found more` };
    const result = expandValue(value, (reference) => resolve(reference, [...path, name]));
    const resolved = 'fault' in result ? result : { ...result, place: `${value.file}:${value.line}` };
    // Inside a cycle or a long chain, the fault depends on where it was entered.
    if (!('fault' in resolved) || path.length === 0) known.set(name, resolved);
    return resolved;
  };
  return (name) => resolve(name, []);
}

const MAX_DEPTH = 20;

function expandValue({ value, source }: WrittenValue, lookUp: (name: string) => Expanded): Expanded {
  if (typeof value === 'string') return expandText(value, lookUp);
  if (!Array.isArray(value)) return { value, source };
  const items: Json[] = [];
  for (const item of value) {
    const expanded = typeof item === 'string' ? expandText(item, lookUp) : { value: item };
    if ('fault' in expanded) return expanded;
    if (typeof expanded.value === 'object') {
      return { fault: `expected text or a number for ${JSON.stringify(item)}, found ${describeValue(expanded.value)}` };
    }
    items.push(expanded.value);
  }
  return { value: items, source: null };
}

/** At most this many characters of names are compared with undefined ones, so that thousands of them take no minutes. */
const MAX_COMPARED = 2_000_000;

const MAX_SUGGESTIONS = 5;

/** Messages shorten longer names. */
const MAX_SHOWN_LENGTH = 80;

/** Returns a function that explains that a name is not defined. Only the first of many such names have suggestions. */
function unknownNames(names: readonly string[]): (name: string) => string {
  const length = names.join('').length;
  const explained = new Map<string, string>();
  return (name) => {
    const known = explained.get(name);
    if (known !== undefined) return known;
    if (explained.size * length > MAX_COMPARED) return describeUnknown(name, []);
    const text = describeUnknown(name, names);
    explained.set(name, text);
    return text;
  };
}

function describeUnknown(name: string, names: readonly string[]): string {
  if (name === '')
    return `expected a name in "${formatReference('')}", found none; write "${ESCAPED_START}" for the text itself`;
  const example = names.find((each) => each.startsWith(`${name}.`));
  if (example !== undefined)
    return `${formatReference(name)} is a mapping; name one of its values, for example ${formatReference(example)}`;
  const similar = suggest(name, names).slice(0, MAX_SUGGESTIONS);
  const help = similar.length > 0 ? formatSuggestions(similar.map(formatReference)) : '; define it in a values file';
  const shown = name.length > MAX_SHOWN_LENGTH ? `${name.slice(0, MAX_SHOWN_LENGTH)}…` : name;
  return `${formatReference(shown)} is not defined${help}`;
}
