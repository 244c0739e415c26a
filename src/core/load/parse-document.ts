import { isObject } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { missingAlternatives, checkService, isMisplaced } from '../service/schema.ts';
import type { Issue } from '../service/schema.ts';
import type { Declaration, DeclarationIdentity, ParsedFile } from './declaration.ts';
import { explainIssue } from './explain-issue.ts';
import { formatPath } from './field-path.ts';
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

/** Either a declaration, or the problems for which it is skipped. */
type ParsedDocument = Pick<ParsedFile, 'skipped' | 'problems'> & { readonly declaration?: Declaration };

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
  /** What replaces references; null if they are text like any other. */
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
  if (service !== null && unresolved.length === 0) {
    const service_id = service.service_id.toLowerCase();
    return { declaration: { ...identity, service_id, name: service.name, value }, skipped: [], problems: [] };
  }
  const problems = [
    ...(values?.failure == null ? unresolved.map((each) => problemOfReference(origin, each)) : []),
    ...problemsOf(
      origin,
      value,
      issues.filter((issue) => !isUnresolved(issue.path, unresolved)),
    ),
  ].sort(byLocation);
  const reason = values?.failure != null && unresolved.length > 0 ? values.failure : skipReason(problems);
  return { skipped: [{ ...withoutReferences(identity, unresolved), reason }], problems };
}

function resolveDocument(document: YamlDocument, values: Values | null): ResolvedDocument {
  return values === null ? { document, problems: [], originOf: () => '' } : resolveReferences(document, values);
}

function problemOfReference(origin: Origin, { path, message }: ReferenceProblem): Problem {
  return problemAt(origin, origin.document.offsetOfValue(path), path, message);
}

function isUnresolved(path: FieldPath, unresolved: readonly ReferenceProblem[]): boolean {
  return unresolved.some((each) => formatPath(each.path) === formatPath(path));
}

/** Leaves out an id and a name that are not known, because their references have no value. */
function withoutReferences<T extends DeclarationIdentity>(identity: T, unresolved: readonly ReferenceProblem[]): T {
  return {
    ...identity,
    ...(isUnresolved(['service_id'], unresolved) ? { service_id: null } : {}),
    ...(isUnresolved(['name'], unresolved) ? { name: null } : {}),
  };
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
  return {
    file,
    line: positionOf(document.offsetOfKey(path)).line,
    service_id: textAt(value, 'service_id')?.toLowerCase() ?? null,
    name: textAt(value, 'name'),
    positions: {
      service_id: positionOf(document.offsetOfValue([...path, 'service_id'])),
      name: positionOf(document.offsetOfValue([...path, 'name'])),
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
