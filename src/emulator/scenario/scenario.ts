import * as z from 'zod';
import { formatDuration, MAX_HOURS, parseDuration } from '../../core/base/duration.ts';
import { isObject } from '../../core/base/json.ts';
import type { Json, JsonObject } from '../../core/base/json.ts';
import { parseRate } from '../../core/base/rate.ts';
import type { Rate } from '../../core/base/rate.ts';
import { formatSuggestions, suggest } from '../../core/base/text/suggest.ts';
import { byLocation } from '../../core/load/problem.ts';
import type { Problem } from '../../core/load/problem.ts';
import { readYaml } from '../../core/load/yaml/read-yaml.ts';
import { formatPath } from '../../core/load/field-path.ts';
import type { FieldPath } from '../../core/load/field-path.ts';
import { FAULT_NAMES, TRANSIENT_FAULTS } from './faults.ts';
import type { Quirks } from './quirks.ts';
import { storedValueFault } from './stored-values.ts';

const METHODS = ['GET', 'PUT', 'POST', 'DELETE'] as const;

const wholeNumber = (min: number, max: number) => {
  const error = expectedError(`a whole number from ${min} to ${max}`);
  return z.int(error).min(min, error).max(max, error);
};

const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, expectedError(formatList(words), words));

const nonEmptyList = <Item extends z.ZodType>(item: Item, what: string) => {
  const error = expectedError(`a list of ${what}`);
  return z.array(item, error).min(1, error).readonly();
};

/** Parsed to whole milliseconds. */
const duration = (what: string, holds: (ms: number) => boolean = () => true) =>
  z.unknown().transform((value, context) => {
    const ms = typeof value === 'string' || value === 0 ? parseDuration(String(value)) : null;
    if (ms !== null && holds(ms)) return ms;
    context.addIssue({ code: 'custom', message: describeExpectation(`${what}, at most ${MAX_HOURS}h`, value) });
    return z.NEVER;
  });

const rate = z.unknown().transform((value, context): Rate => {
  const parsed = typeof value === 'string' ? parseRate(value) : null;
  if (parsed !== null) return parsed;
  context.addIssue({
    code: 'custom',
    message: describeExpectation('a number of requests in a duration, such as 120/3s', value),
  });
  return z.NEVER;
});

const FAULT = expectedError(`a status from 400 to 599, ${formatList(FAULT_NAMES)}`, FAULT_NAMES);
const fault = z.union([z.int(FAULT).min(400, FAULT).max(599, FAULT), z.enum(FAULT_NAMES, FAULT)], FAULT);

const flag = z.boolean(expectedError('true or false'));

/** Turns a bare `null` or `[]`, which YAML parses as values, back into the words `null` and `[]`. */
const asWord = <Check extends z.ZodType>(check: Check) =>
  z.preprocess(
    (value) => (value === null || (Array.isArray(value) && value.length === 0) ? JSON.stringify(value) : value),
    check,
  );

const nullOrAbsent = asWord(oneOf(['null', 'absent'])).exactOptional();

/** Every quirk, with its allowed values. */
const quirkChecks = {
  result_info: oneOf(['full', 'absent', 'empty']).exactOptional(),
  ignore_page: flag.exactOptional(),
  max_per_page: wholeNumber(1, 1000).exactOptional(),
  unused_host_keys: nullOrAbsent,
  unset_ports: nullOrAbsent,
  ipv6: oneOf(['as-sent', 'compressed', 'expanded', 'upper']).exactOptional(),
  uuids: oneOf(['as-sent', 'upper', 'lower']).exactOptional(),
  hostname: oneOf(['lower', 'as-sent']).exactOptional(),
  empty_resolvers: asWord(oneOf(['absent', 'null', '[]'])).exactOptional(),
  verify_full: oneOf(['as-sent', 'absent', 'explicit']).exactOptional(),
  tls_nulls: flag.exactOptional(),
  order: oneOf(['created', 'shuffled']).exactOptional(),
} satisfies { readonly [Name in keyof Quirks as SnakeCase<Name>]: z.ZodType<Quirks[Name]> };

