import { isObject } from './json.ts';
import type { JsonObject } from './json.ts';
import { byPlace } from './problem.ts';
import type { Problem } from './problem.ts';
import { checkService, declarationPaths } from './service.ts';
import { didYouMean } from './suggest.ts';
import { readYaml } from './yaml.ts';
import type { Path, YamlDocument } from './yaml.ts';

type Place = { readonly line: number; readonly column: number };

/** What both a good and a bad declaration say about which service they mean; null where it cannot be read. */
type Claim = {
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
export type SetAside = Claim & { readonly reason: string };

/** What one file says. Depends on its name and its bytes alone, so it can be kept for as long as they are the same. */
export type ParsedFile = {
  readonly file: string;
  readonly declarations: readonly Declaration[];
  readonly setAside: readonly SetAside[];
  readonly problems: readonly Problem[];
};

/** What a folder says. A service stands in one declaration or is set aside; in no order. */
export type Declared = Omit<ParsedFile, 'file'>;

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
    const problems = yaml.faults
      .slice(0, MOST_PROBLEMS_OF_A_FILE)
      .map(({ offset, path, message }): Problem => ({ file, ...yaml.position(offset), path, message }));
    return { file, declarations: [], setAside: claimsOfBrokenText(file, text, firstOf(problems)), problems };
  }

  const parsed = yaml.documents.map((document) => parseDocument(file, document, yaml.position));
  return {
    file,
    declarations: parsed.flatMap(({ declaration }) => declaration ?? []),
    setAside: parsed.flatMap(({ setAside }) => setAside ?? []),
    problems: parsed.flatMap(({ problems }) => problems).slice(0, MOST_PROBLEMS_OF_A_FILE),
  };
}

/** A file that is there but cannot be used: too large, not UTF-8, not readable. `text` is what could be read of it. */
export function unreadableFile(file: string, message: string, text = ''): ParsedFile {
  const problem: Problem = { file, line: 1, column: 1, path: null, message };
  return { file, declarations: [], setAside: claimsOfBrokenText(file, text, firstOf([problem])), problems: [problem] };
}

/** Puts the files of a folder together. Two declarations of one service, or of one name, are both set aside. */
export function collect(files: readonly ParsedFile[]): Declared {
  const declarations = files.flatMap((file) => file.declarations);
  const setAside = files.flatMap((file) => file.setAside);
  const doubled = new Map<Claim, Problem>();
  for (const field of ['service_id', 'name'] as const) {
    for (const claims of groupBy([...declarations, ...setAside], field)) {
      for (const claim of claims) {
        if (doubled.has(claim)) continue;
        const others = claims
          .filter((other) => other !== claim)
          .map((other) => `${other.file}:${other.places[field].line}`);
        const message = `${field} ${JSON.stringify(claim[field])} is declared more than once, also at ${others.join(', ')}; keep one`;
        doubled.set(claim, { file: claim.file, ...claim.places[field], path: field, message });
      }
    }
  }
  return {
    declarations: declarations.filter((declaration) => !doubled.has(declaration)),
    setAside: [
      ...setAside,
      ...declarations.flatMap((declaration) => {
        const problem = doubled.get(declaration);
        if (problem === undefined) return [];
        const { value: _, ...claim } = declaration;
        return [{ ...claim, reason: firstOf([problem]) }];
      }),
    ],
    problems: [...files.flatMap((file) => file.problems), ...doubled.values()].sort(byPlace),
  };
}

type ParsedDocument = {
  readonly declaration?: Declaration;
  readonly setAside?: SetAside;
  readonly problems: readonly Problem[];
};

