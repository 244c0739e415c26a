import { matchesGlob } from 'node:path';

/** Which files of a folder are read. All paths are relative to the folder, with `/` as separator. */
export type FileRules = {
  /** Globs of the files that hold declarations. */
  readonly include: readonly string[];
  /** Globs of files and folders that are not read, although `include` matches them. */
  readonly exclude?: readonly string[];
  /** The files that hold values. They hold no declarations. */
  readonly values?: readonly string[];
};

/** Whether a file at this path is read as declarations. */
export function holdsDeclarations(path: string, rules: FileRules): boolean {
  return !path.split('/').some(isHidden) && !isExcluded(path, rules) && isIncluded(path, rules);
}

/** Whether the name of a file or folder means that it is not read. */
export function isHidden(name: string): boolean {
  return name.startsWith('.');
}

/** Whether a path that is not hidden, and is in no excluded folder, matches `include` and holds no values. */
export function isIncluded(path: string, { include, values = [] }: FileRules): boolean {
  return !values.includes(path) && include.some((glob) => matchesGlob(path, glob));
}

/** Whether a file or folder, or a folder that contains it, is excluded. */
export function isExcluded(path: string, { exclude = [] }: FileRules): boolean {
  if (exclude.length === 0) return false;
  const steps = path.split('/');
  return steps.some((_, index) => {
    const parent = steps.slice(0, index + 1).join('/');
    return exclude.some((glob) => matchesGlob(parent, glob));
  });
}

/** Whether `include` can match files at any depth below this folder. True in doubt. */
export function mayInclude(folder: string, { include }: FileRules): boolean {
  const names = folder.split('/');
  return include.some((glob) => mayMatchBelow(names, glob));
}

/** Compares the names of a folder with the parts of a glob, as far as each part matches exactly one name. */
function mayMatchBelow(names: readonly string[], glob: string): boolean {
  if (glob.startsWith('!')) return true;
  const parts = glob.split('/');
  for (const [index, name] of names.entries()) {
    const part = parts[index];
    // The last part selects files of the folder before.
    if (part === undefined || index === parts.length - 1) return part?.includes('**') === true;
    if (!isOneName(part)) return true;
    if (!matchesGlob(name, part)) return false;
  }
  return true;
}

/** Whether a part of a glob matches the name of one file or folder. A brace or a parenthesis that is closed in a later part contains a `/`. */
function isOneName(part: string): boolean {
  if (['', '.', '..'].includes(part) || part.includes('**')) return false;
  return countOf(part, '{') === countOf(part, '}') && countOf(part, '(') === countOf(part, ')');
}

function countOf(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** A name that ends almost like that of a file of declarations. */
const ALMOST = /\.(?:ya?ml|json|jsonc|json5)$/i;

/** Whether a file is not read only because its name ends with, for example, `.YAML` or `.jsonc`. */
export function isAlmostIncluded(path: string, rules: FileRules): boolean {
  if (!ALMOST.test(path) || isIncluded(path, rules)) return false;
  const usual = path.replace(ALMOST, (ending) => ending.toLowerCase().replace(/^\.json.$/, '.json'));
  return usual !== path && isIncluded(usual, rules);
}
