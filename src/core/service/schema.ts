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

/** The kinds whose schemas accept null themselves. */
const ACCEPTING_NULL: ReadonlySet<string> = new Set(['anything', 'instruction']);

const topLevel = fieldsIn().map(([key, field]) => ({ key, field }));

/** The schemas of services that should exist, by type. `untyped` is used while `type` is missing or wrong. */
export const presentSchemas = schemasOf({ isPresent: true });

/** The schemas of services that should not exist: every field is optional, but a field that is given is checked. */
const absentSchemas = schemasOf({ isPresent: false });

function schemasOf(options: { readonly isPresent: boolean }) {
  return { http: schemaOfType('http', options), tcp: schemaOfType('tcp', options), untyped: untypedSchema(options) };
}

/** Has the fields of both types, so that the rest of the declaration is checked. */
function untypedSchema({ isPresent }: { readonly isPresent: boolean }) {
  return z.strictObject(
    Object.fromEntries(
      topLevel.map(({ key, field }) => [
        key,
        fieldSchema(key, isPresent && field.only === undefined ? field : optional(field)),
      ]),
    ),
    'a mapping that declares one service; separate services by a line of ---',
  );
}

function schemaOfType(type: ServiceType, { isPresent }: { readonly isPresent: boolean }) {
  return z.strictObject(
    Object.fromEntries(
      topLevel.map(({ key, field }) => {
        const { only = type } = field;
        if (only !== type) return [key, refusedField(only)];
        return [key, key === 'type' ? z.literal(type) : fieldSchema(key, isPresent ? field : optional(field))];
      }),
    ),
  );
}

function optional(field: Field): Field {
  const { required: _, ...rest } = field;
  return rest;
}

function fieldSchema(path: string, { value, required, ...field }: Field) {
  const schema = value.kind === 'mapping' ? mappingSchema(path, value) : value.schema;
  const withUnset = required === true ? schema : ACCEPTING_NULL.has(value.kind) ? schema.optional() : schema.nullish();
  return withUnset.meta({
    title: field.title,
    description: field.description,
    examples: [...field.examples],
    ...(value.kind === 'anything' ? { doNotSuggest: true } : {}),
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
  const schemas = isAbsent(value) ? absentSchemas : presentSchemas;
  const schema = type === 'http' || type === 'tcp' ? schemas[type] : schemas.untyped;
  const { data, error } = schema.safeParse(value, { reportInput: true });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Type and schema are derived from the same table.
  const service = (data ?? null) as DeclaredService | null;
  return { service, issues: error?.issues ?? [] };
}

/** Whether a declaration says that its service should not exist. */
export function isAbsent({ reconcile }: JsonObject): boolean {
  return isObject(reconcile) && reconcile['ensure'] === 'absent';
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
