import { hash, randomUUID } from 'node:crypto';
import type { FileRules } from './file-rules.ts';
import type { FoundFile, ReadHooks } from './list-files.ts';
import { readFiles } from './read-files.ts';

/** A file with the hash of its content. */
export type HashedFile = FoundFile & { readonly digest: string };

/** A read of the folder, as the difference to an earlier one. */
export type FolderRead = {
  /** Identifies this read. */
  readonly version: string;
  /** The commit in the folder; null if it is unknown. */
  readonly revision: string | null;
  /** Changes whenever a file does. */
  readonly digest: string;
  /** The paths of all files, sorted; null if they are the same as in the earlier read. */
  readonly paths: readonly string[] | null;
  /** The files that are new or have changed since the earlier read. */
  readonly changed: readonly HashedFile[];
};

/** Reads one folder, in this thread or in another one. Throws as `readFiles` does. */
export type FolderReader = {
  /** `base` is the version of the earlier read that the caller holds; null if it holds none. Only the last read can be the base. */
  readonly read: (base: string | null, signal: AbortSignal) => Promise<FolderRead>;
  /** Returns what a read would find now. */
  readonly current: (signal: AbortSignal) => Promise<CurrentContent>;
};

/** The content of the folder, as in a read. */
export type CurrentContent = Pick<FolderRead, 'revision' | 'digest'>;

export type ReaderOptions = ReadHooks & {
  readonly path: string;
  readonly rules: FileRules;
};

/** Returns a reader that blocks the calling thread while it reads. */
export function folderReader({ path, rules, ...hooks }: ReaderOptions): FolderReader {
  let last: { readonly version: string; readonly digests: ReadonlyMap<string, string> } | null = null;
  return {
    read: async (base, signal) => {
      const { revision, files } = await readFiles(path, rules, signal, hooks);
      const hashed = files.map((file): HashedFile => ({ ...file, digest: digestOf(file) }));
      const digests = new Map(hashed.map((file) => [file.path, file.digest]));
      const known = last?.version === base ? last?.digests : undefined;
      const hasSamePaths = known?.size === hashed.length && hashed.every((file) => known.has(file.path));
      last = { version: randomUUID(), digests };
      return {
        version: last.version,
        revision,
        digest: digestOfFiles(digests),
        paths: hasSamePaths ? null : hashed.map((file) => file.path),
        changed: hashed.filter((file) => known?.get(file.path) !== file.digest),
      };
    },
    current: async (signal) => {
      const { revision, files } = await readFiles(path, rules, signal, hooks);
      return { revision, digest: digestOfFiles(new Map(files.map((file) => [file.path, digestOf(file)]))) };
    },
  };
}

function digestOf(file: FoundFile): string {
  return 'fault' in file ? `fault:${file.fault}` : hash('sha256', file.bytes);
}

function digestOfFiles(digests: ReadonlyMap<string, string>): string {
  return hash('sha256', [...digests].map(([path, digest]) => `${path}\0${digest}`).join('\0'));
}
