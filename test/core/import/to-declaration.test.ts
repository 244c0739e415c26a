import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { parseJson } from '../../../src/core/base/json.ts';
import type { Json, JsonObject } from '../../../src/core/base/json.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import { renderUnmanaged, toDeclaration } from '../../../src/core/import/to-declaration.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import type { LiveService } from '../../../src/core/service/directory.ts';
import { OBSERVED_QUIRKS } from '../../../src/emulator/scenario/quirks.ts';
import type { Quirks } from '../../../src/emulator/scenario/quirks.ts';
import { formatService } from '../../../src/emulator/scenario/answer-format.ts';
import { fleet } from '../../pass/fleet.ts';
import { certificate, findings, id, live, tunnel } from '../builders.ts';

const FULL = process.env['FULL'] === '1';

function textOf(service: LiveService): string {
  const result = toDeclaration(service);
  if (result.kind === 'undeclarable') throw new Error(result.reason);
  return result.text;
}

test('writes the fields in the documented order, without nulls, times and default values', () => {
  const service = live({
    tls_settings: { client_certificate: null, certificate_authority: certificate, cert_verification_mode: 'verify_ca' },
    host: { hostname: 'db.internal', resolver_network: { resolver_ips: ['10.0.0.53', '::1'], tunnel_id: tunnel } },
    app_protocol: 'mysql',
  });
  expect(textOf(service)).toBe(`service_id: ${id(1)}
name: db
type: tcp
tcp_port: 5432
app_protocol: mysql
host:
  hostname: db.internal
  resolver_network:
    tunnel_id: ${tunnel}
    resolver_ips: [10.0.0.53, "::1"]
tls_settings:
  cert_verification_mode: verify_ca
  certificate_authority: ${certificate}
`);
  const web = live({ type: 'http', https_port: 443, tls_settings: { cert_verification_mode: 'verify_full' } });
  expect(textOf(web)).toBe(`service_id: ${id(2)}
name: web
type: http
https_port: 443
host:
  ipv4: 10.0.0.12
  network:
    tunnel_id: ${tunnel}
`);
});

test.for([
  ['9007199254740993', '9007199254740993'],
  ['1.10', '1.1'],
])('quotes the port %s in the reason why it cannot be declared', ([digits, quoted]) => {
  const result = toDeclaration(live({ tcp_port: Object(parseJson(`{"port":${digits}}`)).port }));
  expect(result).toMatchObject({ kind: 'undeclarable', reason: expect.stringContaining(`found ${quoted}`) });
});

test('omits the live fields that a declaration cannot contain, and names them', () => {
  const service = live({ x_weight: 1, host: { ipv4: '10.0.0.1', network: { tunnel_id: tunnel, x_mtu: 9000 } } });
  expect(toDeclaration(service)).toMatchObject({
    kind: 'declarable',
    unknownFields: ['host.network.x_mtu', 'x_weight'],
  });
  expect(textOf(service)).not.toContain('x_');
});

test.for([
  { what: 'has no port', fields: { tcp_port: null }, reason: /^tcp_port: missing; expected a port/ },
  {
    what: 'has a type of a later version',
    fields: { type: 'udp' },
    reason: /^type: expected http or tcp, found "udp"/,
  },
  { what: 'has no name', fields: { name: '' }, reason: /^name: expected a name/ },
  { what: 'has an id that is not a UUID', fields: { service_id: 'svc-1' }, reason: /^service_id: expected a UUID/ },
  {
    what: 'has no known host',
    fields: { host: { x_path: '/' } },
    reason: /^host: missing; expected a mapping/,
  },
  {
    what: 'has a very long name',
    fields: { name: 'x'.repeat(10_001) },
    reason: /^expected at most 10000 characters/,
  },
  { what: 'has several faults', fields: { type: 'udp', host: 1 }, reason: /^host: .*; type: |^type: .*; host: / },
])('returns the reason why a service that $what cannot be declared', ({ fields, reason }) => {
  expect(toDeclaration(live(fields))).toMatchObject({ kind: 'undeclarable', reason: expect.stringMatching(reason) });
});

test.for([
  ['yes', '"yes"'],
  ['null', '"null"'],
  ['12', '"12"'],
  ['0x1F', '"0x1F"'],
  ['1_000', '"1_000"'],
  ['12:30', '"12:30"'],
  ['2026-01-02', '"2026-01-02"'],
  ['a # b', '"a # b"'],
  ['a: b', '"a: b"'],
  ['a ', '"a "'],
  ['---', '"---"'],
  ['it\'s "it"', String.raw`"it's \"it\""`],
  ['a\nname: b', String.raw`"a\nname: b"`],
  ['a\r\u0085\u2028b', String.raw`"a\r\u0085\u2028b"`],
  ['\u202Etxt\u001B[2J', String.raw`"\u202etxt\u001b[2J"`],
  ['\u{E0041}', String.raw`"\U000e0041"`],
  ['\uD800', String.raw`"\ud800"`],
  ['Übersicht 注文', 'Übersicht 注文'],
  ['orders-db', 'orders-db'],
] as const)('writes the name %j as %s', ([name, written]) => {
  expect(textOf(live({ name })).split('\n')[1]).toBe(`name: ${written}`);
});

