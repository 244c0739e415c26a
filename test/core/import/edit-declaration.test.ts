import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/base/json.ts';
import { editDeclaration } from '../../../src/core/import/edit-declaration.ts';
import type { DeclarationEdit } from '../../../src/core/import/edit-declaration.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { readValues } from '../../../src/core/load/values/values.ts';
import { normalize } from '../../../src/core/service/normalize.ts';

const ID = '0199a0c4-2b10-7c3e-8a51-5f0d3a1e0003';
const OTHER_ID = '0199a0c4-2b10-7c3e-8a51-5f0d3a1e0004';
const TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';
const OTHER_TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172db';

type Changes = DeclarationEdit['changes'];

const set = (path: string, value: Json): Changes[number] => ({ path, value });

/** Edits the only declaration of a text, or the one with this number. Returns the new text, or the fault. */
function edit(
  text: string,
  changes: Changes,
  { index = 0, serviceId }: { index?: number; serviceId?: string } = {},
): string {
  const line = parseFile('db.yaml', text).declarations[index]?.line ?? 1;
  const result = editDeclaration({ file: 'db.yaml', text, values: null }, { line, changes, serviceId });
  return 'fault' in result ? `fault: ${result.fault}` : result.text;
}

/** One service in many hands. Each declares the same. */
const STYLES: Readonly<Record<string, string>> = {
  'comments everywhere': `# The orders.
service_id: ${ID} # from the dashboard
# Do not rename.
name: orders-db # see above
type: tcp   # not http
#tcp_port: 5431
tcp_port: 5432    # default

host: # where
  # by name
  hostname: orders.corp.internal # in Berlin
  resolver_network: # how
    tunnel_id: ${TUNNEL} # Berlin
    # in this order
    resolver_ips: # two
      - 10.0.0.1 # first
      # the backup
      - 10.0.0.2 # second
# end of host
tls_settings:
  # for now
  cert_verification_mode: verify_ca # later: verify_full
# end
`,
  'no comments': `service_id: ${ID}
name: orders-db
type: tcp
tcp_port: 5432
host:
  hostname: orders.corp.internal
  resolver_network:
    tunnel_id: ${TUNNEL}
    resolver_ips: [10.0.0.1, 10.0.0.2]
tls_settings:
  cert_verification_mode: verify_ca
`,
  'four columns and aligned values': `service_id:   ${ID}
name:         orders-db
type:         tcp
tcp_port:     5432
host:
    hostname:          orders.corp.internal
    resolver_network:
        tunnel_id:     ${TUNNEL}
        resolver_ips:
        - 10.0.0.1
        - 10.0.0.2
tls_settings:
    cert_verification_mode:   verify_ca
`,
  quotes: `"service_id": "${ID}"
'name': 'orders-db'
"type": 'tcp'
tcp_port: 5432
"host":
  "hostname": "orders.corp.internal"
  'resolver_network':
    "tunnel_id": '${TUNNEL}'
    "resolver_ips": ['10.0.0.1', "10.0.0.2"]
"tls_settings": { "cert_verification_mode": "verify_ca" }
`,
  'flow mappings': `service_id: ${ID}
name: orders-db
type: tcp
tcp_port: 5432
host: { hostname: orders.corp.internal, resolver_network: { tunnel_id: ${TUNNEL}, resolver_ips: [10.0.0.1, 10.0.0.2] } } # one line
tls_settings: {cert_verification_mode: verify_ca}
`,
  'flow mappings on several lines': `service_id: ${ID}
name: orders-db
type: tcp
tcp_port: 5432
host: {
  hostname: orders.corp.internal, # the name
  resolver_network: {
    tunnel_id: ${TUNNEL}, # Berlin
    resolver_ips: [
      10.0.0.1, # first
      10.0.0.2, # second
    ],
  },
}
tls_settings: { cert_verification_mode: verify_ca, }
`,
  'one flow mapping': `{ service_id: ${ID}, name: orders-db, type: tcp, tcp_port: 5432, host: { hostname: orders.corp.internal, resolver_network: { tunnel_id: ${TUNNEL}, resolver_ips: [ 10.0.0.1, 10.0.0.2 ] } }, tls_settings: { cert_verification_mode: verify_ca } }
`,
  JSON: `${JSON.stringify(
    {
      service_id: ID,
      name: 'orders-db',
      type: 'tcp',
      tcp_port: 5432,
      host: {
        hostname: 'orders.corp.internal',
        resolver_network: { tunnel_id: TUNNEL, resolver_ips: ['10.0.0.1', '10.0.0.2'] },
      },
      tls_settings: { cert_verification_mode: 'verify_ca' },
    },
    null,
    2,
  )}\n`,
  'JSON with tabs': `${JSON.stringify(
    {
      name: 'orders-db',
      type: 'tcp',
      tcp_port: 5432,
      tls_settings: { cert_verification_mode: 'verify_ca' },
      host: {
        hostname: 'orders.corp.internal',
        resolver_network: { tunnel_id: TUNNEL, resolver_ips: ['10.0.0.1', '10.0.0.2'] },
      },
      service_id: ID,
    },
    null,
    '\t',
  )}\n`,
  'JSON on one line': `{"service_id":"${ID}","name":"orders-db","type":"tcp","tcp_port":5432,"host":{"hostname":"orders.corp.internal","resolver_network":{"tunnel_id":"${TUNNEL}","resolver_ips":["10.0.0.1","10.0.0.2"]}},"tls_settings":{"cert_verification_mode":"verify_ca"}}`,
  'nulls and empty values': `service_id: ${ID}
name: orders-db
type: tcp
tcp_port: 5432
app_protocol:
http_port: ~
https_port: null # only http
host:
  ipv4:
  ipv6: null
  network: ~ # by name
  hostname: orders.corp.internal
  resolver_network:
    tunnel_id: ${TUNNEL}
    resolver_ips:
    - 10.0.0.1
    - 10.0.0.2
tls_settings:
  cert_verification_mode: verify_ca
  certificate_authority:
`,
  'anchors that are not used': `service_id: &id ${ID}
name: &name orders-db
type: tcp
tcp_port: &port 5432
host: &host
  hostname: &hostname orders.corp.internal
  resolver_network: &network
    tunnel_id: &tunnel ${TUNNEL}
    resolver_ips: &ips
      - &first 10.0.0.1
      - 10.0.0.2
tls_settings: &tls
  cert_verification_mode: &mode verify_ca
`,
  'blocks of text': `service_id: >-
  ${ID}
name: |-
  orders-db
type: tcp
tcp_port: 5432
host:
  hostname: >-
    orders.corp.internal
  resolver_network:
    tunnel_id: ${TUNNEL}
    resolver_ips:
      - "10.0.0.1"
      - >-
        10.0.0.2
tls_settings:
  cert_verification_mode: verify_ca
`,
  'markers, a directive and odd spaces': `%YAML 1.2
---   # begins here
service_id :   ${ID}
name:    orders-db
type:  tcp
tcp_port:
  5432
host:

  hostname:     orders.corp.internal

  resolver_network:

    tunnel_id: ${TUNNEL}
    resolver_ips:   [10.0.0.1,10.0.0.2]

tls_settings:

  cert_verification_mode: verify_ca

...
# after the end
`,
  'a response of the API': `service_id: ${ID}
created_at: "2026-01-01T00:00:00Z"
updated_at: "2026-01-01T00:00:00Z"
name: orders-db
type: tcp
tcp_port: 5432
app_protocol: null
host: { ipv4: null, ipv6: null, network: null, hostname: orders.corp.internal, resolver_network: { tunnel_id: ${TUNNEL}, resolver_ips: [ "10.0.0.1", "10.0.0.2" ] } }
tls_settings: { cert_verification_mode: verify_ca }
`,
};

