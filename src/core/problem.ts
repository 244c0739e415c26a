/** Something wrong in a file, where it is, and what to do about it. `line` and `column` count from 1. */
export type Problem = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The field, as in `host.network.tunnel_id`; null where the file as a whole is meant. */
  readonly path: string | null;
  readonly message: string;
};

/** Sorted by place, so that a report reads like the files do. */
export function byPlace(a: Problem, b: Problem): number {
  return compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.message, b.message);
}

/** Order by code unit: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
