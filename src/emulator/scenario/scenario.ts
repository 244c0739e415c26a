import * as z from 'zod';
import { formatDuration, LONGEST_HOURS, parseDuration } from '../../core/base/duration.ts';
import { isObject } from '../../core/base/json.ts';
import type { Json, JsonObject } from '../../core/base/json.ts';
import { parseRate } from '../../core/base/rate.ts';
import type { Rate } from '../../core/base/rate.ts';
import { orRather, suggest } from '../../core/base/suggest.ts';
import { byPlace } from '../../core/load/problem.ts';
import type { Problem } from '../../core/load/problem.ts';
import { readYaml } from '../../core/load/yaml.ts';
import type { Path } from '../../core/load/yaml.ts';
import { FAULT_NAMES, PASSING_FAULTS } from './faults.ts';
import { keepFault } from './keep.ts';
import type { Quirks } from './quirks.ts';

const METHODS = ['GET', 'PUT', 'POST', 'DELETE'] as const;

const wholeNumber = (least: number, most: number) => {
  const error = expected(`a whole number from ${least} to ${most}`);
  return z.int(error).min(least, error).max(most, error);
};

const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, expected(list(words), words));

const some = <Item extends z.ZodType>(item: Item, what: string) => {
  const error = expected(`a list of ${what}`);
  return z.array(item, error).min(1, error).readonly();
};

/** Becomes whole milliseconds. */
const duration = (what: string, holds: (ms: number) => boolean = () => true) =>
  z.unknown().transform((value, context) => {
    const ms = typeof value === 'string' || value === 0 ? parseDuration(String(value)) : null;
    if (ms !== null && holds(ms)) return ms;
    context.addIssue({ code: 'custom', message: complaint(`${what}, at most ${LONGEST_HOURS}h`, value) });
    return z.NEVER;
  });

const rate = z.unknown().transform((value, context): Rate => {
  const parsed = typeof value === 'string' ? parseRate(value) : null;
  if (parsed !== null) return parsed;
  context.addIssue({ code: 'custom', message: complaint('requests in a time, such as 120/3s', value) });
  return z.NEVER;
});

const FAULT = expected(`a status from 400 to 599, ${list(FAULT_NAMES)}`, FAULT_NAMES);
const fault = z.union([z.int(FAULT).min(400, FAULT).max(599, FAULT), z.enum(FAULT_NAMES, FAULT)], FAULT);

const flag = z.boolean(expected('true or false'));

/** For words that YAML takes for more than words: a bare `null` and `[]` are meant as they are written. */
const spelled = <Check extends z.ZodType>(check: Check) =>
  z.preprocess(
    (value) => (value === null || (Array.isArray(value) && value.length === 0) ? JSON.stringify(value) : value),
    check,
  );

const nullOrAbsent = spelled(oneOf(['null', 'absent'])).exactOptional();

/** Every quirk of the API, each with the values that its type has. */
const quirkChecks = {
  result_info: oneOf(['full', 'absent', 'empty']).exactOptional(),
  ignore_page: flag.exactOptional(),
  max_per_page: wholeNumber(1, 1000).exactOptional(),
  unused_host_keys: nullOrAbsent,
  unset_ports: nullOrAbsent,
  ipv6: oneOf(['as-sent', 'compressed', 'expanded', 'upper']).exactOptional(),
  uuids: oneOf(['as-sent', 'upper', 'lower']).exactOptional(),
  hostname: oneOf(['lower', 'as-sent']).exactOptional(),
  empty_resolvers: spelled(oneOf(['absent', 'null', '[]'])).exactOptional(),
  verify_full: oneOf(['as-sent', 'absent', 'explicit']).exactOptional(),
  tls_nulls: flag.exactOptional(),
  order: oneOf(['created', 'shuffled']).exactOptional(),
} satisfies { readonly [Name in keyof Quirks as SnakeCase<Name>]: z.ZodType<Quirks[Name]> };

const quirksSchema = z.strictObject(quirkChecks, expected('a mapping of quirks'));

const keepSchema = z
  .record(z.string(), z.custom<Json>(), expected('a mapping of fields to values'))
  .superRefine((keep, context) => {
    for (const path of Object.keys(keep)) {
      const message = keepFault(path);
      if (message !== null) context.addIssue({ code: 'custom', message, path: [path] });
    }
  });

const A_DURATION = 'a duration such as 500ms, 2s or 5m';
const SHARE = expected('a number from 0 to 1');
const SERVICE = expected('a name or an id');

const scenarioSchema = z.strictObject({
  seed: wholeNumber(0, 4_294_967_295).exactOptional(),
  share: z.number(SHARE).min(0, SHARE).max(1, SHARE).exactOptional(),
  faults: some(fault, 'statuses and names of faults').exactOptional(),
  methods: some(oneOf(METHODS), 'methods').exactOptional(),
  stops_after: wholeNumber(0, 1_000_000_000).exactOptional(),
  retry_after: duration('whole seconds such as 2s, or 0', (ms) => ms % 1000 === 0).exactOptional(),
  slow_by: duration(A_DURATION).exactOptional(),
  latency: duration(A_DURATION).exactOptional(),
  rate_limit: rate.exactOptional(),
  block: duration(A_DURATION).exactOptional(),
  ratelimit_headers: flag.exactOptional(),
  refuse: some(z.string(SERVICE).min(1, SERVICE), 'names or ids').exactOptional(),
  keep: keepSchema.exactOptional(),
  quirks: quirksSchema
    // What was checked under the one spelling is what the type says under the other.
    .transform((quirks) => camelCased(quirks) as Partial<Quirks>)
    .exactOptional(),
});

