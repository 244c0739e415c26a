import { isObject } from '../base/json.ts';
import type { Json, JsonObject } from '../base/json.ts';
import { formatSuggestions, suggest } from '../base/suggest.ts';
import { declarationPaths } from '../service/fields.ts';
import { alternativesIn, checkService, isMisplaced, isSentence } from '../service/schema.ts';
import type { Issue } from '../service/schema.ts';
import { hint } from './fixes.ts';
import { foreignShape, services } from './not-a-service.ts';
import { byPlace } from './problem.ts';
import type { Problem } from './problem.ts';
import { codePoint } from './yaml-errors.ts';
import { pathText, readYaml } from './yaml.ts';
import type { Path, YamlDocument } from './yaml.ts';

type Place = { readonly line: number; readonly column: number };

/** What both a good and a bad declaration say about which service they mean; null where it cannot be read. */
export type Claim = {
  readonly file: string;
  /** Where the declaration begins. */
  readonly line: number;
  readonly service_id: string | null;
  readonly name: string | null;
  readonly places: { readonly service_id: Place; readonly name: Place };
};

/** A service as a file declares it. `service_id` is in lower case; `value` is checked, but spelt as in the file. */
export type Declaration = Claim & { readonly service_id: string; readonly name: string; readonly value: JsonObject };

/** A declaration that does not hold. The live service that it means is left alone. */
export type SkippedDeclaration = Claim & { readonly reason: string };

/** What one file says. Depends on its name and its bytes alone, so it can be kept for as long as they are the same. */
export type ParsedFile = {
  readonly file: string;
  readonly declarations: readonly Declaration[];
  readonly skipped: readonly SkippedDeclaration[];
  readonly problems: readonly Problem[];
};

/** A hundred messages about one file help nobody. */
const MOST_PROBLEMS_OF_A_FILE = 20;

/**
 * Reads the declarations of one file. Never throws. A file that does not parse sets aside all that it declares;
 * a document that does not hold sets aside itself.
 */
export function parseFile(file: string, text: string): ParsedFile {
  if (text.trim() === '') return unreadableFile(file, 'expected a declaration, found an empty file', text);

  const yaml = readYaml(text);
  if (yaml.faults.length > 0) {
    const problems = atMost(
      MOST_PROBLEMS_OF_A_FILE,
      yaml.faults.map(({ offset, path, message }) => ({ file, ...yaml.position(offset), path, message })),
    );
    return { file, declarations: [], skipped: claimsOfBrokenText(file, text, firstOf(problems)), problems };
  }

  const parsed = yaml.documents.map((document) => parseDocument(file, document, yaml.position));
  return {
    file,
    declarations: parsed.flatMap(({ declaration }) => declaration ?? []),
    skipped: parsed.flatMap(({ skipped }) => skipped),
    problems: atMost(
      MOST_PROBLEMS_OF_A_FILE,
      parsed.flatMap(({ problems }) => problems),
    ),
  };
}

/** A file that is there but cannot be used: too large, not UTF-8, not readable. `text` is what could be read of it. */
export function unreadableFile(
  file: string,
  message: string,
  text = '',
  { line, column }: Place = { line: 1, column: 1 },
): ParsedFile {
  const problem: Problem = { file, line, column, path: null, message };
  return { file, declarations: [], skipped: claimsOfBrokenText(file, text, firstOf([problem])), problems: [problem] };
}

/** The first problems, in the order of their places; the last of them says how many more there are. */
function atMost(most: number, problems: readonly Problem[]): readonly Problem[] {
  const sorted = problems.toSorted(byPlace);
  const rest = sorted.slice(most - 1);
  return rest.length < 2
    ? sorted
    : [
        ...sorted.slice(0, most - 1),
        ...rest
          .slice(0, 1)
          .map((next) => ({ ...next, path: null, message: `${rest.length} more problems from here on` })),
      ];
}

type ParsedDocument = Pick<ParsedFile, 'skipped' | 'problems'> & { readonly declaration?: Declaration };

