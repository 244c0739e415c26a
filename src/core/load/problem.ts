import { compareText } from '../base/order.ts';
import { printable } from '../base/printable.ts';

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

/** `services/orders-db.yaml:7:3 tcp_port: expected …, found …` */
export function renderProblem({ file, line, column, path, message }: Problem): string {
  return printable(`${file}:${line}:${column} ${path === null ? '' : `${path}: `}${message}`);
}