test('never folds a long name', () => {
  const name = `${'word '.repeat(100)}\n\n${'x'.repeat(500)}`;
  expect(textOf(live({ name })).split('\n')[1]).toBe(`name: ${JSON.stringify(name)}`);
});

/* Everything that the API may return. */

const quirks: fc.Arbitrary<Quirks> = fc.record({
  resultInfo: fc.constant(OBSERVED_QUIRKS.resultInfo),
  ignorePage: fc.boolean(),
  maxPerPage: fc.constant(1000),
  unusedHostKeys: fc.constantFrom('null', 'absent'),
  unsetPorts: fc.constantFrom('null', 'absent'),
  ipv6: fc.constantFrom('as-sent', 'compressed', 'expanded', 'upper'),
  uuids: fc.constantFrom('as-sent', 'upper', 'lower'),
  hostname: fc.constantFrom('lower', 'as-sent'),
  emptyResolvers: fc.constantFrom('absent', 'null', '[]'),
  verifyFull: fc.constantFrom('as-sent', 'absent', 'explicit'),
  tlsNulls: fc.boolean(),
  order: fc.constantFrom('created', 'shuffled'),
});

const fragments = [
  '\n',
  ': ',
  ' #',
  '"',
  "'",
  '- ',
  '---\n',
  '...',
  '{',
  '[',
  '&a ',
  '*a',
  '!a',
  '%',
  '|',
  '>',
  '\t',
  '\\',
];
const words = [
  'yes',
  'no',
  'on',
  'y',
  '~',
  'null',
  '.inf',
  '1e3',
  '0o7',
  '<<',
  '=',
  '<<<<<<< ',
  '\0',
  '\u202E',
  '\uFEFF',
];
const name = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 300 }),
  fc.constantFrom(...fragments, ...words),
  fc
    .array(fc.oneof(fc.constantFrom(...fragments, ...words), fc.string()), { minLength: 1 })
    .map((each) => `x${each.join('')}`),
  fc.string({ unit: fc.integer({ min: 0xd7ff, max: 0xe001 }).map((code) => String.fromCharCode(code)), minLength: 1 }),
);
const services = fleet().flatMap(({ declared, live }) =>
  [declared, live].map((each) => ({ ...each, service_id: declared.service_id })),
);
const json = fc.json({ maxDepth: 2 }).map((text): Json => JSON.parse(text));
const unknown = fc.record({ x_any: json, 'x\n: "': json }, { requiredKeys: [] });

test('writes a declaration that every YAML parser reads back in sync, for any live service', () => {
  fc.assert(
    fc.property(fc.constantFrom(...services), quirks, name, unknown, (service, quirks, name, unknown) => {
      const value: JsonObject = JSON.parse(JSON.stringify(formatService({ ...service, ...unknown, name }, quirks)));
      const one = { service_id: service.service_id, name, value };
      const bytes = Buffer.from(textOf(one), 'utf8');
      const text = bytes.toString('utf8');
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      const declared = collect([parseFile('a.yaml', `# yaml-language-server: $schema=../a.json\n${text}`)]);
      expect(compare(declared, [one]).map(({ kind }) => kind)).toEqual(['in_sync']);
      for (const version of ['1.1', '1.2'] as const) expect(parse(text, { version })).toMatchObject({ name });
    }),
    { numRuns: FULL ? 20_000 : 1000 },
  );
});

test('renders nothing for a broken declaration without a live service', () => {
  const broken = collect([parseFile('a.yaml', 'name: [')]);
  expect(renderUnmanaged(compare(broken, []), 'services')).toEqual([]);
});

test('renders the missing declarations of unmanaged services, with their files, as one YAML stream', () => {
  const shown = renderUnmanaged(
    findings({
      declared: [{}, { service_id: id(9), name: 'gone' }],
      live: [
        {},
        { service_id: id(3), name: 'a' },
        { service_id: id(4), name: '../a\n- b' },
        { service_id: id(5), name: 'odd\nname: x', type: 'udp' },
      ],
    }),
    'services/',
  );
  expect(shown.map((each) => each.split('\n').slice(0, 4))).toEqual([
    ['---', '# services/a.yaml', `service_id: ${id(3)}`, 'name: a'],
    ['---', '# services/a-b-000000000004.yaml', `service_id: ${id(4)}`, String.raw`name: "../a\n- b"`],
    [
      '---',
      expect.stringMatching(String.raw`^# odd\\u\{a\}name: x \(${id(5)}\): this version cannot declare it: type: `),
    ],
  ]);
  expect(parseFile('a.yaml', shown.join('\n'))).toMatchObject({ problems: [], declarations: [{}, {}] });
});

test('writes a declaration without an id, which is known by its name', () => {
  expect(toDeclaration(live({ name: 'db' }), 'name')).toMatchObject({
    kind: 'declarable',
    text: expect.stringMatching(/^name: db\ntype: tcp\n/),
  });
});