function parseDocument(file: string, document: YamlDocument, position: (offset: number) => Place): ParsedDocument {
  const { value } = document;
  const claimOf = (claimed: Json, path: Path): Claim => ({
    file,
    line: position(document.offsetOfKey(path)).line,
    service_id: textIn(claimed, 'service_id')?.toLowerCase() ?? null,
    name: textIn(claimed, 'name'),
    places: {
      service_id: position(document.offsetOfValue([...path, 'service_id'])),
      name: position(document.offsetOfValue([...path, 'name'])),
    },
  });
  const problem = (offset: number, path: Path, message: string): Problem => ({
    file,
    ...position(offset),
    path: path.length === 0 ? null : pathText(path),
    message,
  });
  const refuse = (path: Path, message: string): ParsedDocument => {
    const problems = [problem(path.length === 0 ? document.offset : document.offsetOfKey(path), path, message)];
    // What does not stand where it should is refused, and is no reason to take it for undeclared.
    const claims = services(value).map((each) => claimOf(each.value, each.path));
    const reason = firstOf(problems);
    return {
      skipped: (claims.length > 0 ? claims : [claimOf(null, [])]).map((claim) => ({ ...claim, reason })),
      problems,
    };
  };
  if (!isObject(value)) return refuse([], noMapping(value));
  const foreign = foreignShape(value);
  if (foreign !== null) return refuse(foreign.path, foreign.message);

  const claim = claimOf(value, []);
  const { service, issues } = checkService(value);
  if (service !== null) {
    const service_id = service.service_id.toLowerCase();
    return { declaration: { ...claim, service_id, name: service.name, value }, skipped: [], problems: [] };
  }
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? unknownKeys(issue, value) : []));
  const meant = new Set(unknown.flatMap((key) => key.meant));
  const problems = [
    ...unknown.map(({ path, message }) => problem(document.offsetOfKey(path), path, message)),
    ...issues
      .filter((issue) => issue.code !== 'unrecognized_keys')
      // One slip, one message: what is misspelt is not missing, too.
      .filter((issue) => !absencesOf(issue).some((path) => meant.has(path)))
      .map((issue) => problem(offsetOf(issue, document), issue.path, describe(issue, document))),
  ].sort(byPlace);
  return { skipped: [{ ...claim, reason: firstOf(problems) }], problems };
}

/** Of what should not be there at all, the key is the place to point at: its value may begin on another line, with what is right. */
function offsetOf(issue: Issue, document: YamlDocument): number {
  return isMisplaced(issue) ? document.offsetOfKey(issue.path) : document.offsetOfValue(issue.path);
}

/** The paths of the fields of which an issue says that they, or one of them, are missing. */
function absencesOf(issue: Issue): readonly string[] {
  // An empty mapping is as good as none: what should stand in it may stand beside it.
  return issue.input == null ? [pathText(issue.path)] : alternativesIn(issue);
}

function textIn(value: Json, key: 'service_id' | 'name'): string | null {
  const text = isObject(value) ? value[key] : null;
  return typeof text === 'string' && text !== '' ? text : null;
}

function noMapping(value: Json): string {
  const text = typeof value === 'string' ? value : '';
  const way = Array.isArray(value)
    ? '; separate services by a line of ---'
    : text.startsWith('$ANSIBLE_VAULT')
      ? '; decrypt the file'
      : /^[\w-]+\s*=/.test(text)
        ? '; write "key: value" instead of "key = value"'
        : '';
  return `expected a mapping that declares one service, found ${found(value)}${way}`;
}

/** Says what was expected and what was found, with the way out where the slip is a usual one. */
function describe(issue: Issue, document: YamlDocument): string {
  const { input, message, path } = issue;
  if (isSentence(issue)) return message;
  if (input === undefined) return `missing; expected ${message}`;
  const text = found(input, document.spelling(path));
  const where = pathText(path);
  const expectsNumber = issue.code === 'invalid_type' && issue.expected === 'number';
  if (expectsNumber && typeof input === 'string' && /^\d+$/.test(input)) {
    return `expected ${message}, found the text ${text}; remove the quotes`;
  }
  if (QUOTABLE.has(where) && (typeof input === 'number' || typeof input === 'boolean')) {
    return `expected ${message}, found ${text}, which YAML takes for a ${typeof input}; put it in quotes`;
  }
  return `expected ${message}, found ${text}${hint(where, input, document.spelling(path))}`;
}

/** What may look like a number and be meant. */
const QUOTABLE = new Set(['name', 'host.hostname']);

