import * as z from 'zod';
import { MAX_HOURS, parseDuration } from '../core/base/duration.ts';
import { capitalize } from '../core/base/text/capitalize.ts';
import { parseRate } from '../core/base/rate.ts';
import type { Rate } from '../core/base/rate.ts';
import { explainSchedule, parseSchedule } from '../daemon/schedule.ts';
import type { Schedule } from '../daemon/schedule.ts';

/* The values of settings: typed in a configuration file, text in a variable or a flag. */

const DURATION = `expected a duration such as 500ms, 2s, 5m or 1h, at most ${MAX_HOURS}h`;

/*
 * JSON Schema cannot express transforms. `meta` adds a pattern that is as strict as possible and accepts everything that the transform
 * accepts.
 */

const DURATION_PATTERN = String.raw`\d+(\.\d+)?(ms|s|m|h)`;

/** A duration: `500ms`, `2s`, `5m`, `1h` or 0. Parsed to whole milliseconds. */
export const duration = z
  .union(
    [z.string(DURATION).regex(new RegExp(`^(0|${DURATION_PATTERN})$`), DURATION), z.literal(0, DURATION)],
    DURATION,
  )
  .transform((text, context) => {
    const ms = parseDuration(String(text));
    if (ms !== null) return ms;
    context.addIssue({ code: 'custom', message: DURATION });
    return z.NEVER;
  });

const SCHEDULE =
  'expected none, or a cron expression of five fields with an optional time zone, such as 0 6 * * 1-5 Europe/Berlin';

/** A cron expression of five fields and an optional IANA time zone. Parsed to a `Schedule`; `none` is null. */
export const schedule = z
  .string(SCHEDULE)
  .transform((text, context): Schedule | null => {
    if (text === 'none') return null;
    try {
      return parseSchedule(text);
    } catch {
      context.addIssue({ code: 'custom', message: SCHEDULE, params: { advice: explainSchedule(text) } });
      return z.NEVER;
    }
  })
  .meta({ pattern: String.raw`^(none|\s*@\S+\s*|\s*\S+(\s+\S+){4,5}\s*)$` });

export const positiveDuration = duration
  .refine((ms) => ms > 0, 'expected a duration above zero')
  .meta({
    anyOf: undefined,
    type: 'string',
    pattern: `^(?=.*[1-9])${DURATION_PATTERN}$`,
    errorMessage: `${capitalize(DURATION)}, and above zero`,
  });

/** A boolean, or the text `true` or `false`. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], 'expected true or false')
  .meta({ anyOf: undefined, type: ['boolean', 'string'], pattern: '^(true|false)$' });

const GLOBS = 'expected globs, such as **/*.yaml';

/** A list of globs, or text that separates them by commas. `negation` is what to write instead of a glob that begins with `!`. */
const globList = (negation: string) => {
  const glob = z
    .string(GLOBS)
    .min(1, GLOBS)
    .refine((text) => !text.startsWith('!'), `expected a glob without "!"; ${negation}`);
  return z.preprocess(
    (value) => (typeof value === 'string' ? splitGlobs(value) : value),
    z.array(glob, GLOBS).min(1, GLOBS),
  );
};

/** Globs of files to read. */
export const globs = globList('write globs of files to leave out in "exclude"').meta({
  type: ['array', 'string'],
  pattern: String.raw`^\s*[^\s,!]`,
});

/** Globs of files to leave out, which may be an empty list or `none`. A slash at the end, as for folders, makes no difference. */
export const optionalGlobs = z
  .union(
    [z.array(z.never()), z.literal('none'), globList('list what to leave out; "include" says what to read')],
    GLOBS,
  )
  .transform((list) => (list === 'none' ? [] : list.map((glob) => glob.replace(/\/+$/, ''))))
  .meta({ anyOf: undefined, type: ['array', 'string'], pattern: String.raw`^\s*[^\s,!]` });

const PATHS = 'expected paths of files in the folder, such as values.yaml';

/** Paths below a folder, as a list or as text that separates them by commas; `none` or an empty list for none. */
export const pathsInFolder = z
  .preprocess(
    (value) =>
      value === 'none' ? [] : typeof value === 'string' ? value.split(',').map((path) => path.trim()) : value,
    z.array(z.string(PATHS).refine(isPathInFolder, PATHS), PATHS),
  )
  .transform((paths) => paths.map((path) => path.replace(/^(?:\.\/)+/, '')))
  .meta({ type: ['array', 'string'], pattern: String.raw`^\s*[^\s,/]` });

/** Whether a path is relative, and leads to a file below the folder. */
function isPathInFolder(path: string): boolean {
  const steps = path.replace(/^(?:\.\/)+/, '').split('/');
  return !steps.some((step) => step === '' || step === '.' || step === '..');
}

/** An integer within a range, or its text. */
export const wholeNumber = (min: number, max: number) => {
  const message = `expected a whole number from ${min} to ${max}`;
  const text = z.string().regex(/^\d+$/, message).transform(Number);
  return z
    .union([z.number(), text], message)
    .refine((value) => Number.isInteger(value) && value >= min && value <= max, message)
    .meta({ anyOf: undefined, type: ['integer', 'string'], minimum: min, maximum: max, pattern: String.raw`^\d+$` });
};

