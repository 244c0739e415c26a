import * as z from 'zod';
import { capitalize } from '../base/text/capitalize.ts';
import { isObject } from '../base/json.ts';
import type { JsonObject } from '../base/json.ts';
import type { DeclaredService } from './declared-service.ts';
import { fieldsIn } from './fields.ts';
import type { Field, ServiceType } from './fields.ts';
import type { MappingKind } from './kinds.ts';

/*
 * Validates declarations, as the table of fields describes them. Messages say what was expected; the caller adds what was found and
 * where. A response of the API pasted as a declaration is valid, so null means unset everywhere and read-only times are accepted.
 */

const topLevel = fieldsIn().map(([key, field]) => ({ key, field, schema: fieldSchema(key, field) }));

export const httpSchema = schemaOfType('http');
export const tcpSchema = schemaOfType('tcp');

/** Used while `type` is missing or wrong, so that the rest of the declaration is still checked. Has the fields of both types. */
export const untypedSchema = z.strictObject(
  Object.fromEntries(
    topLevel.map(({ key, field, schema }) => {
      const { required: _, ...optional } = field;
      return [key, field.only === undefined ? schema : fieldSchema(key, optional)];
    }),
  ),
  'a mapping that declares one service; separate services by a line of ---',
);

function schemaOfType(type: ServiceType) {
  return z.strictObject(
    Object.fromEntries(
      topLevel.map(({ key, field: { only = type }, schema }) => {
        if (only !== type) return [key, refusedField(only)];
        return [key, key === 'type' ? z.literal(type) : schema];
      }),
    ),
  );
}

function fieldSchema(path: string, { value, required, readOnly, ...field }: Field) {
  const schema = value.kind === 'mapping' ? mappingSchema(path, value) : value.schema;
  const withUnset = required === true ? schema : value.kind === 'anything' ? schema.optional() : schema.nullish();
  return withUnset.meta({
    title: field.title,
    description: field.description,
    examples: [...field.examples],
    ...(readOnly === true && required !== true ? { doNotSuggest: true } : {}),
  });
}

function mappingSchema(path: string, { expected, check }: MappingKind): z.ZodType {
  const shape = fieldsIn(path).map(([key, field]) => [key, fieldSchema(`${path}.${key}`, field)] as const);
  const schema = z.strictObject(Object.fromEntries(shape), expected);
  // Without `when`, zod would run the check only after all fields of the mapping are valid.
  return check === undefined ? schema : schema.superRefine(check, { when: ({ value }) => isObject(value) });
}

/** A field that only the other type has. A response of the API may contain it as null. */
function refusedField(only: ServiceType): z.ZodType {
  const message = `only type ${only} has this field; remove it or change the type`;
  return z
    .null(message)
    .optional()
    .meta({
      title: `Only for type ${only}`,
      description: `Only services of type ${only} have this field.`,
      examples: [null],
      errorMessage: capitalize(message),
      doNotSuggest: true,
    });
}

export type Issue = z.core.$ZodIssue;

/** Validates a declaration. Returns the service, or null and every problem in zod's form. */
export function checkService(value: JsonObject) {
  const { type } = value;
  const schema = type === 'http' ? httpSchema : type === 'tcp' ? tcpSchema : untypedSchema;
  const { data, error } = schema.safeParse(value, { reportInput: true });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Type and schema are derived from the same table.
  const service = (data ?? null) as DeclaredService | null;
  return { service, issues: error?.issues ?? [] };
}

/** Whether the message of an issue is a whole sentence, which needs no "expected …, found …" around it. */
export function isSentence(issue: Issue): boolean {
  // Only the fields of the other type are expected to be null.
  if (issue.code === 'invalid_type') return issue.expected === 'null';
  return issue.code === 'custom' && issue.params !== undefined;
}

/** Whether an issue is about a key that must be removed regardless of its value. */
export function isMisplaced(issue: Issue): boolean {
  return issue.code === 'custom' && issue.params?.['misplaced'] === true;
}

/** Returns the alternative fields of an issue about a missing field: setting any one resolves it. Empty for any other issue. */
export function missingAlternatives(issue: Issue): readonly string[] {
  return issue.code === 'custom' ? (issue.params?.['absent'] ?? []) : [];
}
