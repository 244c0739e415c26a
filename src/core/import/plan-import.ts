import { compareText } from '../base/order.ts';
import { keyOfName } from '../compare/compare.ts';
import { collect } from '../load/collect.ts';
import { parseFile } from '../load/parse-file.ts';
import type { Declaration, ParsedFile } from '../load/declaration.ts';
import { renderProblem } from '../load/problem.ts';
import type { LiveService } from '../service/directory.ts';
import { accept } from './accept/accept.ts';
import { changesOf, toLiveValue } from './accept/acceptance.ts';
import type { ServiceEdit } from './accept/acceptance.ts';
import type { EditedFile } from './edit/edit-declaration.ts';
import type { DeclarableService, ImportableService, UndeclarableService } from './to-declaration.ts';

/** A file to write. */
export type ImportedFile = {
  readonly path: string;
  readonly text: string;
  /** The services that are written. A new file has one. */
  readonly services: readonly Pick<DeclarableService, 'live' | 'unknownFields'>[];
  /** Whether the file exists, and declares these services. */
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
  /** The texts of the files in which the values of declared services are replaced; null if declarations stay as they are. */
  readonly texts: readonly EditedFile[] | null;
};

/** Decides which files to write. Unless there are conflicts, the folder has no problems after they are written. */
export function planImport(options: ImportOptions): ImportPlan {
  const { folder, texts } = options;
  const declarations = new Map(
    folder
      .flatMap((file) => file.declarations)
      .map((declaration) => [declaration.service_id ?? keyOfName(declaration.name), declaration]),
  );
  const usedNames = new Set(options.existingNames.map(toLowerCase));
  const files: ImportedFile[] = [];
  const edits: ServiceEdit[] = [];
  const declared: ImportPlan['declared'][number][] = [];
  const undeclarable: UndeclarableService[] = [];
  const conflicts: string[] = [];
  for (const service of options.services.toSorted(byId)) {
    const { live } = service;
    const declaration = declarations.get(live.service_id) ?? declarations.get(keyOfName(live.name));
    const changes = declaration === undefined ? [] : changesOf(declaration, live);
    if (declaration !== undefined && (texts === null || changes.length === 0)) {
      declared.push({ live, declaration });
    } else if (service.kind === 'undeclarable') {
      undeclarable.push(service);
    } else if (declaration !== undefined) {
      edits.push({ ...service, kind: 'edit', declaration, changes: changes.map(toLiveValue) });
    } else {
      const planned = planFile(service, { ...options, usedNames });
      if (typeof planned === 'string') conflicts.push(planned);
      else files.push(planned);
    }
  }
  const { files: edited, refused } = accept(edits, texts ?? []);
  conflicts.push(...refused.map(({ name, file, line, reason }) => `${file}:${line}: ${name}: ${reason}`));
  const replaced = edited.map(({ file: { file: path }, text, edits: services }) => ({
    path,
    text,
    services,
    replaces: true,
  }));
  const problems = problemsAfter([...files, ...replaced], options);
  return {
    files: [...replaced, ...files],
    declared,
    undeclarable,
    conflicts: [...new Set([...conflicts, ...problems])],
  };
}

/** The options, and the existing names in lower case, because some file systems ignore case. */
type FileOptions = ImportOptions & { readonly usedNames: ReadonlySet<string> };

/** Returns the new file for a service, or the conflict that prevents it. */
function planFile(
  { live, text, unknownFields }: DeclarableService,
  { folder, usedNames, pathOf, headerOf }: FileOptions,
): ImportedFile | string {
  const path = pathOf(live.service_id);
  const conflict = findConflictOfNew(path, live, { usedNames, folder });
  if (conflict !== null) return conflict;
  return { path, text: headerOf(path) + text, services: [{ live, unknownFields }], replaces: false };
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

/** Returns the problems that the folder would have after the files are written, for example two services with one name. */
function problemsAfter(
  files: readonly ImportedFile[],
  { folder, texts }: Pick<ImportOptions, 'folder' | 'texts'>,
): readonly string[] {
  const written = new Set(files.map(({ path }) => path));
  const values = new Map((texts ?? []).map((each) => [each.file, each.values]));
  const folderAfter = [
    ...folder.filter(({ file }) => !written.has(file)),
    ...files.map(({ path, text }) => parseFile(path, text, values.get(path))),
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
