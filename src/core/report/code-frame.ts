import { eastAsianWidth } from 'get-east-asian-width';
import { printable } from '../base/printable.ts';
import type { Style, TextOptions } from './text.ts';

/** Cells of a line that are shown at the most, and how many of each ten may lie before the place that is meant. */
const WIDTH = 100;
const BEFORE = 6;
/** What the number of the line takes, and what shows that there is more. */
const MARGIN = 10;
/** How far from that place the line is looked at, in UTF-16 units; a character has at least one cell, or joins one that has. */
const REACH = 400;

/**
 * A line of a file, and below it a caret under a column, which counts UTF-16 units from 1:
 * ```
 *    7 | http_port: 80000
 *      |            ^
 * ```
 * Of a long line what is around the column; tabs, wide and control characters take the cells that they are shown in.
 */
export function codeFrame(
  line: string,
  place: { readonly line: number; readonly column: number },
  { paint, columns, style }: TextOptions & { readonly style: Style },
): readonly string[] {
  const width = Math.max(1, Math.min(WIDTH, columns - MARGIN));
  const at = place.column - 1;
  const start = Math.max(0, at - REACH);
  const cells = toCells(line.replace(/\r$/, '').slice(start, at + REACH), start);
  const found = cells.findIndex(({ end }) => end > at);
  const caret = found < 0 ? cells.length : found;

  const all = widthOf(cells);
  let from = 0;
  if (all > width) while (widthOf(cells.slice(from, caret)) > (width * BEFORE) / 10) from += 1;
  let to = cells.length;
  while (widthOf(cells.slice(from, to)) > width) to -= 1;

  const before = start > 0 || from > 0 ? '…' : '';
  const behind = to < cells.length || at + REACH < line.length ? '…' : '';
  const shown = cells.slice(from, to).map((cell) => cell.shown);
  const number = String(place.line).padStart(5);
  const gap = ' '.repeat(before.length + widthOf(cells.slice(from, caret)));
  return [
    `${paint('dim', `${number} |`)} ${before}${shown.join('')}${behind}`,
    `${paint('dim', `${' '.repeat(number.length)} |`)} ${gap}${paint(style, '^')}`,
  ];
}

/** A character as it is shown; `end` is where it ends in the line. */
type Cell = { readonly shown: string; readonly width: number; readonly end: number };

function toCells(text: string, start: number): readonly Cell[] {
  let end = start;
  return Array.from(text, (character) => {
    end += character.length;
    const shown = character === '\t' ? '→   ' : printable(character);
    return { shown, width: shown === character ? widthOfCharacter(character) : shown.length, end };
  });
}

function widthOfCharacter(character: string): number {
  // An accent stands over the character before it.
  return /^\p{Mark}/u.test(character) ? 0 : eastAsianWidth(Number(character.codePointAt(0)));
}

function widthOf(cells: readonly Cell[]): number {
  return cells.reduce((sum, { width }) => sum + width, 0);
}
