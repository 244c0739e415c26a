import { expect, test } from 'vitest';
import { orRather, suggest } from '../../../src/core/base/suggest.ts';

const known = ['service_id', 'name', 'type', 'http_port', 'https_port', 'tcp_port', 'app_protocol', 'tls_settings'];

test.for([
  { written: 'tcp_prot', meant: ['tcp_port'], reason: 'two letters exchanged' },
  { written: 'tcpPort', meant: ['tcp_port'], reason: 'camel case' },
  { written: 'TCP-PORT', meant: ['tcp_port'], reason: 'capitals and a hyphen' },
  { written: 'tcp port', meant: ['tcp_port'], reason: 'a space' },
  { written: 'nmae', meant: [], reason: 'too short for two wrong letters' },
  { written: 'nam', meant: ['name'], reason: 'a letter is missing' },
  { written: 'serviceid', meant: ['service_id'], reason: 'an underscore is missing' },
  { written: 'httpx_port', meant: ['http_port', 'https_port'], reason: 'two are equally near' },
  { written: 'port', meant: ['http_port', 'https_port', 'tcp_port'], reason: 'the end of several' },
  { written: 'id', meant: ['service_id'], reason: 'the end of one' },
  { written: 'tls', meant: ['tls_settings'], reason: 'the beginning of one' },
  { written: 'p', meant: [], reason: 'one letter says nothing' },
  { written: '__', meant: [], reason: 'separators say nothing' },
  { written: '', meant: [], reason: 'nothing was written' },
  { written: 'app_protocols_xyz', meant: [], reason: 'four letters off is another word' },
  { written: 'description', meant: [], reason: 'nothing is near' },
  { written: 'completely_unrelated_key', meant: [], reason: 'a long word is not near because it is long' },
])('"$written" may mean $meant: $reason', ({ written, meant }) => {
  expect(suggest(written, known)).toEqual(meant);
});

test('there is nothing to suggest where nothing is known', () => {
  expect(suggest('name', [])).toEqual([]);
});

test.for([
  ['nam', '; did you mean "name"?'],
  ['port', '; did you mean "http_port" or "https_port" or "tcp_port"?'],
  ['description', ''],
] as const)('the question behind "%s" is "%s"', ([written, question]) => {
  expect(suggest(written, known).length === 0 ? '' : orRather(suggest(written, known))).toBe(question);
});