function parseDocument(file: string, document: YamlDocument, position: (offset: number) => Place): ParsedDocument {
  const { value } = document;
  const problem = (offset: number, path: Path, message: string): Problem => ({
    file,
    ...position(offset),
    path: path.length === 0 ? null : pathText(path),
    message,
  });
  const { line } = position(document.offset);
  if (!isObject(value)) {
    const message = `expected a mapping that declares one service, found ${found(value)}${Array.isArray(value) ? '; separate services by a line of ---' : ''}`;
    const problems = [problem(document.offset, [], message)];
    const here = position(document.offset);
    const claim = { file, line, service_id: null, name: null, places: { service_id: here, name: here } };
    return { setAside: { ...claim, reason: firstOf(problems) }, problems };
  }

  const claim = {
    file,
    line,
    service_id: typeof value['service_id'] === 'string' ? value['service_id'].toLowerCase() : null,
    name: typeof value['name'] === 'string' ? value['name'] : null,
    places: {
      service_id: position(document.offsetOfValue(['service_id'])),
      name: position(document.offsetOfValue(['name'])),
    },
  };
  const problems = checkService(value).flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) =>
          problem(document.offsetOfKey([...issue.path, key]), [...issue.path, key], unknownKey(key, issue.path, value)),
        )
      : [problem(document.offsetOfValue(issue.path), issue.path, describe(issue, document))],
  );
  if (problems.length > 0) return { setAside: { ...claim, reason: firstOf(problems) }, problems };
  return { declaration: { ...claim, service_id: claim.service_id ?? '', name: claim.name ?? '', value }, problems: [] };
}

type Issue = ReturnType<typeof checkService>[number];

/** Says what was expected and what was found, with the way out where the slip is a usual one. */
function describe(issue: Issue, document: YamlDocument): string {
  if (issue.code === 'custom' && issue.params?.['sentence'] === true) return issue.message;
  if (issue.input === undefined) return `missing; expected ${issue.message}`;
  const spelling = document.spelling(issue.path);
  const text = found(issue.input, spelling);
  if (typeof issue.input === 'string' && issue.code === 'invalid_type' && /^\d+$/.test(issue.input)) {
    return `expected ${issue.message}, found the text ${text}; remove the quotes`;
  }
  if ((typeof issue.input === 'number' || typeof issue.input === 'boolean') && issue.message.startsWith('text')) {
    return `expected ${issue.message}, found ${text}, which YAML takes for a ${typeof issue.input}; put it in quotes`;
  }
  return `expected ${issue.message}, found ${text}`;
}

function unknownKey(key: string, parent: Path, value: JsonObject): string {
  const paths = declarationPaths(value['type']);
  const prefix = parent.length === 0 ? '' : `${pathText(parent)}.`;
  const level = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  const near = didYouMean(
    key,
    level.filter((path) => !path.includes('.')),
  );
  if (near !== '') return `unknown key "${key}"${near}`;
  const elsewhere = paths.filter((path) => path === key || path.endsWith(`.${key}`)).map((path) => `"${path}"`);
  if (elsewhere.length > 0) return `unknown key "${key}"; did you mean ${elsewhere.join(' or ')}?`;
  if (key === '<<') return 'unknown key "<<": YAML 1.2 has no merge keys; write the fields out';
  return `unknown key "${key}"; remove it`;
}

function found(value: unknown, spelling: string | null = null): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (isObject(value)) return 'a mapping';
  const text = typeof value === 'string' ? JSON.stringify(value) : (spelling ?? JSON.stringify(value));
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** `host.resolver_network.resolver_ips[1]` */
function pathText(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${String(step)}`))
    .join('');
}

/** As a reason: where the first problem is, and what it says. */
function firstOf(problems: readonly Problem[]): string {
  return problems
    .slice(0, 1)
    .map(({ file, line, path, message }) => `${file}:${line} ${path === null ? '' : `${path}: `}${message}`)
    .join('');
}

/**
 * A broken file must never read as "nobody declares this service", so its ids are looked for in the raw text.
 * One entry an id; a single one without an id where none can be found.
 */
function claimsOfBrokenText(file: string, text: string, reason: string): SetAside[] {
  const claims = text.split('\n').flatMap((content, index): SetAside[] => {
    const match = /^[^#]*?\bservice_id["']?\s*:\s*["']?([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/i.exec(content);
    if (match?.[1] === undefined) return [];
    const place = { line: index + 1, column: 1 };
    return [
      {
        file,
        line: index + 1,
        service_id: match[1].toLowerCase(),
        name: null,
        places: { service_id: place, name: place },
        reason,
      },
    ];
  });
  const start = { line: 1, column: 1 };
  return claims.length > 0
    ? claims
    : [{ file, line: 1, service_id: null, name: null, places: { service_id: start, name: start }, reason }];
}

/** Groups of two and more that claim the same id or name. */
function groupBy(claims: readonly Claim[], field: 'service_id' | 'name'): (readonly Claim[])[] {
  const groups = Map.groupBy(claims, (claim) => claim[field]);
  return [...groups].flatMap(([key, group]) => (key === null || group.length < 2 ? [] : [group]));
}
