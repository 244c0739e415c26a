import { expect, test } from 'vitest';
import { formatSuggestions, suggest } from '../../../../src/core/base/text/suggest.ts';

const known = ['service_id', 'name', 'type', 'http_port', 'https_port', 'tcp_port', 'app_protocol', 'tls_settings'];

test.for([
  { written: 'tcp_prot', meant: ['tcp_port'], reason: 'two letters are swapped' },
  { written: 'tcpPort', meant: ['tcp_port'], reason: 'camel case' },
  { written: 'TCP-PORT', meant: ['tcp_port'], reason: 'upper case and a hyphen' },
  { written: 'tcp port', meant: ['tcp_port'], reason: 'a space' },
  { written: 'nmae', meant: [], reason: 'too short for two wrong letters' },
  { written: 'nam', meant: ['name'], reason: 'a letter is missing' },
  { written: 'serviceid', meant: ['service_id'], reason: 'an underscore is missing' },
  { written: 'httpx_port', meant: ['http_port', 'https_port'], reason: 'two names are equally close' },
  { written: 'port', meant: ['http_port', 'https_port', 'tcp_port'], reason: 'the end of several names' },
  { written: 'id', meant: ['service_id'], reason: 'the end of one name' },
  { written: 'tls', meant: ['tls_settings'], reason: 'the beginning of one name' },
  { written: 'p', meant: [], reason: 'one letter is too short' },
  { written: '__', meant: [], reason: 'separators do not count' },
  { written: '', meant: [], reason: 'the text is empty' },
  { written: 'app_protocols_xyz', meant: [], reason: 'four letters of difference are too many' },
  { written: 'description', meant: [], reason: 'no name is close' },
  { written: 'completely_unrelated_key', meant: [], reason: 'a long text is not closer because it is long' },
])('suggests $meant for "$written": $reason', ({ written, meant }) => {
  expect(suggest(written, known)).toEqual(meant);
});

test('suggests nothing for a very long text, which would take long to compare', () => {
  expect(suggest('n'.repeat(201), ['n'.repeat(202)])).toEqual([]);
});

test('suggests nothing without names', () => {
  expect(suggest('name', [])).toEqual([]);
});

test.for([
  [[], ''],
  [['name'], '; did you mean "name"?'],
  [['http_port', 'tcp_port'], '; did you mean "http_port" or "tcp_port"?'],
] as const)('writes the suggestions %j as "%s"', ([names, text]) => {
  expect(formatSuggestions(names)).toBe(text);
});

test('suggests at most five names in a message', () => {
  expect(formatSuggestions(['a', 'b', 'c', 'd', 'e'])).toBe('; did you mean "a" or "b" or "c" or "d" or "e"?');
  expect(formatSuggestions(['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toBe(
    '; did you mean "a" or "b" or "c" or "d" or "e", or one of 2 more?',
  );
});