const quirksSchema = z.strictObject(quirkChecks, expectedError('a mapping of quirks'));

const keepSchema = z
  .record(z.string(), z.custom<Json>(), expectedError('a mapping of fields to values'))
  .superRefine((keep, context) => {
    for (const path of Object.keys(keep)) {
      const message = storedValueFault(path);
      if (message !== null) context.addIssue({ code: 'custom', message, path: [path] });
    }
  });

const A_DURATION = 'a duration such as 500ms, 2s or 5m';
const SHARE = expectedError('a number from 0 to 1');
const SERVICE = expectedError('a name or an id');

const services = nonEmptyList(z.string(SERVICE).min(1, SERVICE), 'names or ids');

/** The keys of a scenario file, and their values. */
export const scenarioSchema = z.strictObject({
  seed: wholeNumber(0, 4_294_967_295).exactOptional(),
  share: z.number(SHARE).min(0, SHARE).max(1, SHARE).exactOptional(),
  faults: nonEmptyList(fault, 'statuses and names of faults').exactOptional(),
  methods: nonEmptyList(oneOf(METHODS), 'methods').exactOptional(),
  stops_after: wholeNumber(0, 1_000_000_000).exactOptional(),
  retry_after: duration('whole seconds such as 2s, or 0', (ms) => ms % 1000 === 0).exactOptional(),
  slow_by: duration(A_DURATION).exactOptional(),
  latency: duration(A_DURATION).exactOptional(),
  list_lag: duration(A_DURATION).exactOptional(),
  rate_limit: rate.exactOptional(),
  block: duration(A_DURATION).exactOptional(),
  ratelimit_headers: flag.exactOptional(),
  refuse: services.exactOptional(),
  refuse_create: services.exactOptional(),
  refuse_delete: services.exactOptional(),
  lose_create: services.exactOptional(),
  keep: keepSchema.exactOptional(),
  quirks: quirksSchema
    // The keys were checked in snake_case; the type has them in camelCase.
    .transform((quirks) => toCamelCase(quirks) as Partial<Quirks>)
    .exactOptional(),
});

/** A scenario with the names of its file. Durations are in milliseconds. `withDefaults` fills in what is missing. */
export type Scenario = Readonly<z.output<typeof scenarioSchema>>;
export type FullScenario = Required<Omit<Scenario, 'rate_limit'>> & { readonly rate_limit: Rate | null };

/** Returns the scenario with the defaults that config/scenario.yaml documents. `block` defaults to that of the real API. */
export function withDefaults(given: Scenario): FullScenario {
  return {
    seed: 1,
    share: given.faults === undefined ? 0 : 0.3,
    faults: TRANSIENT_FAULTS,
    methods: METHODS,
    stops_after: Infinity,
    retry_after: 1000,
    slow_by: 1000,
    latency: 0,
    list_lag: 0,
    rate_limit: null,
    block: 300_000,
    ratelimit_headers: false,
    refuse: [],
    refuse_create: [],
    refuse_delete: [],
    lose_create: [],
    keep: {},
    quirks: {},
    ...given,
  };
}

export type ParsedScenario =
  | { readonly kind: 'valid'; readonly scenario: Scenario }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Parses a scenario file. Never throws: returns every problem, in the order of the lines. An empty file is a valid scenario without faults. */
