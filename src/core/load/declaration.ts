import type { JsonObject } from '../base/json.ts';
import type { Instructions } from '../service/instructions.ts';
import type { Problem } from './problem.ts';
import type { Position } from './yaml/read-yaml.ts';

/** Where a declaration is, and which service it is for. An id or a name that cannot be read is null. */
export type DeclarationIdentity = {
  readonly file: string;
  /** The line where the declaration begins. */
  readonly line: number;
  readonly service_id: string | null;
  readonly name: string | null;
  readonly positions: {
    readonly service_id: Position;
    readonly name: Position;
    /** Only if the declaration has it. */
    readonly renamed_from?: Position;
  };
};

/** Returns where a declaration has a field, or its name if it does not have the field. */
export function positionOf(
  { positions }: DeclarationIdentity,
  field: keyof DeclarationIdentity['positions'],
): Position {
  return { renamed_from: positions.name, ...positions }[field];
}

/**
 * A valid declaration of a service that should exist. `service_id` is in lower case; without one, the name is the key. `value` is checked,
 * but written as in the file, without the instructions.
 */
export type Declaration = DeclarationIdentity & {
  readonly name: string;
  readonly value: JsonObject;
  readonly instructions: Instructions;
};

/** A valid declaration of a service that should not exist (`ensure: absent`). It has a `service_id` or a name; `value` may have other fields. */
export type Tombstone = DeclarationIdentity & {
  readonly value: JsonObject;
  /** Where the fields of `value` are, by dotted path. */
  readonly fieldPositions: ReadonlyMap<string, Position>;
  readonly instructions: Instructions;
};

/** A declaration with problems. The live service that it is for is left alone. */
export type SkippedDeclaration = DeclarationIdentity & { readonly reason: string };

/** The content of one file. Depends only on the name and the bytes of the file, so it can be cached as long as these are the same. */
export type ParsedFile = {
  readonly file: string;
  readonly declarations: readonly Declaration[];
  readonly tombstones: readonly Tombstone[];
  readonly skipped: readonly SkippedDeclaration[];
  readonly problems: readonly Problem[];
};
