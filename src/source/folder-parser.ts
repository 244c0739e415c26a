import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ParsedFile } from '../core/load/declaration.ts';
import { readValues } from '../core/load/values/values.ts';
import type { Values } from '../core/load/values/values.ts';
import type { FileRules } from './file-rules.ts';
import type { FolderRead } from './folder-reader.ts';
import { parseFoundFile, toValuesFile, valuesProblems } from './load-folder.ts';
import type { HashedFile } from './unfinished/unfinished-files.ts';

/** Parses the files of one folder, again with every read of it. */
export type FolderParser = {
  /** Returns the parsed files of a read. Parses only what has changed since the last call, and lets other work run in between. */
  readonly parse: (read: FolderRead, signal: AbortSignal) => Promise<readonly ParsedFile[]>;
};

/** Parsing blocks the event loop for at most this long at a time. Thousands of new files take seconds in total. */
const SLICE_MS = 20;

/** Creates a parser. A parsed file is cached while its bytes, and the values if it refers to any, stay the same. */
export function folderParser(folder: string, rules: FileRules): FolderParser {
  let last: ParsedFolder = { files: new Map(), values: null };
  return {
    parse: async ({ paths, changed }, signal) => {
      if (paths === null && changed.length === 0) return filesIn(last);
      const parseNext = nextParser({ folder, rules, last, changed });
      const files = new Map<string, CachedFile>();
      let sliceStartedAt = performance.now();
      for (const path of paths ?? last.files.keys()) {
        if (performance.now() - sliceStartedAt > SLICE_MS) {
          await nextTurn();
          signal.throwIfAborted();
          sliceStartedAt = performance.now();
        }
        files.set(path, parseNext.parse(path));
      }
      last = { files, values: parseNext.values };
      return filesIn(last);
    },
  };
}

type CachedFile = {
  readonly digest: string;
  readonly parsed: ParsedFile;
  /** The file itself if its meaning depends on the values; otherwise null. */
  readonly source: HashedFile | null;
};

type ParsedFolder = {
  /** By path. */
  readonly files: ReadonlyMap<string, CachedFile>;
  /** Null if there are no values files. */
  readonly values: Values | null;
};

function filesIn({ files }: ParsedFolder): readonly ParsedFile[] {
  return [...files.values()].map(({ parsed }) => parsed);
}

type Change = {
  readonly folder: string;
  readonly rules: FileRules;
  readonly last: ParsedFolder;
  readonly changed: readonly HashedFile[];
};

/** Returns the values as they are now, and a function that parses a file with them if it must be parsed again. */
function nextParser({ folder, rules, last, changed }: Change) {
  const valuesPaths = rules.values ?? [];
  const changedByPath = new Map(changed.map((file) => [file.path, file]));
  const hasChanged = (path: string) => {
    const file = changedByPath.get(path);
    return file !== undefined && file.digest !== last.files.get(path)?.digest;
  };
  const currentFile = (path: string) => changedByPath.get(path) ?? last.files.get(path)?.source ?? notRead(path);
  const values = valuesPaths.some(hasChanged)
    ? readValues(valuesPaths.map((path) => toValuesFile(join(folder, path), currentFile(path))))
    : last.values;

  const parse = (path: string): CachedFile => {
    const cached = last.files.get(path);
    const isSame = cached !== undefined && !hasChanged(path);
    if (isSame && (cached.source === null || values === last.values)) return cached;
    const file = currentFile(path);
    const name = join(folder, path);
    if (values !== null && valuesPaths.includes(path)) {
      return { digest: file.digest, parsed: valuesProblems(name, values), source: file };
    }
    const { tracked, isUsed } = trackUse(values);
    const parsed = parseFoundFile(name, file, tracked);
    return { digest: file.digest, parsed, source: isUsed() ? file : null };
  };
  return { values, parse };
}

/**
 * Returns the same values, and whether they have been used. The bytes of a file do not show that, because YAML can write a reference
 * with escapes.
 */
function trackUse(values: Values | null): { readonly tracked: Values | null; readonly isUsed: () => boolean } {
  if (values === null) return { tracked: null, isUsed: () => false };
  let used = false;
  const tracked: Values = {
    ...values,
    lookUp: (name) => {
      used = true;
      return values.lookUp(name);
    },
    get failure() {
      used = true;
      return values.failure;
    },
  };
  return { tracked, isUsed: () => used };
}

function notRead(path: string): never {
  throw new Error(`${path} was not read`);
}
