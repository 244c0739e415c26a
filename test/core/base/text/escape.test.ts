import { expect, test } from 'vitest';
import { escapeJson, escapeWorkflowCommands } from '../../../../src/core/base/text/escape.ts';

test('escapes invisible characters and commands in JSON, which keeps its value', () => {
  const value = { name: 'a\u202eb\u200bc\u2066\u{E0041}\u0085 ##[error]x', list: [[1], ['##']] };
  const json = escapeJson(JSON.stringify(value));
  expect(json).toBe(String.raw`{"name":"a\u202eb\u200bc\u2066\udb40\udc41\u0085 ##\u005berror]x","list":[[1],["##"]]}`);
  expect(JSON.parse(json)).toEqual(value);
});

test.for([
  ['::error file=a::x', String.raw`\u{3a}:error file=a::x`],
  ['ok\n  ::ADD-MASK::x', `ok\n  ${String.raw`\u{3a}:ADD-MASK::x`}`],
  ['::stop-commands::token', String.raw`\u{3a}:stop-commands::token`],
  ['a ##[group]b', String.raw`a ##\u{5b}group]b`],
  ['::1 → ::abcd', '::1 → ::abcd'],
  ['a::error::b', 'a::error::b'],
] as const)('escapes commands of GitHub Actions in the text "%s"', ([text, expected]) => {
  expect(escapeWorkflowCommands(text)).toBe(expected);
});
