import { compareText } from '../base/order.ts';
import { escapeControlCharacters } from '../base/text/escape.ts';

/** Something wrong in a file: where it is, and what to do about it. `line` and `column` count from 1. */
export type Problem = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The field, for example `host.network.tunnel_id`; null where the problem is not about one field. */
  readonly path: string | null;
  readonly message: string;
};

/** Compares two problems by file, line, column and message, for sorting. */
export function byLocation(a: Problem, b: Problem): number {
  return compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.message, b.message);
}

/** At most this many problems of one file are reported. */
const MAX_PROBLEMS = 20;

/** Sorts the problems of a file and returns the first ones. The last one returned says how many there are from there on. */
export function firstProblems(problems: readonly Problem[]): readonly Problem[] {
  const sorted = problems.toSorted(byLocation);
  const rest = sorted.slice(MAX_PROBLEMS - 1);
  if (rest.length < 2) return sorted;
  const more = rest
    .slice(0, 1)
    .map((next) => ({ ...next, path: null, message: `${rest.length} more problems from this line on` }));
  return [...sorted.slice(0, MAX_PROBLEMS - 1), ...more];
}

/** Returns a problem as one line: `services/orders-db.yaml:7:3 tcp_port: expected …, found …` */
export function renderProblem({ file, line, column, path, message }: Problem): string {
  return escapeControlCharacters(`${file}:${line}:${column} ${path === null ? '' : `${path}: `}${message}`);
}

/** Returns the first of several problems as the reason for skipping a declaration. */
export function skipReason(problems: readonly Problem[]): string {
  return problems
    .slice(0, 1)
    .map(({ file, line, path, message }) => `${file}:${line} ${path === null ? '' : `${path}: `}${message}`)
    .join('');
}
