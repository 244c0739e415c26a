import { compareText } from '../base/order.ts';
import { collect } from '../load/collect.ts';
import { parseFile } from '../load/parse-file.ts';
import type { Declaration, ParsedFile } from '../load/declaration.ts';
import { renderProblem } from '../load/problem.ts';
import type { LiveService } from '../service/directory.ts';
import type { Adoption } from './to-declaration.ts';

/** A file to write; `replaces` is true where it takes the place of the declaration of the same service. */
export type ImportedFile = {
  readonly path: string;
  readonly text: string;
  readonly live: LiveService;
  /** The live fields that the text leaves out. */
  readonly unknownFields: readonly string[];
  readonly replaces: boolean;
};

export type ImportPlan = {
  /** Sorted by service_id, like everything here. */
  readonly files: readonly ImportedFile[];
  /** Services that are declared already, and where. */
  readonly declared: readonly { readonly live: LiveService; readonly declaration: Declaration }[];
  /** Services of which this version can write no declaration, and why. They are left as they are. */
  readonly impossible: readonly (Adoption & { readonly kind: 'impossible' })[];
  /** Not empty: nothing may be written. */
  readonly conflicts: readonly string[];
};

export type ImportFacts = {
  readonly adoptions: readonly Adoption[];
  /** What the folder says now; without problems. */
  readonly folder: readonly ParsedFile[];
  /** What lies in the folder that is written into: names of files, folders and links. */
  readonly entries: readonly string[];
  /** The path for a new file, from the service_id. */
  readonly pathOf: (service_id: string) => string;
  /** What stands above a declaration in the file at this path: whole lines, or nothing. */
  readonly headOf: (path: string) => string;
  /** Whether the declaration of a service may be replaced, where it has a file of its own. */
  readonly force: boolean;
};

/** Decides what is to be written where. The folder is without problems afterwards, too, or there are conflicts. */
export function planImport(facts: ImportFacts): ImportPlan {
  const { folder, force } = facts;
  const declarations = new Map(
    folder.flatMap((file) => file.declarations).map((declaration) => [declaration.service_id, declaration]),
  );
  const taken = new Set(facts.entries.map(caseless));
  const files: ImportedFile[] = [];
  const declared: ImportPlan['declared'][number][] = [];
  const impossible: ImportPlan['impossible'][number][] = [];
  const conflicts: string[] = [];
  for (const adoption of facts.adoptions.toSorted(byId)) {
    const { live } = adoption;
    const declaration = declarations.get(live.service_id);
    if (declaration !== undefined && !force) {
      declared.push({ live, declaration });
    } else if (adoption.kind === 'impossible') {
      impossible.push(adoption);
    } else {
      const path = declaration?.file ?? facts.pathOf(live.service_id);
      const fault =
        declaration === undefined ? faultOfPlace(path, live, { taken, folder }) : faultOfReplacing(declaration, folder);
      const text = facts.headOf(path) + adoption.text;
      if (fault !== null) conflicts.push(fault);
      else files.push({ ...adoption, path, text, replaces: declaration !== undefined });
    }
  }
  // Of a file that several share it is said once.
  return { files, declared, impossible, conflicts: [...new Set([...conflicts, ...doublesAfter(files, folder)])] };
}

type Occupied = { readonly taken: ReadonlySet<string>; readonly folder: readonly ParsedFile[] };

/** Whether a new file may have this path. Its name is compared without regard to case, for there are file systems that do so. */
function faultOfPlace(path: string, { name }: LiveService, { taken, folder }: Occupied): string | null {
  if (!taken.has(caseless(path.replace(/.*[/\\]/s, '')))) return null;
  const there = folder.filter(({ file }) => caseless(file) === caseless(path)).flatMap((file) => file.declarations);
  const names = there.map((declaration) => JSON.stringify(declaration.name)).join(', ');
  const found = names === '' ? 'something of that name' : `one that declares ${names}`;
  return `${path}: expected no file yet, for ${JSON.stringify(name)}, found ${found}; rename it, or import --into another folder`;
}

function faultOfReplacing({ file, line }: Declaration, folder: readonly ParsedFile[]): string | null {
  const sharing = folder.filter((each) => each.file === file).flatMap((each) => each.declarations);
  if (sharing.length > 1) {
    return `${file}: expected one service, for --force writes the file anew, found ${namesOf(sharing)}; move each into a file of its own, or do without --force`;
  }
  return /\.ya?ml$/i.test(file)
    ? null
    : `${file}:${line}: expected a file of YAML, which import writes, found another; rename it, or do without --force`;
}

/** A message is to be read. */
const MOST_NAMED = 5;

/** `"web" (line 1) and "db" (line 3)` */
function namesOf(sharing: readonly Declaration[]): string {
  const named = sharing.slice(0, MOST_NAMED).map(({ name, line }) => `${JSON.stringify(name)} (line ${line})`);
  const rest = sharing.length - named.length;
  const all = rest > 0 ? [...named, `${rest} more`] : named;
  return `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

/** What two declarations would both claim if these files were written. */
function doublesAfter(files: readonly ImportedFile[], folder: readonly ParsedFile[]): readonly string[] {
  const written = new Set(files.map(({ path }) => path));
  const after = [
    ...folder.filter(({ file }) => !written.has(file)),
    ...files.map(({ path, text }) => parseFile(path, text)),
  ];
  return collect(after)
    .problems.filter(({ file }) => written.has(file))
    .map(renderProblem);
}

function caseless(text: string): string {
  return text.toLowerCase();
}

function byId(a: Adoption, b: Adoption): number {
  return compareText(a.live.service_id, b.live.service_id);
}