/**
 * Trouble to rehearse, under the names of the file. Durations are in milliseconds. What is not there is calm, and `withDefaults` says
 * what that means.
 */
export type Scenario = Readonly<z.output<typeof scenarioSchema>>;
export type FullScenario = Required<Omit<Scenario, 'rate_limit'>> & { readonly rate_limit: Rate | null };

/** As documented in config/scenario.yaml. Faults need a share or a list; the block is that of the real API. */
export function withDefaults(given: Scenario): FullScenario {
  return {
    seed: 1,
    share: given.faults === undefined ? 0 : 0.3,
    faults: PASSING_FAULTS,
    methods: METHODS,
    stops_after: Infinity,
    retry_after: 1000,
    slow_by: 1000,
    latency: 0,
    rate_limit: null,
    block: 300_000,
    ratelimit_headers: false,
    refuse: [],
    keep: {},
    quirks: {},
    ...given,
  };
}

export type ParsedScenario =
  | { readonly kind: 'valid'; readonly scenario: Scenario }
  | { readonly kind: 'invalid'; readonly problems: readonly Problem[] };

/** Reads the text of a scenario file. Never throws: everything wrong comes back, in the order of the lines. An empty file is calm. */
export function parseScenario(file: string, text: string): ParsedScenario {
  const { documents, faults, position } = readYaml(text);
  const problem = (offset: number, path: Path, message: string): Problem => ({
    file,
    ...position(offset),
    path: path.length === 0 ? null : pathText(path),
    message,
  });
  if (faults.length > 0) {
    return invalid(faults.map(({ offset, path, message }) => problem(offset, path === null ? [] : [path], message)));
  }
  const [document, second] = documents;
  if (document === undefined) return { kind: 'valid', scenario: {} };
  if (second !== undefined) return invalid([problem(second.offset, [], 'expected one scenario, found a second one')]);
  if (!isObject(document.value)) {
    return invalid([problem(document.offset, [], complaint('a mapping such as "share: 0.3"', document.value))]);
  }
  const { data, error } = scenarioSchema.safeParse(document.value);
  if (data !== undefined) return { kind: 'valid', scenario: data };
  return invalid(
    error.issues.flatMap((issue) => {
      const { path, message } = issue;
      if (issue.code !== 'unrecognized_keys') return [problem(document.offsetOfValue(path), path, message)];
      const known = Object.keys(path.length === 0 ? scenarioSchema.shape : quirksSchema.shape);
      return issue.keys.map((key) =>
        problem(document.offsetOfKey([...path, key]), [...path, key], `unknown key${meant(key, known)}`),
      );
    }),
  );
}

function invalid(problems: readonly Problem[]): ParsedScenario {
  return { kind: 'invalid', problems: problems.toSorted(byPlace) };
}

/** What a scenario has in store, a line for each sort of trouble, for people. */
export function describeScenario(given: Scenario): readonly string[] {
  const { share, faults, methods, seed, stops_after, ...rest } = withDefaults(given);
  const { rate_limit, block, latency, refuse, keep, quirks } = rest;
  const fields = Object.keys(keep);
  const oddities = Object.entries(quirks).map(([name, value]) => `${snakeCased(name)} ${value}`);
  const parts = [
    share > 0 && `${percent(share)} of ${methods.join(', ')} go wrong by ${faults.join(', ')} (seed ${seed})`,
    share > 0 && Number.isFinite(stops_after) && `well after ${stops_after} faults`,
    latency > 0 && `latency ${formatDuration(latency)}`,
    rate_limit !== null && `limit ${rate_limit.text}, blocked for ${formatDuration(block)}`,
    refuse.length > 0 && `refuses ${refuse.map(quoted).join(', ')}`,
    fields.length > 0 && `has its way with ${fields.map(quoted).join(', ')}`,
    oddities.length > 0 && `quirks ${oddities.join(', ')}`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? ['nothing goes wrong'] : parts;
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))} %`;
}

/** Whatever the text, it stays on its line. */
function quoted(text: string): string {
  return /^[\w.:@-]+$/.test(text) ? text : JSON.stringify(text);
}

/** The message of a check that knows what it was given. */
function expected(what: string, words: readonly string[] = []) {
  return { error: ({ input }: { readonly input?: unknown }): string => complaint(what, input, words) };
}

/** What was expected, what was found, and which of `words` may have been meant. */
function complaint(what: string, input: unknown, words: readonly string[] = []): string {
  return `expected ${what}, found ${found(input)}${typeof input === 'string' ? meant(input, words) : ''}`;
}

function found(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (isObject(value)) return 'a mapping';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

function meant(written: string, known: readonly string[]): string {
  const near = suggest(written, known);
  return near.length === 0 ? '' : orRather(near);
}

function list(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** `faults[1]` */
function pathText(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

/** `ignorePage` → `ignore_page` */
type SnakeCase<Name extends string> = Name extends `${infer Letter}${infer Rest}`
  ? `${Letter extends Lowercase<Letter> ? Letter : `_${Lowercase<Letter>}`}${SnakeCase<Rest>}`
  : '';

function camelCased(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [
      name.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
      value,
    ]),
  );
}

function snakeCased(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
