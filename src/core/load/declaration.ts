import type { JsonObject } from '../base/json.ts';
import type { Problem } from './problem.ts';
import type { Position } from './yaml/read-yaml.ts';

/** Where a declaration is, and which service it is for. An id or a name that cannot be read is null. */
export type DeclarationIdentity = {
  readonly file: string;
  /** The line where the declaration begins. */
  readonly line: number;
  readonly service_id: string | null;
  readonly name: string | null;
  readonly positions: { readonly service_id: Position; readonly name: Position };
};

/** A valid declaration. `service_id` is in lower case; `value` is checked, but written as in the file. */
export type Declaration = DeclarationIdentity & {
  readonly service_id: string;
  readonly name: string;
  readonly value: JsonObject;
};

/** A declaration with problems. The live service that it is for is left alone. */
export type SkippedDeclaration = DeclarationIdentity & { readonly reason: string };

/** The content of one file. Depends only on the name and the bytes of the file, so it can be cached as long as these are the same. */
export type ParsedFile = {
  readonly file: string;
  readonly declarations: readonly Declaration[];
  readonly skipped: readonly SkippedDeclaration[];
  readonly problems: readonly Problem[];
};