const BUDGET = 'expected requests per duration, one or more, such as 1100/5m, 150/1s';

const RATE_PATTERN = String.raw`\s*(?!0+\s*/)\d{1,9}\s*/\s*${DURATION_PATTERN}\s*`;

/** Rates such as `1100/5m, 150/1s`, or a list of them. */
export const rates = z
  .preprocess(
    (value) => (typeof value === 'string' ? value.split(',') : value),
    z
      .array(
        z
          .string(BUDGET)
          .transform((text, context): Rate => {
            const rate = parseRate(text);
            if (rate !== null) return rate;
            context.addIssue({ code: 'custom', message: BUDGET });
            return z.NEVER;
          })
          .meta({ pattern: `^${RATE_PATTERN}$` }),
        BUDGET,
      )
      .min(1, BUDGET),
  )
  .meta({ type: ['string', 'array'], pattern: `^${RATE_PATTERN}(,${RATE_PATTERN})*$` });

/** A whole number, or `none`, which is parsed to null. */
export const limit = (max: number) => {
  const message = `expected none, or a whole number from 0 to ${max}`;
  return z
    .union([z.number(), z.string().regex(/^(\d+|none)$/, message)], message)
    .transform((value) => (value === 'none' ? null : Number(value)))
    .refine((value) => value === null || (Number.isInteger(value) && value >= 0 && value <= max), message)
    .meta({
      anyOf: undefined,
      type: ['integer', 'string'],
      minimum: 0,
      maximum: max,
      pattern: String.raw`^(\d+|none)$`,
    });
};

/** One of a list of words. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, `expected ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`);

const LISTEN = 'expected an address and a port such as 127.0.0.1:8484, [::]:8484 or :8484 (all addresses), or none';

/** An address or host name to listen on, where an empty `host` means all addresses; and a port, where 0 means any free port. */
export type ListenAddress = { readonly host: string; readonly port: number };

/** An address and a port, such as `127.0.0.1:8484`. Parsed to a `ListenAddress`; `none` is null. */
export const listenAddress = z
  .string(LISTEN)
  .transform((text, context): ListenAddress | null => {
    const trimmed = text.trim();
    if (trimmed === '' || trimmed === 'none') return null;
    const [, host, port] = /^(\[[0-9a-f:.]+\]|[\w.-]*):(\d{1,5})$/i.exec(trimmed) ?? [];
    if (host !== undefined && Number(port) <= 65_535) {
      return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
    }
    context.addIssue({ code: 'custom', message: LISTEN });
    return z.NEVER;
  })
  .meta({ pattern: String.raw`^\s*(none|(\[[0-9a-fA-F:.]+\]|[\w.-]*):\d{1,5})?\s*$` });

/** At least this many characters, so that the token cannot be guessed. */
export const MIN_TOKEN_LENGTH = 16;

const SECRET = `expected none, or a token of at least ${MIN_TOKEN_LENGTH} printable ASCII characters without spaces`;

/** A token that a client must send; `none` is null. Messages never contain its value. */
export const secret = z
  .string(SECRET)
  .regex(new RegExp(String.raw`^\s*(none|[\x21-\x7e]{${MIN_TOKEN_LENGTH},})\s*$`), SECRET)
  .transform((text) => (text.trim() === 'none' ? null : text.trim()));

const FILE = 'expected none, or the path of a file';

/** The path of a file; `none` is null. */
export const optionalFile = z
  .string(FILE)
  .min(1, FILE)
  .transform((text) => (text === 'none' ? null : text));

const URL_TEXT = 'expected none, or a URL that begins with https:// or http://';

/** The URL of a page; `none` is null. Without a slash at its end. */
export const optionalUrl = z
  .string(URL_TEXT)
  .refine((text) => text === 'none' || isWebUrl(text), URL_TEXT)
  .transform((text) => (text === 'none' ? null : text.replace(/\/+$/, '')))
  .meta({ pattern: String.raw`^(none|https?://[^\s/].*)$` });

const SOURCE_URL =
  'expected none, or a URL with {revision} and {file}, such as https://git.example.com/network/blob/{revision}/{file}#L{line}';

/** The URL of a file at a commit, with placeholders; `none` is null. */
export const optionalSourceUrl = z
  .string(SOURCE_URL)
  .refine(
    (text) => text === 'none' || (isWebUrl(text) && /\{revision\}/.test(text) && /\{file\}/.test(text)),
    SOURCE_URL,
  )
  .refine((text) => !/\{(?!(?:revision|file|line)\})/.test(text), SOURCE_URL)
  .transform((text) => (text === 'none' ? null : text))
  .meta({ pattern: String.raw`^(none|https?://[^\s/].*)$` });

/** Whether a text is a URL that may be shown: one with a login may not. */
function isWebUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && !/\s/.test(text)
  );
}

/** Splits a text at the commas outside braces: `*.{yaml,yml},*.json` is two globs. */
function splitGlobs(text: string): string[] {
  const parts = [''];
  let depth = 0;
  for (const character of text) {
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if (character === ',' && depth <= 0) parts.push('');
    else parts.push(`${parts.pop()}${character}`);
  }
  return parts.map((part) => part.trim());
}
