import { expect, test } from 'vitest';
import { codeFrame } from '../../../../src/core/report/terminal/code-frame.ts';
import type { Paint } from '../../../../src/core/report/terminal/style.ts';

const plain: Paint = (_, text) => text;
const tagged: Paint = (style, text) => `<${style}>${text}</${style}>`;
const shown = (line: string, column: number, columns = Infinity) =>
  codeFrame(line, { line: 7, column }, { paint: plain, columns, style: 'red' });

test.for([
  { what: 'plain text', line: 'port: 80', column: 7, code: 'port: 80', caret: '      ^' },
  { what: 'the first column', line: 'port', column: 1, code: 'port', caret: '^' },
  { what: 'after the end', line: 'port', column: 5, code: 'port', caret: '    ^' },
  { what: 'after a tab', line: '\tport', column: 2, code: '→   port', caret: '    ^' },
  { what: 'on a tab', line: 'a\tb', column: 2, code: 'a→   b', caret: ' ^' },
  { what: 'wide characters', line: '漢字: x', column: 5, code: '漢字: x', caret: '      ^' },
  { what: 'characters of two UTF-16 units', line: '😀: x', column: 5, code: '😀: x', caret: '    ^' },
  { what: 'inside such a character', line: 'a😀b', column: 3, code: 'a😀b', caret: ' ^' },
  { what: 'combining characters', line: 'cafe\u0301: x', column: 8, code: 'cafe\u0301: x', caret: '      ^' },
  { what: 'control characters', line: 'a\u001B[31mb', column: 7, code: 'a\\u{1b}[31mb', caret: '           ^' },
  { what: 'a Windows line end', line: 'port\r', column: 5, code: 'port', caret: '    ^' },
])('puts the caret below the column: $what', ({ line, column, code, caret }) => {
  expect(shown(line, column)).toEqual([`    7 | ${code}`, `      | ${caret}`]);
});

test.for([
  { what: 'the beginning', column: 1, code: `${'0123456789'.repeat(10)}…`, caret: 0 },
  { what: 'the middle', column: 501, code: `…${'0123456789'.repeat(10)}…`, caret: 61 },
  { what: 'the end', column: 1000, code: `…${'0123456789'.repeat(6)}9`, caret: 61 },
])('shows the part of a very long line around the column: $what', ({ column, code, caret }) => {
  const [line, below] = shown('0123456789'.repeat(100), column);
  expect(below).toBe(`      | ${' '.repeat(caret)}^`);
  expect(line?.slice(8)).toHaveLength(code.length);
  expect(line?.slice(8, 12)).toBe(code.startsWith('…') ? line?.slice(8, 12) : code.slice(0, 4));
  // The character above the caret is the one at the column.
  expect(line?.[8 + caret]).toBe(String((column - 1) % 10));
});

test.for([
  { columns: 60, column: 1 },
  { columns: 60, column: 30 },
  { columns: 60, column: 77 },
  { columns: 60, column: 100 },
  { columns: 20, column: 50 },
])('fits a line into $columns columns, around column $column', ({ columns, column }) => {
  const [line = '', below = ''] = shown('0123456789'.repeat(10), column, columns);
  expect(line.length).toBeLessThanOrEqual(columns);
  expect(line.length).toBeGreaterThan(columns / 2);
  expect(line[below.indexOf('^')]).toBe(String((column - 1) % 10));
});

test('shows the character at the column even in very few columns', () => {
  expect(shown('0123456789', 6, 5)).toEqual(['    7 | …5…', '      |  ^']);
});

test('colors the line number and the caret', () => {
  expect(codeFrame('a', { line: 12, column: 1 }, { paint: tagged, columns: Infinity, style: 'yellow' })).toEqual([
    '<dim>   12 |</dim> a',
    '<dim>      |</dim> <yellow>^</yellow>',
  ]);
});
