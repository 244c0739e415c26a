import * as z from 'zod';

/*
 * JSON Schema of what is written in a file, for editors. Draft 7 is what the YAML and JSON services of all of them know. Beside it
 * `errorMessage`, `enumDescriptions` and `doNotSuggest`, which these services know and others pass over.
 */

/** By its words, and to be written out: what is undefined in it is not there. */
export type JsonSchema = { readonly [word: string]: unknown };

/**
 * The JSON Schema of what a zod schema takes. What `meta` says of a part is in it. `toErrorMessage` makes the message of an editor of the
 * message with which a part refuses what it can never be.
 */
export function toJsonSchema(schema: z.ZodType, toErrorMessage: (message: string) => string): JsonSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    target: 'draft-07',
    override: ({ zodSchema, jsonSchema }) => {
      // The patterns that stand beside them say the same, and no validator needs to know them.
      delete jsonSchema.format;
      if (zodSchema instanceof z.ZodNullable) allowNull(jsonSchema);
      const [issue] = z.safeParse(zodSchema, Symbol('nothing')).error?.issues ?? [];
      if (issue === undefined) return;
      const { type } = jsonSchema;
      if (jsonSchema.properties === undefined) jsonSchema['errorMessage'] ??= toErrorMessage(issue.message);
      else if (type !== undefined) {
        // Beside `properties`, editors would take it for the message of unknown and missing keys, too.
        delete jsonSchema.type;
        jsonSchema.allOf = [{ type, errorMessage: toErrorMessage(issue.message) }];
      }
    },
  });
}

export function capitalized(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** `type: [integer, null]`, where zod has two alternatives, of which an editor knows only that neither fits. */
function allowNull(schema: z.core.JSONSchema.BaseSchema): void {
  // zod writes what may be null, and null.
  const [given]: [z.core.JSONSchema.BaseSchema, unknown] = Object(schema.anyOf);
  const { type } = given.allOf?.[0] ?? given;
  delete schema.anyOf;
  Object.assign(schema, given, { type: [type, 'null'] });
  delete schema.allOf;
  if (schema.enum !== undefined) schema.enum = [...schema.enum, null];
}
