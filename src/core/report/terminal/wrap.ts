import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import type { TextOptions } from './style.ts';

const CONTINUATION_INDENT = '    ';

/** Text in fewer columns is not readable. */
const MIN_COLUMNS = 20;

/** Wraps a line that is longer than the columns. The continuation lines are indented further than the line. */
export function wrapLine(line: string, { columns }: Pick<TextOptions, 'columns'>): string {
  if (stringWidth(line) <= columns) return line;
  const text = line.trimStart();
  const indent = ' '.repeat(line.length - text.length);
  return wrapAnsi(text, Math.max(MIN_COLUMNS, columns - indent.length - CONTINUATION_INDENT.length))
    .split('\n')
    .map((part, index) => (index === 0 ? indent : indent + CONTINUATION_INDENT) + part)
    .join('\n');
}
