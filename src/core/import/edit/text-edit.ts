/** Replaces the text from `start` up to `end`, in UTF-16 code units. With `start` equal to `end`, it inserts. */
export type TextEdit = { readonly start: number; readonly end: number; readonly text: string };

/** Why a value cannot be changed where it is written. `path` leads to it from the mapping that is edited. */
export type EditFault = { readonly path: readonly string[]; readonly fault: string };

/** Applies edits that do not overlap. Insertions at one place keep their order. */
export function applyEdits(text: string, edits: readonly TextEdit[]): string {
  let result = '';
  let at = 0;
  // Sorting is stable.
  for (const edit of edits.toSorted((a, b) => a.start - b.start)) {
    result += text.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + text.slice(at);
}

export function insert(at: number, text: string): TextEdit {
  return { start: at, end: at, text };
}

export function remove(start: number, end: number): TextEdit {
  return { start, end, text: '' };
}

/** Returns the number of the line that contains `offset`, counted from 1. */
export function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** Returns the offset of the start of the line that contains `offset`. */
export function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

/** Returns how many UTF-16 code units are before an offset in its line. */
export function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}

/** Returns the offset of the end of the line that contains `offset`, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}

/** Whether a value that ends here includes its line break, as a block of text and a block mapping do. */
export function endsLine(text: string, end: number): boolean {
  return text[end - 1] === '\n';
}

/** Returns the offset of the line after a value; the end of the text if the value is in the last line. */
export function startOfNextLine(text: string, end: number): number {
  if (endsLine(text, end)) return end;
  const lineFeed = text.indexOf('\n', end);
  return lineFeed < 0 ? text.length : lineFeed + 1;
}

/** Returns the line break that a text uses. */
export function lineBreakOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
