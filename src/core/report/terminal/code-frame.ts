import stringWidth from 'string-width';
import { escapeControlCharacters } from '../../base/text/escape.ts';
import type { Style, TextOptions } from './style.ts';

/** At most this many columns of a line are shown. In a longer line, at most this share of them precedes the caret. */
const MAX_WIDTH = 100;
const MAX_SHARE_BEFORE_CARET = 0.6;
/** The columns for the line number and the ellipses. */
const MARGIN_WIDTH = 10;
/** How far from the caret a long line is examined, in UTF-16 units. Enough to fill the width with wide and combining characters. */
const REACH = 400;

/**
 * Renders a line of a file, with a caret below the given column, which counts UTF-16 units from 1:
 * ```
 *    7 | http_port: 80000
 *      |            ^
 * ```
 * Shows the part around the column if the line is long. The caret accounts for tabs, wide characters and escaped control characters.
 */
export function codeFrame(
  line: string,
  place: { readonly line: number; readonly column: number },
  { paint, columns, style }: TextOptions & { readonly style: Style },
): readonly string[] {
  const maxWidth = Math.max(1, Math.min(MAX_WIDTH, columns - MARGIN_WIDTH));
  const offset = place.column - 1;
  const start = Math.max(0, offset - REACH);
  const cells = toCells(line.replace(/\r$/, '').slice(start, offset + REACH), start);
  const { caret, from, to } = selectCells(cells, offset, maxWidth);

  const before = start > 0 || from > 0 ? '…' : '';
  const after = to < cells.length || offset + REACH < line.length ? '…' : '';
  const shown = cells.slice(from, to).map(({ text }) => text);
  const number = String(place.line).padStart(5);
  const gap = ' '.repeat(before.length + totalWidth(cells.slice(from, caret)));
  return [
    `${paint('dim', `${number} |`)} ${before}${shown.join('')}${after}`,
    `${paint('dim', `${' '.repeat(number.length)} |`)} ${gap}${paint(style, '^')}`,
  ];
}

/** A character as it is shown, its width in columns, and the offset in the line at which it ends. */
type Cell = { readonly text: string; readonly width: number; readonly end: number };

function toCells(text: string, start: number): readonly Cell[] {
  let end = start;
  return Array.from(text, (character) => {
    end += character.length;
    const shown = character === '\t' ? '→   ' : escapeControlCharacters(character);
    return { text: shown, width: stringWidth(shown), end };
  });
}

/** Returns the index of the cell above the caret, and the range of cells to show around it. */
function selectCells(
  cells: readonly Cell[],
  offset: number,
  maxWidth: number,
): { readonly caret: number; readonly from: number; readonly to: number } {
  const found = cells.findIndex(({ end }) => end > offset);
  const caret = found < 0 ? cells.length : found;
  let from = 0;
  if (totalWidth(cells) > maxWidth) {
    while (totalWidth(cells.slice(from, caret)) > maxWidth * MAX_SHARE_BEFORE_CARET) from += 1;
  }
  let to = cells.length;
  while (totalWidth(cells.slice(from, to)) > maxWidth) to -= 1;
  return { caret, from, to };
}

function totalWidth(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0);
}
