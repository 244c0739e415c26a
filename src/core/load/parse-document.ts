import { isObject } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { readInstructions } from '../service/instructions.ts';
import { FIELD_PATHS } from '../service/normalize.ts';
import { missingAlternatives, checkService, isAbsent, isMisplaced } from '../service/schema.ts';
import type { Issue } from '../service/schema.ts';
import type { Declaration, DeclarationIdentity, ParsedFile, Tombstone } from './declaration.ts';
import { explainIssue } from './explain-issue.ts';
import { formatPath } from './field-path.ts';
import { findInstructionProblems } from './instruction-problems.ts';
import type { FieldPath } from './field-path.ts';
import { explainUnrelatedMapping, explainNonMapping, findServices, isJsonSchema } from './not-a-service.ts';
import { byLocation, skipReason } from './problem.ts';
import type { Problem } from './problem.ts';
import { explainUnknownKeys } from './unknown-keys.ts';
import type { Position } from './yaml/read-yaml.ts';
import type { YamlDocument } from './yaml/yaml-document.ts';
import { resolveReferences } from './values/resolve-references.ts';
import type { ReferenceProblem, ResolvedDocument } from './values/resolve-references.ts';
import type { Values } from './values/values.ts';

/** A declaration, a tombstone, or the problems for which the document is skipped. */
type ParsedDocument = Pick<ParsedFile, 'skipped' | 'problems'> & {
  readonly declaration?: Declaration;
  readonly tombstone?: Tombstone;
};

/** A document, and how to find its parts in the file. */
type Origin = {
  readonly file: string;
  readonly document: YamlDocument;
  readonly positionOf: (offset: number) => Position;
  /** Returns where a value comes from, as the end of a message; empty if the file itself contains it. */
  readonly originOf: ResolvedDocument['originOf'];
};

export type DocumentOptions = {
  readonly file: string;
  readonly positionOf: (offset: number) => Position;
  /** The values of references; null if they are text like any other. */
  readonly values: Values | null;
};

/** Reads the declaration of one document. */
export function parseDocument(written: YamlDocument, { file, positionOf, values }: DocumentOptions): ParsedDocument {
  const { document, problems: unresolved, originOf } = resolveDocument(written, values);
  const origin = { file, document, positionOf, originOf };
  const { value } = document;
  // An empty document declares nothing, also if it is written as null.
  if (value === null || (isObject(value) && isJsonSchema(value))) return { skipped: [], problems: [] };
  if (!isObject(value)) return skipDocument(origin, [], explainNonMapping(value));
  const unrelated = explainUnrelatedMapping(value);
  if (unrelated !== null) return skipDocument(origin, unrelated.path, unrelated.message);

  const identity = identityOf(origin, value, []);
  const { service, issues } = checkService(value);
  const isUsable = service !== null && unresolved.length === 0;
  const unresolvedPaths = new Set(unresolved.map(({ path }) => formatPath(path)));
  const problems = isUsable
    ? instructionProblems(origin, value)
    : [
        ...(values?.failure == null ? unresolved.map((each) => problemOfReference(origin, each)) : []),
        ...problemsOf(
          origin,
          value,
          issues.filter(({ path }) => !unresolvedPaths.has(formatPath(path))),
        ),
      ].sort(byLocation);
  if (isUsable && problems.length === 0) return toParsed(origin, identity, { name: service.name, value });
  const reason = values?.failure != null && unresolved.length > 0 ? values.failure : skipReason(problems);
  return { skipped: [{ ...withoutReferences(identity, unresolvedPaths), reason }], problems };
}

/** Returns a valid document as a declaration or a tombstone. */
function toParsed(
  origin: Origin,
  identity: DeclarationIdentity,
  { name, value }: Pick<Declaration, 'name' | 'value'>,
): ParsedDocument {
  const { reconcile, ...rest } = value;
  const fields = reconcile === undefined ? value : rest;
  const parsed = { ...identity, value: fields, instructions: readInstructions(reconcile) };
  return isAbsent(value)
    ? { tombstone: { ...parsed, fieldPositions: fieldPositionsIn(origin, fields) }, skipped: [], problems: [] }
    : { declaration: { ...parsed, name }, skipped: [], problems: [] };
}

function resolveDocument(document: YamlDocument, values: Values | null): ResolvedDocument {
  return values === null ? { document, problems: [], originOf: () => '' } : resolveReferences(document, values);
}

function problemOfReference(origin: Origin, { path, message }: ReferenceProblem): Problem {
  return problemAt(origin, origin.document.offsetOfValue(path), path, message);
}

