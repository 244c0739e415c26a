import { compareText } from '../base/order.ts';
import { keyOfName } from '../compare/compare.ts';
import { collect } from '../load/collect.ts';
import { parseFile } from '../load/parse-file.ts';
import type { Declaration, ParsedFile } from '../load/declaration.ts';
import { renderProblem } from '../load/problem.ts';
import type { LiveService } from '../service/directory.ts';
import type { DeclarableService, ImportableService, UndeclarableService } from './to-declaration.ts';

/** A file to write. */
export type ImportedFile = {
  readonly path: string;
  readonly text: string;
  readonly live: LiveService;
  /** The live fields that the declaration omits. */
  readonly unknownFields: readonly string[];
  /** Whether the file replaces the existing declaration of the same service. */
  readonly replaces: boolean;
};

/** The files to write, and the services without one. Every list is sorted by service_id. */
export type ImportPlan = {
  readonly files: readonly ImportedFile[];
  /** Services that already have a declaration, and are not written. */
  readonly declared: readonly { readonly live: LiveService; readonly declaration: Declaration }[];
  readonly undeclarable: readonly UndeclarableService[];
  /** If there are conflicts, nothing may be written. */
  readonly conflicts: readonly string[];
};

export type ImportOptions = {
  readonly services: readonly ImportableService[];
  /** The current declarations of the folder, which must have no problems. */
  readonly folder: readonly ParsedFile[];
  /** The names of all files, folders and links in the folder to write to. */
  readonly existingNames: readonly string[];
  /** Returns the path of a new file, from the service_id. */
  readonly pathOf: (service_id: string) => string;
  /** Returns the lines to write above the declaration in the file at this path. */
  readonly headerOf: (path: string) => string;
  /** Whether to replace the declaration of a service that has a file of its own. */
  readonly force: boolean;
};

/** Decides which files to write. Unless there are conflicts, the folder has no problems after they are written. */
export function planImport(options: ImportOptions): ImportPlan {
  const { folder } = options;
  const declarations = new Map(
    folder
      .flatMap((file) => file.declarations)
      .map((declaration) => [declaration.service_id ?? keyOfName(declaration.name), declaration]),
  );
  const usedNames = new Set(options.existingNames.map(toLowerCase));
  const files: ImportedFile[] = [];
  const declared: ImportPlan['declared'][number][] = [];
  const undeclarable: UndeclarableService[] = [];
  const conflicts: string[] = [];
  for (const service of options.services.toSorted(byId)) {
    const declaration = declarations.get(service.live.service_id) ?? declarations.get(keyOfName(service.live.name));
    if (declaration !== undefined && !options.force) {
      declared.push({ live: service.live, declaration });
    } else if (service.kind === 'undeclarable') {
      undeclarable.push(service);
    } else {
      const planned = planFile(service, declaration, { ...options, usedNames });
      if (typeof planned === 'string') conflicts.push(planned);
      else files.push(planned);
    }
  }
  const all = [...conflicts, ...problemsAfter(files, folder)];
  // Several services in one file have the same conflict.
  return { files, declared, undeclarable, conflicts: [...new Set(all)] };
}

/** The options, and the existing names in lower case, because some file systems ignore case. */
type FileOptions = ImportOptions & { readonly usedNames: ReadonlySet<string> };

/** Returns the file to write for a service, or the conflict that prevents it. */
function planFile(
  service: DeclarableService,
  declaration: Declaration | undefined,
  { folder, usedNames, pathOf, headerOf }: FileOptions,
): ImportedFile | string {
  const { live, text, unknownFields } = service;
  const path = declaration?.file ?? pathOf(live.service_id);
  const conflict =
    declaration === undefined
      ? findConflictOfNew(path, live, { usedNames, folder })
      : findConflictOfReplaced(declaration, folder);
  if (conflict !== null) return conflict;
  return { path, text: headerOf(path) + text, live, unknownFields, replaces: declaration !== undefined };
}

/** Returns why a new file cannot have this path. */
function findConflictOfNew(
  path: string,
  { name }: LiveService,
  { usedNames, folder }: Pick<FileOptions, 'usedNames' | 'folder'>,
): string | null {
  if (!usedNames.has(toLowerCase(path.replace(/.*[/\\]/s, '')))) return null;
  const names = folder
    .filter(({ file }) => toLowerCase(file) === toLowerCase(path))
    .flatMap((file) => file.declarations)
    .map((declaration) => JSON.stringify(declaration.name))
    .join(', ');
  const found = names === '' ? 'something with that name' : `one that declares ${names}`;
  return `${path}: expected no existing file for the declaration of ${JSON.stringify(name)}, found ${found}; rename it, or import --into another folder`;
}

/** Returns why the file of a declaration cannot be replaced. */
function findConflictOfReplaced({ file, line }: Declaration, folder: readonly ParsedFile[]): string | null {
  const declarations = folder.filter((each) => each.file === file).flatMap((each) => each.declarations);
  if (declarations.length > 1) {
    return `${file}: expected one declaration, because --force replaces the file, found ${describeNames(declarations)}; move each into a file of its own, or omit --force`;
  }
  if (/\.ya?ml$/i.test(file)) return null;
  return `${file}:${line}: expected a name that ends in .yaml or .yml, because import writes YAML; rename the file, or omit --force`;
}

/** At most this many names keep a message readable. */
const MAX_NAMES = 5;

/** Returns, for example, `"web" (line 1) and "db" (line 3)`. */
function describeNames(declarations: readonly Declaration[]): string {
  const names = declarations.slice(0, MAX_NAMES).map(({ name, line }) => `${JSON.stringify(name)} (line ${line})`);
  const omitted = declarations.length - names.length;
  const all = omitted > 0 ? [...names, `${omitted} more`] : names;
  return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

/** Returns the problems that the folder would have after the files are written, for example two services with one name. */
function problemsAfter(files: readonly ImportedFile[], folder: readonly ParsedFile[]): readonly string[] {
  const written = new Set(files.map(({ path }) => path));
  const folderAfter = [
    ...folder.filter(({ file }) => !written.has(file)),
    ...files.map(({ path, text }) => parseFile(path, text)),
  ];
  return collect(folderAfter)
    .problems.filter(({ file }) => written.has(file))
    .map(renderProblem);
}

function toLowerCase(text: string): string {
  return text.toLowerCase();
}

function byId(a: ImportableService, b: ImportableService): number {
  return compareText(a.live.service_id, b.live.service_id);
}
