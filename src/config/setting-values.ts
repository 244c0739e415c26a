import * as z from 'zod';
import { MAX_HOURS, parseDuration } from '../core/base/duration.ts';
import { capitalized } from '../core/base/json-schema.ts';
import { parseRate } from '../core/base/rate.ts';
import type { Rate } from '../core/base/rate.ts';
import { parseSchedule } from '../daemon/schedule.ts';
import type { Schedule } from '../daemon/schedule.ts';

/* How values of settings are written: in a file, or as the text of a variable or a flag. */

const DURATION = `expected a duration such as 500ms, 2s, 5m or 1h, at most ${MAX_HOURS}h`;

/*
 * What a transform makes of a text is nothing that JSON Schema can know: `meta` says as much of it as a pattern can, and never refuses what
 * the transform takes.
 */

const DURATION_PATTERN = String.raw`\d+(\.\d+)?(ms|s|m|h)`;

/** `500ms`, `2s`, `5m`, `1h`, and 0; becomes whole milliseconds. */
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
  'expected none, or a cron expression of five parts and, if it is not UTC, a time zone: 0 6 * * 1-5 Europe/Berlin';

/** Five parts of cron and an IANA time zone; becomes both, or null. */
export const schedule = z
  .string(SCHEDULE)
  .transform((text, context): Schedule | null => {
    if (text === 'none') return null;
    try {
      return parseSchedule(text);
    } catch {
      context.addIssue({ code: 'custom', message: SCHEDULE });
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
    errorMessage: `${capitalized(DURATION)}, and above zero`,
  });

/** Variables and flags are text: `true` and `false` are what they say. */
export const flag = z
  .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], 'expected true or false')
  .meta({ anyOf: undefined, type: ['boolean', 'string'], pattern: '^(true|false)$' });

const GLOBS = 'expected globs, such as **/*.yaml';

/** Variables and flags are text, with commas between the globs. */
export const globs = z
  .preprocess(
    (value) => (typeof value === 'string' ? splitGlobs(value) : value),
    z.array(z.string(GLOBS).min(1, GLOBS), GLOBS).min(1, GLOBS),
  )
  .meta({ type: ['array', 'string'], pattern: String.raw`^\s*[^\s,]` });

export const wholeNumber = (least: number, most: number) => {
  const message = `expected a whole number from ${least} to ${most}`;
  const text = z.string().regex(/^\d+$/, message).transform(Number);
  return z
    .union([z.number(), text], message)
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, message)
    .meta({ anyOf: undefined, type: ['integer', 'string'], minimum: least, maximum: most, pattern: String.raw`^\d+$` });
};

const BUDGET = 'expected requests per duration, one or more, such as 1100/5m, 150/1s';

const RATE_PATTERN = String.raw`\s*(?!0+\s*/)\d{1,9}\s*/\s*${DURATION_PATTERN}\s*`;

/** `1100/5m, 150/1s`, or a list of such. */
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

/** A whole number, or `none`, which becomes null. */
export const limit = (most: number) => {
  const message = `expected none, or a whole number from 0 to ${most}`;
  return z
    .union([z.number(), z.string().regex(/^(\d+|none)$/, message)], message)
    .transform((value) => (value === 'none' ? null : Number(value)))
    .refine((value) => value === null || (Number.isInteger(value) && value >= 0 && value <= most), message)
    .meta({
      anyOf: undefined,
      type: ['integer', 'string'],
      minimum: 0,
      maximum: most,
      pattern: String.raw`^(\d+|none)$`,
    });
};

export const oneOf = <const Words extends readonly [string, ...string[]]>(words: Words) =>
  z.enum(words, `expected ${words.slice(0, -1).join(', ')} or ${words.at(-1)}`);

const LISTEN = 'expected an address and a port such as 127.0.0.1:8484, [::]:8484 or :8484 (of all addresses), or none';

/** Where to listen: an address or a name of this machine, or all of its addresses where it is empty; and a port, of which 0 is any free one. */
export type ListenAddress = { readonly host: string; readonly port: number };

/** `127.0.0.1:8484`; becomes its two parts, or null for none. */
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

/** What is shorter may be guessed. */
export const SHORTEST_TOKEN = 16;

const SECRET = `expected none, or a token of at least ${SHORTEST_TOKEN} printable characters without spaces`;

/** A token that somebody must show; or null for none. Its value is never told. */
export const secret = z
  .string(SECRET)
  .regex(new RegExp(String.raw`^\s*(none|[\x21-\x7e]{${SHORTEST_TOKEN},})\s*$`), SECRET)
  .transform((text) => (text.trim() === 'none' ? null : text.trim()));

const FILE = 'expected none, or the path of a file';

/** A path, or null for none. */
export const optionalFile = z
  .string(FILE)
  .min(1, FILE)
  .transform((text) => (text === 'none' ? null : text));

/** Parts a text at its commas, but for those between braces: `*.{yaml,yml},*.json` is two globs. */
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