type UnknownKey = {
  readonly path: Path;
  readonly message: string;
  /** The paths of the fields that its writer may have meant. */
  readonly meant: readonly string[];
};

function unknownKeys(
  { keys, path: parent }: Issue & { readonly code: 'unrecognized_keys' },
  value: JsonObject,
): UnknownKey[] {
  const paths = declarationPaths(value['type']);
  const prefix = parent.length === 0 ? '' : `${pathText(parent)}.`;
  const siblings = paths
    .filter((path) => path.startsWith(prefix) && !path.includes('.', prefix.length))
    .map((path) => path.slice(prefix.length));
  return keys.map((key) => {
    const near = suggest(key, siblings);
    const homes = near.length > 0 ? [] : homesOf(key, paths, value);
    const hidden = INVISIBLE.exec(key)?.[0];
    const way =
      hidden === undefined
        ? near.length > 0
          ? formatSuggestions(near)
          : wayOut(key, homes)
        : `; remove the invisible character ${codePoint(hidden)} from it`;
    return {
      path: [...parent, key],
      message: `unknown key ${found(key)}${way}`,
      meant: [...near.map((name) => prefix + name), ...homes, ...commentedOut(key)],
    };
  });
}

const INVISIBLE = /[\p{Cf}\p{Cc}\u00A0]/u;

/** The mappings in which a key has its place: those that the declaration has, if it has any; `''` is the top level. */
function homesOf(key: string, paths: readonly string[], value: JsonObject): readonly string[] {
  const homes = paths.flatMap((path) =>
    path === key ? [''] : path.endsWith(`.${key}`) ? [path.slice(0, -key.length - 1)] : [],
  );
  const present = homes.filter((home) => home === '' || holds(value, home.split('.')));
  return present.length > 0 ? present : homes;
}

function holds(value: Json | undefined, [step, ...rest]: readonly string[]): boolean {
  if (step === undefined) return value !== undefined;
  return isObject(value) && holds(value[step], rest);
}

/** `// "name"`, which in JSON with comments would be no key. */
const COMMENT = /^(?:\/\/|\/\*)/;

function commentedOut(key: string): readonly string[] {
  const last = COMMENT.test(key) ? /"([^"]*)"$/.exec(key)?.[1] : undefined;
  return last === undefined ? [] : [last];
}

function wayOut(key: string, homes: readonly string[]): string {
  if (key === '<<') return '; YAML 1.2 has no merge keys, write the fields out';
  if (COMMENT.test(key)) return '; JSON has no comments, remove it';
  if (key.includes(':')) return '; put a space behind the colon';
  const places = homes.map((home) => (home === '' ? 'at the top level' : `under ${home}`));
  return places.length > 0 ? ` here; it belongs ${places.join(' or ')}` : '; remove it';
}

function found(value: unknown, spelling?: string): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : (spelling ?? JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** As a reason: where the first problem is, and what it says. */
export function firstOf(problems: readonly Problem[]): string {
  return problems
    .slice(0, 1)
    .map(({ file, line, path, message }) => `${file}:${line} ${path === null ? '' : `${path}: `}${message}`)
    .join('');
}

/**
 * A broken file must never read as "nobody declares this service", so its ids are looked for in the raw text.
 * One entry an id; a single one without an id where none can be found.
 */
function claimsOfBrokenText(file: string, text: string, reason: string): SkippedDeclaration[] {
  const claimAt = (line: number, service_id: string | null): SkippedDeclaration => {
    const place = { line, column: 1 };
    return { file, line, service_id, name: null, places: { service_id: place, name: place }, reason };
  };
  // Without its zeros, UTF-16 reads like what it should have been.
  const lines = text.replaceAll('\0', '').split('\n');
  const claims = new Map<string, SkippedDeclaration>();
  for (const [index, content] of lines.entries()) {
    if (/^\s*#/.test(content)) continue;
    for (const [match] of content.matchAll(SERVICE_ID)) {
      const id = match.slice(-36).toLowerCase();
      if (!claims.has(id)) claims.set(id, claimAt(index + 1, id));
    }
  }
  return claims.size > 0 ? [...claims.values()] : [claimAt(1, null)];
}

/** In YAML or JSON, with or without an anchor or a tag; ends with the id. */
const SERVICE_ID = /\bservice_id["']?\s*:\s*(?:[&!]\S{0,80}\s+)?["']?[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;