/** Leaves out an id and a name that are not known, because their references have no value. */
function withoutReferences<T extends DeclarationIdentity>(identity: T, unresolved: ReadonlySet<string>): T {
  return {
    ...identity,
    ...(unresolved.has('service_id') ? { service_id: null } : {}),
    ...(unresolved.has('name') ? { name: null } : {}),
  };
}

function instructionProblems(origin: Origin, value: JsonObject): readonly Problem[] {
  const { document } = origin;
  return findInstructionProblems(value).map(({ path, message }) =>
    problemAt(origin, document.offsetOfValue(path), path, message),
  );
}

/** Returns the places of the fields that a declaration sets, by dotted path. */
function fieldPositionsIn({ document, positionOf }: Origin, fields: JsonObject): ReadonlyMap<string, Position> {
  return new Map(
    FIELD_PATHS.flatMap((path) => {
      const steps = path.split('.');
      const isSet = steps.reduce<Json | undefined>((at, step) => (isObject(at) ? at[step] : undefined), fields) != null;
      return isSet ? [[path, positionOf(document.offsetOfValue(steps))] as const] : [];
    }),
  );
}

/** Skips a document that is not a declaration, and all services that are found inside it. */
function skipDocument(origin: Origin, path: FieldPath, message: string): ParsedDocument {
  const { document } = origin;
  const offset = path.length === 0 ? document.offset : document.offsetOfKey(path);
  const problems = [problemAt(origin, offset, path, message)];
  const reason = skipReason(problems);
  const identities = findServices(document.value).map((service) => identityOf(origin, service.value, service.path));
  const skipped = identities.length > 0 ? identities : [identityOf(origin, null, [])];
  return { skipped: skipped.map((identity) => ({ ...identity, reason })), problems };
}

function identityOf({ file, document, positionOf }: Origin, value: Json, path: FieldPath): DeclarationIdentity {
  const isRenamed = isObject(value) && readInstructions(value['reconcile']).renamedFrom !== null;
  return {
    file,
    line: positionOf(document.offsetOfKey(path)).line,
    service_id: textAt(value, 'service_id')?.toLowerCase() ?? null,
    name: textAt(value, 'name'),
    positions: {
      service_id: positionOf(document.offsetOfValue([...path, 'service_id'])),
      name: positionOf(document.offsetOfValue([...path, 'name'])),
      ...(isRenamed
        ? { renamed_from: positionOf(document.offsetOfValue([...path, 'reconcile', 'renamed_from'])) }
        : {}),
    },
  };
}

function textAt(value: Json, key: 'service_id' | 'name'): string | null {
  const text = isObject(value) ? value[key] : null;
  return typeof text === 'string' && text !== '' ? text : null;
}

function problemAt({ file, positionOf }: Origin, offset: number, path: FieldPath, message: string): Problem {
  return { file, ...positionOf(offset), path: path.length === 0 ? null : formatPath(path), message };
}

/** Returns the problems of a declaration, one for each mistake: a misspelled field is not reported as missing as well. */
function problemsOf(origin: Origin, value: JsonObject, issues: readonly Issue[]): readonly Problem[] {
  const { document } = origin;
  const unknownKeys = issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? explainUnknownKeys(issue, value) : [],
  );
  const misspelled = new Set(unknownKeys.flatMap((key) => key.likelyPaths));
  return [
    ...unknownKeys.map(({ path, message }) => problemAt(origin, document.offsetOfKey(path), path, message)),
    ...issues
      .filter((issue) => issue.code !== 'unrecognized_keys')
      .filter((issue) => !missingPaths(issue).some((path) => misspelled.has(path)))
      .map((issue) => {
        const message = explainIssue(issue, document) + origin.originOf(issue.path);
        return problemAt(origin, offsetOf(issue, document), issue.path, message);
      }),
  ].sort(byLocation);
}

/** Returns the place of the key for a field that must not exist, otherwise the place of the value. */
function offsetOf(issue: Issue, document: YamlDocument): number {
  return isMisplaced(issue) ? document.offsetOfKey(issue.path) : document.offsetOfValue(issue.path);
}

/** Returns the paths of the fields that an issue reports as missing. Any one of them would resolve the issue. */
function missingPaths(issue: Issue): readonly string[] {
  // The fields of an empty mapping may be next to it by mistake, so it counts as missing.
  return issue.input == null ? [formatPath(issue.path)] : missingAlternatives(issue);
}
