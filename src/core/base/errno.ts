/** Why a file cannot be read or written, for people: in words for the codes of the system that they may meet, such as ENOENT. */
export function errnoText(code: string): string {
  return WORDS.get(code) ?? code;
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'nothing is there'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'a part of its path is no folder'],
  ['EEXIST', 'something else is there'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota is used up'],
  ['ELOOP', 'its links lead in a circle'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['EMFILE', 'too many files are open'],
]);

/** The system's name of an error, such as ENOENT; null where it has none. */
export function systemErrorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** The system's name of an error; what else there is to tell of it where it has none. */
export function errorCode(error: unknown): string {
  return systemErrorCode(error) ?? (error instanceof Error ? error.message : String(error));
}
