import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFile } from '../../../../src/core/load/parse-file.ts';
import { readValues } from '../../../../src/core/load/values/values.ts';

const VALUES = `tunnels:
  berlin: 0191e9f0-3f3a-7a8b-9c0d-000000000001
ports: { pg: 5432, bad: 99999 }
resolvers: [10.0.0.53, nonsense]
domain: corp.internal
shared:
  hidden: true
`;

const values = readValues([{ file: 'values.yaml', text: VALUES }]);

const DB = `service_id: 0191e9f0-3f3a-7a8b-9c0d-00000000000a
name: orders-db
type: tcp
tcp_port: \${ports.pg}
host:
  hostname: db.\${domain}
  resolver_network:
    tunnel_id: \${tunnels.berlin}
`;

const parse = (text: string, given: typeof values | null = values) => parseFile('db.yaml', text, given);

test('replaces references in every scalar of a declaration, and keeps the type of the value', () => {
  expect(parse(DB).problems).toEqual([]);
  expect(parse(DB).declarations[0]?.value).toEqual({
    service_id: '0191e9f0-3f3a-7a8b-9c0d-00000000000a',
    name: 'orders-db',
    type: 'tcp',
    tcp_port: 5432,
    host: {
      hostname: 'db.corp.internal',
      resolver_network: { tunnel_id: '0191e9f0-3f3a-7a8b-9c0d-000000000001' },
    },
  });
});

test('leaves a reference alone without values', () => {
  expect(parse(DB.replace('orders-db', '${name}'), null)).toMatchObject({
    declarations: [],
    problems: [
      { path: 'tcp_port', message: expect.stringContaining('found "${ports.pg}"; define it in a file of "values"') },
      { path: 'host.hostname' },
      { path: 'host.resolver_network.tunnel_id' },
    ],
  });
});

test('replaces no reference in a key', () => {
  expect(parse(`${DB}"\${domain}": 1\n`).problems).toMatchObject([{ message: 'unknown key "${domain}"; remove it' }]);
});

test('names the reference, and where its value is written, in a problem of the value', () => {
  expect(parse(DB.replace('ports.pg', 'ports.bad')).problems).toEqual([
    {
      file: 'db.yaml',
      line: 4,
      column: 11,
      path: 'tcp_port',
      message: 'expected a port, a whole number from 1 to 65535, found 99999 (from ${ports.bad}, values.yaml:3)',
    },
  ]);
});

test('finds the item of a list that comes from a reference', () => {
  const { problems } = parse(`${DB}    resolver_ips: \${resolvers}\n`);
  expect(problems).toMatchObject([
    {
      line: 9,
      path: 'host.resolver_network.resolver_ips[1]',
      message: expect.stringMatching(/"nonsense".* \(from \$\{resolvers\}, values\.yaml:4\)$/),
    },
  ]);
});

test('replaces the items of a list, and inserts a number in a text as its file writes it', () => {
  const numbers = readValues([{ file: 'values.yaml', text: 'a: &a 1.10\nb: *a\nip: 10.0.0.53\nyes: true\n' }]);
  const text = `service_id: 0191e9f0-3f3a-7a8b-9c0d-00000000000a
name: \${a} \${b} \${yes} $\${a}
type: http
host:
  hostname: a.corp
  resolver_network: { tunnel_id: 0191e9f0-3f3a-7a8b-9c0d-000000000001, resolver_ips: ["\${ip}", 10.0.0.54] }
`;
  expect(parse(text, numbers).declarations).toMatchObject([
    { name: '1.10 1.1 true ${a}', value: { host: { resolver_network: { resolver_ips: ['10.0.0.53', '10.0.0.54'] } } } },
  ]);
});

test('names no reference where there is only an escaped one', () => {
  expect(parse(DB.replace('db.${domain}', () => '"$${domain}"')).problems).toMatchObject([
    { path: 'host.hostname', message: expect.stringMatching(/found "\$\{domain\}"[^()]*$/) },
  ]);
});

test('names each reference of a text once', () => {
  const text = DB.replace('db.${domain}', () => '"${domain} ${domain}$${x}"');
  expect(parse(text).problems).toMatchObject([
    { path: 'host.hostname', message: expect.stringMatching(/ \(from \$\{domain\}, values\.yaml:5\)$/) },
  ]);
});

test('skips a declaration with an undefined name, and reports its other problems', () => {
  const { declarations, skipped, problems } = parse(
    DB.replace('ports.pg', 'ports.pgg').replace('type: tcp', 'type: tpc'),
  );
  expect(declarations).toEqual([]);
  expect(skipped).toMatchObject([{ service_id: '0191e9f0-3f3a-7a8b-9c0d-00000000000a', name: 'orders-db' }]);
  expect(problems).toMatchObject([
    { line: 3, path: 'type' },
    { line: 4, column: 11, path: 'tcp_port', message: '${ports.pgg} is not defined; did you mean "${ports.pg}"?' },
  ]);
});

test('knows neither the id nor the name of a service if they are undefined', () => {
  const text = DB.replace(/^service_id: .*/, 'service_id: ${ids.db}').replace('orders-db', 'orders-${stage}');
  expect(parse(text).skipped).toMatchObject([{ service_id: null, name: null }]);
});

test('skips every declaration with a reference, but no other, while a values file cannot be used', () => {
  const broken = readValues([{ file: 'values.yaml', text: 'a: [' }]);
  const plain = DB.replace('${ports.pg}', '1')
    .replace('.${domain}', '')
    .replace('${tunnels.berlin}', '0191e9f0-3f3a-7a8b-9c0d-000000000001');
  const { declarations, skipped, problems } = parse(`${plain}---\n${DB}`, broken);
  expect(declarations).toHaveLength(1);
  expect(skipped).toMatchObject([{ reason: broken.failure }]);
  expect(problems).toEqual([]);
});

test('reads no reference twice: a value that contains one in its result stays as it is', () => {
  const literal = readValues([{ file: 'values.yaml', text: 'a: $${b}\nb: 1' }]);
  expect(
    parse(
      DB.replace(/\$\{ports\.pg\}/, '1')
        .replace('orders-db', '${a}')
        .replace('.${domain}', '')
        .replace('${tunnels.berlin}', '0191e9f0-3f3a-7a8b-9c0d-000000000001'),
      literal,
    ).declarations,
  ).toMatchObject([{ name: '${b}' }]);
});

test('any text can be written so that it stays as it is', () => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => text !== ''),
      (text) => {
        const written = text.replaceAll('${', () => '$${');
        const { declarations } = parse(DB.replace('orders-db', () => JSON.stringify(written)));
        expect(declarations.map(({ name }) => name)).toEqual([text]);
      },
    ),
  );
});