/** Each style as it is, with Windows line breaks, without a line break at its end, and between two other documents. */
const FILES = Object.entries(STYLES).flatMap(([style, text]): { style: string; text: string; index: number }[] => {
  const other = (id: string) =>
    `# another one\nservice_id: ${id}\nname: other-${id.slice(-2)} # stays\ntype: http\nhost: {ipv4: 10.0.0.9, network: {tunnel_id: ${TUNNEL}}}\n`;
  const bare = text.replace(/^%YAML.*\n---.*\n/, '').replace(/\.\.\.\n(?:#.*\n)?$/, '');
  const lineBreak = bare.endsWith('\n') ? '' : '\n';
  return [
    { style, text, index: 0 },
    { style: `${style}, with CRLF`, text: text.replaceAll('\n', '\r\n'), index: 0 },
    { style: `${style}, without a line break at the end`, text: text.replace(/\n$/, ''), index: 0 },
    {
      style: `${style}, between other documents`,
      text: `${other(`${ID.slice(0, -2)}41`)}---\n${bare}${lineBreak}---\n${other(`${ID.slice(0, -2)}42`)}`,
      index: 1,
    },
  ];
});

/** What a person may have changed in the dashboard. */
const EDITS: Readonly<Record<string, Changes>> = {
  'a port': [set('tcp_port', 6543)],
  'a name that needs quotes': [set('name', "orders: the 'new' one #2")],
  'a plain name': [set('name', 'orders-new')],
  'a new field': [set('app_protocol', 'mysql')],
  'a new field of a mapping': [set('tls_settings.certificate_authority', OTHER_TUNNEL)],
  'a replaced and a new item of a list': [
    set('host.resolver_network.resolver_ips', ['10.0.0.3', '10.0.0.2', '10.0.0.4']),
  ],
  'a removed first item of a list': [set('host.resolver_network.resolver_ips', ['10.0.0.2'])],
  'items in another order': [set('host.resolver_network.resolver_ips', ['10.0.0.2', '10.0.0.1'])],
  'an item before the others': [set('host.resolver_network.resolver_ips', ['10.0.0.0', '10.0.0.1', '10.0.0.2'])],
  'other items only': [set('host.resolver_network.resolver_ips', ['10.0.0.7', '10.0.0.8', '10.0.0.9'])],
  'no list': [set('host.resolver_network.resolver_ips', null)],
  'another kind of host': [
    set('host.hostname', null),
    set('host.resolver_network.tunnel_id', null),
    set('host.resolver_network.resolver_ips', null),
    set('host.ipv4', '10.1.1.1'),
    set('host.network.tunnel_id', OTHER_TUNNEL),
  ],
  'another type': [set('type', 'http'), set('tcp_port', null), set('https_port', 8443)],
  'everything at once': [
    set('name', 'everything'),
    set('tcp_port', 1),
    set('app_protocol', 'postgresql'),
    set('host.hostname', 'other.corp.internal'),
    set('host.resolver_network.tunnel_id', OTHER_TUNNEL),
    set('host.resolver_network.resolver_ips', ['fd00::1']),
    set('tls_settings.cert_verification_mode', 'verify_full'),
    set('tls_settings.client_certificate', OTHER_TUNNEL),
  ],
};

/** Returns the comments of a text. */
const commentsIn = (text: string): readonly string[] => text.match(/#.*?(?=\r?$)/gm) ?? [];

describe.each(FILES)('$style', ({ style, text, index }) => {
  test.each(Object.entries(EDITS))('%s', (name, changes) => {
    const before = parseFile('db.yaml', text);
    const edited = edit(text, changes, { index });
    if (name === 'another kind of host' && style.startsWith('flow mappings on several lines')) {
      expect(edited).toBe('fault: host: it has comments that would be lost; edit the file');
      return;
    }
    const after = parseFile('db.yaml', edited);
    expect(after.problems).toEqual([]);
    expect(after.declarations).toHaveLength(before.declarations.length);
    for (const [at, declaration] of before.declarations.entries()) {
      const expected = Object.fromEntries(normalize(declaration.value).known);
      if (at === index) Object.assign(expected, Object.fromEntries(changes.map(({ path, value }) => [path, value])));
      const known: Record<string, unknown> = Object.fromEntries(normalize(after.declarations[at]?.value ?? {}).known);
      for (const [path, value] of Object.entries(expected)) expect([path, known[path] ?? null]).toEqual([path, value]);
    }
  });

  test('keeps every line that holds no changed value, and every comment', () => {
    const edited = edit(text, EDITS['everything at once'] ?? [], { index });
    const kept = new Set(edited.split('\n'));
    const lost = text.split('\n').filter((line) => !kept.has(line));
    expect(
      lost.filter(
        (line) =>
          !/name|5432|hostname|orders|tunnel|10\.0\.0\.|\]|verify_ca|app_protocol|service_id|}|client|>-/.test(line),
      ),
    ).toEqual([]);
    const comments = commentsIn(edited);
    expect(commentsIn(text).filter((comment) => !comments.includes(comment) && !/second/.test(comment))).toEqual([]);
    expect(edited.includes('\r\n')).toBe(text.includes('\r\n'));
    if (text.includes('\r\n')) expect(edited.replaceAll('\r\n', '')).not.toContain('\n');
  });

  test('changes nothing without a change', () => {
    expect(edit(text, [], { index })).toBe(text);
  });

  test('changes the id, and adds one that is missing', () => {
    const changed = edit(text, [], { index, serviceId: OTHER_ID });
    expect(changed).toBe(text.replace(new RegExp(`(?:>-\\s+)?${ID}`), OTHER_ID));
  });
});

describe('refuses', () => {
  const base = STYLES['no comments'] ?? '';

  test.each([
    {
      what: 'a value that is a reference',
      text: base.replace('5432', '${port}'),
      changes: [set('tcp_port', 1)],
      fault: 'tcp_port: it is written as "${port}"; change the value itself',
    },
    {
      what: 'a list with a reference in it',
      text: base.replace('[10.0.0.1,', '["${ip}",'),
      changes: [set('host.resolver_network.resolver_ips', ['10.0.0.9'])],
      fault: 'host.resolver_network.resolver_ips: it is written as "${ip}"; change the value itself',
    },
    {
      what: 'an anchor whose value is used elsewhere',
      text: base
        .replace('[10.0.0.1,', '[&ip 10.0.0.1,')

        .replace('10.0.0.2]', '10.0.0.2, *ip]'),
      changes: [set('host.resolver_network.resolver_ips', ['10.0.0.9', '10.0.0.2', '10.0.0.1'])],
      fault:
        'host: resolver_network: resolver_ips: an item of the list is not written as a single value; edit the file',
    },
    {
      what: 'a value that another document of the file changed',
      text: base,
      changes: [set('unknown_field', 1)],
      fault: 'the file is written in a way that cannot be edited without changing more; edit the file',
    },
  ])('$what', ({ text, changes, fault }) => {
    const values = readValues([{ file: 'values.yaml', text: 'port: 5432\nip: 10.0.0.1\n' }]);
    const result = editDeclaration({ file: 'db.yaml', text, values }, { line: 1, changes });
    expect(result).toEqual({ fault });
  });

  test('a declaration that is no longer at its line', () => {
    expect(editDeclaration({ file: 'db.yaml', text: base, values: null }, { line: 9, changes: [] })).toEqual({
      fault: 'the declaration is no longer there',
    });
  });
});

test('changes a random set of fields in every style, or says why not', () => {
  const scalar = fc.constantFrom<Json>('a', 'no', '1', 'x: y', "it's", '#', '10.0.0.1', ' ', 'ü', '"', '- a', '\u2028');
  const change = fc.oneof(
    fc.record({ path: fc.constant('name'), value: scalar }),
    fc.record({ path: fc.constant('tcp_port'), value: fc.integer({ min: 1, max: 65_535 }) }),
    fc.record({ path: fc.constant('app_protocol'), value: fc.constantFrom<Json>('mysql', 'postgresql', null) }),
    fc.record({
      path: fc.constant('host.resolver_network.resolver_ips'),
      value: fc.option(fc.array(fc.ipV4(), { minLength: 1, maxLength: 5 })),
    }),
    fc.record({
      path: fc.constant('tls_settings.client_certificate'),
      value: fc.constantFrom<Json>(OTHER_TUNNEL, null),
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...FILES),
      fc.uniqueArray(change, { selector: ({ path }) => path }),
      ({ text, index }, changes) => {
        const edited = edit(text, changes, { index });
        expect(edited).not.toMatch(/^fault/);
        expect(edit(edited, changes, { index })).toBe(edited);
      },
    ),
  );
});
