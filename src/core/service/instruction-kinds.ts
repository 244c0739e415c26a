import * as z from 'zod';
import { isObject } from '../base/json.ts';
import { MOMENT, MOMENT_PATTERN, parseMoment } from './moment.ts';
import type { JsonSchema } from './json-schema.ts';
import { choice } from './kinds.ts';
import type { Kind } from './kinds.ts';

/*
 * The kinds of values under `reconcile`. JSON Schema cannot express what depends on the type of a value here, so the parts of each kind are
 * added to its JSON Schema by hand.
 */

export const ensure = choice(
  { value: 'present', description: 'The service should exist. This is the default.' },
  { value: 'absent', description: 'The service should not exist: it is deleted if the policy is sync.' },
);

const moment = z.string(MOMENT).refine((text) => parseMoment(text) !== null, MOMENT);
const reason = z.string('a text that says why').min(1, 'a text that says why');

const PAUSE = 'true, or a mapping with until or reason';
const pauseSchema = z.strictObject({ until: moment.nullish(), reason: reason.nullish() }, PAUSE);
/** Not used together with an unknown key, which is the mistake then. */
const filledPauseSchema = pauseSchema.refine(({ until, reason: why }) => until != null || why != null, PAUSE);

const FIELD = 'the path of a field, such as tls_settings or host.ipv4';
const fieldPath = z.string(FIELD).min(1, FIELD);
const IGNORED = 'the path of a field, or a mapping with path';
const ignoredSchema = z.strictObject({ path: fieldPath, until: moment.nullish(), reason: reason.nullish() }, IGNORED);
const ignoreSchema = z.array(
  dispatched((value) => (isObject(value) ? ignoredSchema : fieldPath), { acceptsNull: false }),
  'a list of fields such as [http_port]',
);

const momentJson: JsonSchema = {
  title: 'Until',
  description: 'When it ends: a date (midnight UTC, at the start of the day) or a time with its zone.',
  examples: ['2027-01-31', '2026-12-24T06:00:00Z'],
  type: ['string', 'null'],
  pattern: MOMENT_PATTERN,
  errorMessage: `Expected ${MOMENT}`,
};
const reasonJson: JsonSchema = {
  title: 'Reason',
  description: 'Why. It is shown in reports.',
  examples: ['vendor migration'],
  type: ['string', 'null'],
  minLength: 1,
};

export const pause = {
  kind: 'instruction',
  schema: dispatched(pauseSchemaFor).meta({
    type: ['boolean', 'object', 'null'],
    properties: { until: momentJson, reason: reasonJson },
    additionalProperties: false,
    if: { type: 'object' },
    // oxlint-disable-next-line unicorn/no-thenable -- `then` is a keyword of JSON Schema, and no schema is awaited.
    then: { anyOf: ['until', 'reason'].map((key) => ({ properties: { [key]: { type: 'string' } }, required: [key] })) },
  }),
} as const satisfies Kind;

export const ignore = {
  kind: 'instruction',
  schema: dispatched(() => ignoreSchema),
} as const satisfies Kind;

/** Returns the JSON Schema of `ignore`, whose paths come from the table of fields. */
export function ignoreJson(paths: readonly string[]): JsonSchema {
  const path = {
    title: 'Field',
    description: 'The path of the field; that of a mapping, such as host, means all fields in it.',
    examples: ['http_port', 'tls_settings'],
    type: 'string',
    enum: paths,
    errorMessage: `Expected ${FIELD}`,
  };
  return {
    type: ['array', 'null'],
    items: {
      type: ['string', 'object'],
      errorMessage: `Expected ${IGNORED}`,
      if: { type: 'object' },
      // oxlint-disable-next-line unicorn/no-thenable -- `then` is a keyword of JSON Schema, and no schema is awaited.
      then: {
        properties: { path, until: momentJson, reason: reasonJson },
        required: ['path'],
        additionalProperties: false,
      },
      else: path,
    },
  };
}

function pauseSchemaFor(value: unknown): z.ZodType | null {
  if (typeof value === 'boolean') return null;
  const isKnown = isObject(value) && Object.keys(value).every((key) => Object.hasOwn(pauseSchema.shape, key));
  return isKnown ? filledPauseSchema : pauseSchema;
}

/** Checks a value with the schema that its type selects. Unlike a union, it reports what is wrong and where. */
function dispatched(schemaOf: (value: unknown) => z.ZodType | null, { acceptsNull = true } = {}) {
  return z.unknown().superRefine((value, context) => {
    if (value === undefined || (value === null && acceptsNull)) return;
    const { error } = schemaOf(value)?.safeParse(value, { reportInput: true }) ?? {};
    for (const issue of error?.issues ?? []) context.addIssue({ ...issue });
  });
}
