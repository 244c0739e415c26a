/** A place in a text, and the line around it. Offsets count UTF-16 code units from the start of the text. */
export type Surroundings = {
  readonly text: string;
  readonly offset: number;
  readonly lineStart: number;
  /** The line without its line ending. */
  readonly line: string;
  /** The number of spaces and tabs at the start of the line. */
  readonly indentation: number;
};

export function surroundingsOf(text: string, offset: number): Surroundings {
  const lineStart = startOfLine(text, offset);
  const line = lineAt(text, lineStart);
  return { text, offset, lineStart, line, indentation: indentationOf(line) };
}

export function startOfLine(text: string, offset: number): number {
  return text.slice(0, offset).lastIndexOf('\n') + 1;
}

export function lineAt(text: string, start: number): string {
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
}

export function indentationOf(line: string): number {
  return line.length - line.trimStart().length;
}
