import { configSchema } from '../../config/settings.ts';
import { serviceSchema } from '../../core/service/declaration-schema.ts';
import { print } from '../context.ts';
import type { Context } from '../context.ts';

/** What has a JSON Schema, by what its files are called. */
const schemas = { declaration: serviceSchema, config: configSchema } as const;

export type SchemaName = keyof typeof schemas;

/** Writes a JSON Schema, for editors. */
export function schemaCommand(of: SchemaName, context: Context): void {
  print(context, JSON.stringify(schemas[of](), null, 2));
}
