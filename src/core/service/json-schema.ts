import * as z from 'zod';

/*
 * JSON Schema for editors: draft 7, which all YAML and JSON language services support. Besides the standard keywords it contains
 * `errorMessage`, `enumDescriptions` and `doNotSuggest`, which these services understand and other validators ignore.
 */

/** A JSON Schema by keyword. Keywords whose value is undefined are absent when it is written. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/**
 * Returns the JSON Schema of the values that a zod schema accepts, including the metadata of each part. `toErrorMessage` turns the
 * message of a part into the message that an editor shows.
 */
export function toJsonSchema(schema: z.ZodType, toErrorMessage: (message: string) => string): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-07',
    override: ({ zodSchema, jsonSchema }) => {
      // A pattern with the same meaning accompanies every format, and validators need not know formats.
      delete jsonSchema.format;
      if (zodSchema instanceof z.ZodNullable) allowNull(jsonSchema);
      const [issue] = z.safeParse(zodSchema, Symbol('refused by every schema')).error?.issues ?? [];
      if (issue === undefined) return;
      const { type } = jsonSchema;
      if (jsonSchema.properties === undefined) jsonSchema['errorMessage'] ??= toErrorMessage(issue.message);
      else if (type !== undefined) {
        // Next to `properties`, editors would also show the message for unknown and missing keys.
        delete jsonSchema.type;
        jsonSchema.allOf = [{ type, errorMessage: toErrorMessage(issue.message) }];
      }
    },
  });
}

/** Writes `type: [integer, null]` in place of two alternatives, of which an editor would only report that neither matches. */
function allowNull(schema: z.core.JSONSchema.BaseSchema): void {
  // zod writes the schema that may be null first, then null.
  const [nullable]: [z.core.JSONSchema.BaseSchema, unknown] = Object(schema.anyOf);
  const { type } = nullable.allOf?.[0] ?? nullable;
  delete schema.anyOf;
  Object.assign(schema, nullable, { type: [type, 'null'] });
  delete schema.allOf;
  if (schema.enum !== undefined) schema.enum = [...schema.enum, null];
}
