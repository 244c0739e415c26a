/** Describes a system error in words. Returns the code of an unusual one, and the message of any other error. */
export function describeSystemError(error: unknown): string {
  return describeErrorCode(errorCodeOrMessage(error));
}

/** Returns the meaning of a system error code such as ENOENT; the code itself if it is an unusual one. */
export function describeErrorCode(code: string): string {
  return MEANINGS.get(code) ?? code;
}

const MEANINGS: ReadonlyMap<string, string> = new Map([
  ['ENOENT', 'no such file or folder'],
  ['EISDIR', 'it is a folder'],
  ['ENOTDIR', 'part of its path is not a folder'],
  ['EEXIST', 'it already exists'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EROFS', 'the file system is read-only'],
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the quota is used up'],
  ['ELOOP', 'its symbolic links form a loop'],
  ['ENAMETOOLONG', 'its name is too long'],
  ['EMFILE', 'too many files are open'],
]);

/** Returns the code of a system error, such as ENOENT; null for any other error. */
export function systemErrorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** Returns the code of a system error, and the message of any other error. */
export function errorCodeOrMessage(error: unknown): string {
  return systemErrorCode(error) ?? (error instanceof Error ? error.message : String(error));
}
