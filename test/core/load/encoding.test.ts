import { expect, test } from 'vitest';
import { decodeUtf8 } from '../../../src/core/load/encoding.ts';

const bytes = (...parts: readonly (string | readonly number[])[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from(part))));

test.for([
  ['nothing', bytes(), ''],
  ['letters of several scripts', bytes('aü漢😀\n'), 'aü漢😀\n'],
  ['a byte order mark, which is not part of the text', bytes([0xef, 0xbb, 0xbf], 'a'), 'a'],
  ['a byte order mark where files were joined', bytes('a\n', [0xef, 0xbb, 0xbf], '---\nb\n'), 'a\n---\nb\n'],
  ['a byte order mark within a line', bytes('a: "\ufeff"\n'), 'a: "\ufeff"\n'],
  ['lines that end with a carriage return', bytes('a: 1\rb: 2\r'), 'a: 1\nb: 2\n'],
  ['lines that end as on Windows', bytes('a: 1\r\nb: 2\r\n'), 'a: 1\r\nb: 2\r\n'],
] as const)('decodes UTF-8: %s', ([, given, text]) => {
  expect(decodeUtf8(given)).toEqual({ text });
});

test.for([
  { what: 'Latin-1', given: bytes('a: 1\nb: 漢 m', [0xfc], 'ller\nc: 2'), byte: 'the byte 0xfc', line: 2, column: 7 },
  {
    what: 'a character that is cut off at the end',
    given: bytes('a\nb: ', [0xe6, 0xbc]),
    byte: 'the byte 0xe6',
    line: 2,
    column: 4,
  },
  { what: 'an invalid first byte', given: bytes([0x80]), byte: 'the byte 0x80', line: 1, column: 1 },
  { what: 'UTF-16, little-endian', given: bytes([0xff, 0xfe, 0x61, 0]), byte: 'UTF-16', line: 1, column: 1 },
  { what: 'UTF-16, big-endian', given: bytes([0xfe, 0xff, 0, 0x61]), byte: 'UTF-16', line: 1, column: 1 },
])('rejects bytes that are not UTF-8, with their position: $what', ({ given, byte, line, column }) => {
  expect(decodeUtf8(given)).toEqual({ fault: `expected UTF-8, found ${byte}; save the file as UTF-8`, line, column });
});
