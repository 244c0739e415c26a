import { escapeControlCharacters } from '../base/text/escape.ts';
import type { Problem } from '../load/problem.ts';

export type Annotation = {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
  /** The line of a file to annotate, if the message is about one. */
  readonly place?: Pick<Problem, 'file' | 'line' | 'column'>;
};

/**
 * Renders a workflow command, in one line, that makes GitHub Actions annotate a line of a file:
 * https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function renderAnnotation({ level, title, message, place }: Annotation): string {
  const properties = [
    ...(place === undefined ? [] : [`file=${escapeProperty(place.file)}`, `line=${place.line}`, `col=${place.column}`]),
    `title=${escapeProperty(title)}`,
  ];
  return `::${level} ${properties.join(',')}::${escapeData(message)}`;
}

/** Escapes like the library of the runner. Also escapes control characters, because a terminal may show the log. */
function escapeData(text: string): string {
  const escaped = text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  return escapeControlCharacters(escaped);
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
