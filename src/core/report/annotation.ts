import { printable } from '../base/printable.ts';
import type { Problem } from '../load/problem.ts';

/**
 * A command of GitHub's workflows that annotates a line of a file, in one line:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function annotation(
  level: 'error' | 'warning',
  title: string,
  { message, place }: { readonly message: string; readonly place?: Omit<Problem, 'message' | 'path'> },
): string {
  const properties = [
    ...(place === undefined ? [] : [`file=${property(place.file)}`, `line=${place.line}`, `col=${place.column}`]),
    `title=${property(title)}`,
  ];
  return `::${level} ${properties.join(',')}::${data(message)}`;
}

/** As the runner's own library escapes it; what would steer a terminal that shows the log is made printable, too. */
function data(text: string): string {
  const escaped = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return printable(escaped);
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
