/** The text of a file, or why its bytes are not text and where. `line` and `column` count from 1, `column` in UTF-16 code units. */
export type Decoded =
  | { readonly text: string }
  | { readonly fault: string; readonly line: number; readonly column: number };

/**
 * Decodes UTF-8. Removes the byte order mark, also at the start of a later line, where files were joined. A lone carriage return ends a
 * line in YAML, and becomes a line feed.
 */
export function decodeUtf8(bytes: Uint8Array): Decoded {
  try {
    return { text: unifyLines(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    if (isUtf16(bytes)) {
      return { fault: 'expected UTF-8, found UTF-16; save the file as UTF-8', line: 1, column: 1 };
    }
    const { offset, line, column } = findInvalidByte(bytes);
    const hex = Number(bytes[offset]).toString(16).padStart(2, '0');
    return { fault: `expected UTF-8, found the byte 0x${hex}; save the file as UTF-8`, line, column };
  }
}

function unifyLines(text: string): string {
  const lines = text.includes('\r') ? text.replaceAll(/\r(?!\n)/g, '\n') : text;
  return lines.includes('\uFEFF') ? lines.replaceAll(/^\uFEFF/gm, '') : lines;
}

function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** Finds the first byte that is not valid UTF-8, line by line: in UTF-8, a line feed is never part of another character. */
function findInvalidByte(bytes: Uint8Array): {
  readonly offset: number;
  readonly line: number;
  readonly column: number;
} {
  const lineFeed = 10;
  let start = 0;
  for (let line = 1; ; line += 1) {
    const end = bytes.indexOf(lineFeed, start);
    const content = bytes.subarray(start, end < 0 ? undefined : end);
    // Invalid bytes are decoded as U+FFFD. If the line also contains a real U+FFFD before them, the column is too small.
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
    if (text.includes('\uFFFD') || end < 0) {
      const before = text.slice(0, text.indexOf('\uFFFD'));
      return { offset: start + new TextEncoder().encode(before).length, line, column: before.length + 1 };
    }
    start = end + 1;
  }
}
