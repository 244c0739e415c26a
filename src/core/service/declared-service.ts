import type * as z from 'zod';
import type { FIELDS, KeyIn, ServiceType } from './fields.ts';

/** One service as a file declares it, derived from the table of fields. */
export type DeclaredService = { [Type in ServiceType]: ServiceOf<Type> }[ServiceType];

type ServiceOf<Type extends ServiceType> = { type: Type } & Omit<
  MappingAt<''>,
  'type' | KeyOnlyFor<Exclude<ServiceType, Type>>
>;

type Table = typeof FIELDS;
type FieldAt<Path extends string> = Path extends keyof Table ? Table[Path] : never;

type RequiredKeyIn<Prefix extends string, Key = KeyIn<Prefix>> = Key extends string
  ? FieldAt<`${Prefix}${Key}`> extends { required: true }
    ? Key
    : never
  : never;

type KeyOnlyFor<Type extends ServiceType, Key = KeyIn<''>> = Key extends string
  ? FieldAt<Key> extends { only: Type }
    ? Key
    : never
  : never;

type MappingAt<Prefix extends string> = {
  [Key in RequiredKeyIn<Prefix>]: ValueAt<`${Prefix}${Key}`>;
} & {
  [Key in Exclude<KeyIn<Prefix>, RequiredKeyIn<Prefix>>]?: ValueAt<`${Prefix}${Key}`> | null | undefined;
};

type ValueAt<Path extends string> =
  FieldAt<Path> extends { value: { schema: infer Schema extends z.ZodType } }
    ? z.infer<Schema>
    : FieldAt<Path> extends { value: { kind: 'mapping' } }
      ? MappingAt<`${Path}.`>
      : never;