export function parseScenario(file: string, text: string): ParsedScenario {
  const { documents, problems, positionOf } = readYaml(text);
  const problem = (offset: number, path: FieldPath, message: string): Problem => ({
    file,
    ...positionOf(offset),
    path: path.length === 0 ? null : formatPath(path),
    message,
  });
  if (problems.length > 0) {
    return invalid(problems.map(({ offset, path, message }) => problem(offset, path === null ? [] : [path], message)));
  }
  const [document, second] = documents;
  if (document === undefined) return { kind: 'valid', scenario: {} };
  if (second !== undefined)
    return invalid([problem(second.offset, [], 'expected one scenario, found a second document')]);
  if (!isObject(document.value)) {
    return invalid([
      problem(document.offset, [], describeExpectation('a mapping such as "share: 0.3"', document.value)),
    ]);
  }
  const { data, error } = scenarioSchema.safeParse(document.value);
  if (data !== undefined) return { kind: 'valid', scenario: data };
  return invalid(
    error.issues.flatMap((issue) => {
      const { path, message } = issue;
      if (issue.code !== 'unrecognized_keys') return [problem(document.offsetOfValue(path), path, message)];
      const known = Object.keys(path.length === 0 ? scenarioSchema.shape : quirksSchema.shape);
      return issue.keys.map((key) =>
        problem(document.offsetOfKey([...path, key]), [...path, key], `unknown key${suggestFrom(key, known)}`),
      );
    }),
  );
}

function invalid(problems: readonly Problem[]): ParsedScenario {
  return { kind: 'invalid', problems: problems.toSorted(byLocation) };
}

/** Describes a scenario in words, one line for each kind of failure. */
export function describeScenario(given: Scenario): readonly string[] {
  const { share, faults, methods, seed, stops_after, ...rest } = withDefaults(given);
  const { rate_limit, block, latency, list_lag, refuse, refuse_create, refuse_delete, lose_create, keep, quirks } =
    rest;
  const fields = Object.keys(keep);
  const changedQuirks = Object.entries(quirks).map(([name, value]) => `${toSnakeCase(name)} ${value}`);
  const parts = [
    share > 0 && `${percent(share)} of ${methods.join(', ')} fail with ${faults.join(', ')} (seed ${seed})`,
    share > 0 && Number.isFinite(stops_after) && `stops after ${stops_after} faults`,
    latency > 0 && `latency ${formatDuration(latency)}`,
    list_lag > 0 && `lists are ${formatDuration(list_lag)} old`,
    rate_limit !== null && `limit ${rate_limit.text}, blocked for ${formatDuration(block)}`,
    refuse.length > 0 && `refuses ${refuse.map(quote).join(', ')}`,
    refuse_create.length > 0 && `refuses to create ${refuse_create.map(quote).join(', ')}`,
    refuse_delete.length > 0 && `refuses to delete ${refuse_delete.map(quote).join(', ')}`,
    lose_create.length > 0 && `loses the answer to the first create of ${lose_create.map(quote).join(', ')}`,
    fields.length > 0 && `stores other values in ${fields.map(quote).join(', ')}`,
    changedQuirks.length > 0 && `quirks ${changedQuirks.join(', ')}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? ['no failures'] : parts;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** Returns a text in quotes, unless it is plain, so that it stays on one line. */
function quote(text: string): string {
  return /^[\w.:@-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Builds the message of a zod check from the value that was found. */
function expectedError(what: string, words: readonly string[] = []) {
  return { error: ({ input }: { readonly input?: unknown }): string => describeExpectation(what, input, words) };
}

/** Returns `expected …, found …`, with a suggestion from `words` if one is close. */
function describeExpectation(what: string, input: unknown, words: readonly string[] = []): string {
  return `expected ${what}, found ${describeFound(input)}${typeof input === 'string' ? suggestFrom(input, words) : ''}`;
}

function describeFound(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (isObject(value)) return 'a mapping';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function suggestFrom(written: string, known: readonly string[]): string {
  return formatSuggestions(suggest(written, known));
}

function formatList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** `ignorePage` → `ignore_page` */
type SnakeCase<Name extends string> = Name extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${SnakeCase<Rest>}`
  : '';

function toCamelCase(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

function toSnakeCase(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
