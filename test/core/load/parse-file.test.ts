import { describe, expect, test } from 'vitest';
import { parseFile, unreadableFile } from '../../../src/core/load/parse-file.ts';
import { renderProblem } from '../../../src/core/load/problem.ts';
import { apiResponse, certificate, http, id, tcp, tunnel } from '../builders.ts';

const yaml = `service_id: 0191e3a4-5b6c-7d8e-9f00-112233445566
name: orders-db
type: tcp
tcp_port: 5432
app_protocol: postgresql
host:
  hostname: orders.internal
  resolver_network:
    tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da
    resolver_ips: [10.0.0.53]
tls_settings:
  cert_verification_mode: verify_ca
`;
const serviceId = '0191e3a4-5b6c-7d8e-9f00-112233445566';
const hostBlock = yaml.slice(yaml.indexOf('host:'), yaml.indexOf('tls_settings:'));
const otherId = '0191e3a4-5b6c-7d8e-9f00-665544332211';

type Edit = readonly [from: string, to: string];

/** The declaration above with some texts replaced. */
const edited = (...edits: readonly Edit[]) =>
  edits.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  }, yaml);

const parse = (text: string) => parseFile('db.yaml', text);
const problemsIn = (text: string) => parse(text).problems.map(renderProblem);
const idsOf = (claims: readonly { readonly service_id: string | null }[]) => claims.map(({ service_id }) => service_id);

describe('a valid declaration', () => {
  test('is read with its identity, its value and its place', () => {
    expect(parse(`# the database\n\n${yaml}`)).toEqual({
      file: 'db.yaml',
      declarations: [
        {
          file: 'db.yaml',
          line: 3,
          service_id: '0191e3a4-5b6c-7d8e-9f00-112233445566',
          name: 'orders-db',
          positions: { service_id: { line: 3, column: 13 }, name: { line: 4, column: 7 } },
          value: {
            service_id: '0191e3a4-5b6c-7d8e-9f00-112233445566',
            name: 'orders-db',
            type: 'tcp',
            tcp_port: 5432,
            app_protocol: 'postgresql',
            host: {
              hostname: 'orders.internal',
              resolver_network: { tunnel_id: '0191dce4-9ab4-7fce-b660-8e5dec5172da', resolver_ips: ['10.0.0.53'] },
            },
            tls_settings: { cert_verification_mode: 'verify_ca' },
          },
          instructions: { renamedFrom: null, pause: null, ignore: [] },
        },
      ],
      tombstones: [],
      skipped: [],
      problems: [],
    });
  });

  test('keeps the text of the file, except for the case of its service_id', () => {
    const text = edited([serviceId, '0191E3A4-5B6C-7D8E-9F00-112233445566'], ['orders.internal', 'Orders.INTERNAL']);
    const [declaration] = parse(text).declarations;
    expect(declaration?.service_id).toBe('0191e3a4-5b6c-7d8e-9f00-112233445566');
    expect(declaration?.value).toMatchObject({
      service_id: '0191E3A4-5B6C-7D8E-9F00-112233445566',
      host: { hostname: 'Orders.INTERNAL' },
    });
  });

  test.for([
    { what: 'Windows line endings', text: yaml.replaceAll('\n', '\r\n') },
    {
      what: 'a null CA for disabled verification',
      text: edited(['verify_ca', 'disabled\n  certificate_authority: null']),
    },
    { what: 'a byte order mark', text: `\uFEFF${yaml}` },
    { what: 'no newline at its end', text: yaml.trimEnd() },
    { what: 'a document start and end', text: `---\n${yaml}...\n` },
    { what: '%YAML 1.2', text: `%YAML 1.2\n---\n${yaml}` },
    { what: 'comments everywhere', text: `# a\n${yaml.replaceAll('\n', ' # b\n')}# c` },
    { what: 'tabs in JSON', text: JSON.stringify(tcp, null, '\t') },
    { what: 'a single line of JSON', text: JSON.stringify(tcp) },
    { what: 'text in quotes that looks like another type', text: edited(['name: orders-db', 'name: "123"']) },
    { what: 'a word that was a boolean in YAML 1.1', text: edited(['name: orders-db', 'name: yes']) },
    {
      what: 'an anchor and an alias of it',
      text: edited(['tunnel_id: ', 'tunnel_id: &tunnel '], ['verify_ca', 'verify_ca\n  client_certificate: *tunnel']),
    },
  ])('may have $what', ({ text }) => {
    const { declarations, skipped, problems } = parse(text);
    expect({ declarations: declarations.length, skipped, problems }).toEqual({
      declarations: 1,
      skipped: [],
      problems: [],
    });
  });

  const resolverNetwork = { tunnel_id: tunnel };
  test.for([
    ['an IPv4 address', { ipv4: '10.0.0.12', network: { tunnel_id: tunnel } }],
    ['an IPv6 address', { ipv6: 'fd00::12', network: { tunnel_id: tunnel } }],
    ['addresses of both families', { ipv4: '10.0.0.12', ipv6: 'fd00::12', network: { tunnel_id: tunnel } }],
    ['a host name', { hostname: 'db.internal', resolver_network: resolverNetwork }],
    [
      'a host name with resolvers',
      { hostname: 'db', resolver_network: { ...resolverNetwork, resolver_ips: ['10.0.0.53', 'fd00::53'] } },
    ],
    [
      'a host name with an empty list of resolvers',
      { hostname: 'db', resolver_network: { ...resolverNetwork, resolver_ips: [] } },
    ],
    ['a host name of a single label', { hostname: 'localhost', resolver_network: resolverNetwork }],
    ['a host name with underscores', { hostname: '_db._tcp.Orders-1.internal.', resolver_network: resolverNetwork }],
  ] as const)('may have as its host %s', ([, host]) => {
    expect(problemsIn(JSON.stringify({ ...tcp, host }))).toEqual([]);
  });

  test.for([
    ['tcp', apiResponse(tcp)],
    ['http', apiResponse(http)],
    [
      'tcp with every field',
      apiResponse({
        ...tcp,
        app_protocol: 'mysql',
        tls_settings: {
          cert_verification_mode: 'verify_ca',
          certificate_authority: certificate,
          client_certificate: null,
        },
      }),
    ],
    ['http with both ports', apiResponse({ ...http, http_port: 80, https_port: 443 })],
    [
      'http with null for the fields of tcp',
      { ...apiResponse(http), tcp_port: null, app_protocol: null, tls_settings: null },
    ],
    ['tcp with null for the fields of http', { ...apiResponse(tcp), http_port: null, https_port: null }],
    [
      'null for resolvers',
      apiResponse({ ...tcp, host: { hostname: 'a', resolver_network: { tunnel_id: tunnel, resolver_ips: null } } }),
    ],
  ] as const)('may be a response of the API, in YAML and in JSON: %s', ([, value]) => {
    const lines = (fields: object, indentation: string): string[] =>
      Object.entries(fields).flatMap(([key, field]: [string, unknown]) =>
        typeof field === 'object' && field !== null && !Array.isArray(field)
          ? [`${indentation}${key}:`, ...lines(field, `${indentation}  `)]
          : [`${indentation}${key}: ${JSON.stringify(field)}`],
      );
    for (const text of [JSON.stringify(value, null, 2), lines(value, '').join('\n')]) {
      expect(parse(text)).toMatchObject({ declarations: [{ value }], skipped: [], problems: [] });
    }
  });
});

const aPort = 'expected a port, a whole number from 1 to 65535';
const aUuid = 'expected a UUID such as 0191e3a4-5b6c-7d8e-9f00-112233445566';
const anAddress = 'expected an IPv4 or IPv6 address such as 10.0.0.53';
const aHost = 'expected a mapping: ipv4 and/or ipv6 with network, or hostname with resolver_network';

describe('a declaration with problems', () => {
  test.for<{ mistake: string; edits: readonly Edit[]; expected: readonly string[] }>([
    {
      mistake: 'a port in quotes',
      edits: [['5432', '"5432"']],
      expected: [`4:11 tcp_port: ${aPort}, found the text "5432"; remove the quotes`],
    },
    { mistake: 'port 0', edits: [['5432', '0']], expected: [`4:11 tcp_port: ${aPort}, found 0`] },
    { mistake: 'port 65536', edits: [['5432', '65536']], expected: [`4:11 tcp_port: ${aPort}, found 65536`] },
    { mistake: 'a negative port', edits: [['5432', '-1']], expected: [`4:11 tcp_port: ${aPort}, found -1`] },
    { mistake: 'a port with a fraction', edits: [['5432', '80.5']], expected: [`4:11 tcp_port: ${aPort}, found 80.5`] },
    {
      mistake: 'a port with a comma',
      edits: [['5432', '5,432']],
      expected: [`4:11 tcp_port: ${aPort}, found "5,432"; write 5432`],
    },
    {
      mistake: 'a port of many digits',
      edits: [['5432', '99999999999999999999']],
      expected: [`4:11 tcp_port: ${aPort}, found 99999999999999999999`],
    },
    {
      mistake: 'a port that is not a number',
      edits: [['5432', '.nan']],
      expected: [`4:11 tcp_port: ${aPort}, found .nan`],
    },
    { mistake: 'a port that is true', edits: [['5432', 'true']], expected: [`4:11 tcp_port: ${aPort}, found true`] },
    {
      mistake: 'a list of ports',
      edits: [['5432', '[5432]']],
      expected: [`4:11 tcp_port: ${aPort}, found a list; write the one port on which the service listens`],
    },
    {
      mistake: 'no port of a TCP service',
      edits: [['tcp_port: 5432\n', '']],
      expected: [`1:1 tcp_port: missing; ${aPort}`],
    },
    { mistake: 'an empty port', edits: [['5432', '']], expected: [`4:1 tcp_port: ${aPort}, found nothing`] },
    {
      mistake: 'an HTTP port of a TCP service',
      edits: [['tcp_port: 5432', 'tcp_port: 5432\nhttps_port: 443']],
      expected: ['5:13 https_port: only type http has this field; remove it or change the type'],
    },
    {
      mistake: 'TCP fields of an HTTP service',
      edits: [['type: tcp', 'type: http']],
      expected: [
        '4:11 tcp_port: only type tcp has this field; remove it or change the type',
        '5:15 app_protocol: only type tcp has this field; remove it or change the type',
      ],
    },
    { mistake: 'no type', edits: [['type: tcp\n', '']], expected: ['1:1 type: missing; expected http or tcp'] },
    {
      mistake: 'an unknown type, with the other fields still checked',
      edits: [
        ['tcp\n', 'udp\n'],
        ['5432', '0'],
      ],
      expected: ['3:7 type: expected http or tcp, found "udp"', `4:11 tcp_port: ${aPort}, found 0`],
    },
    {
      mistake: 'a type in upper case',
      edits: [['type: tcp', 'type: TCP']],
      expected: ['3:7 type: expected http or tcp, found "TCP"; did you mean "tcp"?'],
    },
    {
      mistake: 'an unknown protocol',
      edits: [['postgresql', 'postgres']],
      expected: ['5:15 app_protocol: expected postgresql or mysql, found "postgres"; did you mean "postgresql"?'],
    },
    {
      mistake: 'a service_id that is not a UUID',
      edits: [[serviceId, 'orders']],
      expected: [`1:13 service_id: ${aUuid}, found "orders"; write the id, not the name`],
    },
    {
      mistake: 'a service_id that is a number',
      edits: [[serviceId, '12']],
      expected: [`1:13 service_id: ${aUuid}, found 12`],
    },
    {
      mistake: 'a UUID in braces',
      edits: [['0191dce4-9ab4-7fce-b660-8e5dec5172da', '{0191dce4-9ab4-7fce-b660-8e5dec5172da}']],
      expected: [`9:16 host.resolver_network.tunnel_id: ${aUuid}, found a mapping; remove the braces`],
    },
    { mistake: 'no name', edits: [['name: orders-db\n', '']], expected: ['1:1 name: missing; expected a name'] },
    { mistake: 'an empty name', edits: [['orders-db', '""']], expected: ['2:7 name: expected a name, found ""'] },
    {
      mistake: 'a name that is read as a comment',
      edits: [['orders-db', '#orders-db']],
      expected: ['2:1 name: expected a name, found nothing'],
    },
    {
      mistake: 'a name that is a number',
      edits: [['orders-db', '0123']],
      expected: ['2:7 name: expected a name, found 0123, which YAML reads as a number; put it in quotes'],
    },
    {
      mistake: 'a name that is a boolean',
      edits: [['orders-db', 'true']],
      expected: ['2:7 name: expected a name, found true, which YAML reads as a boolean; put it in quotes'],
    },
    {
      mistake: 'a list of names',
      edits: [['name: orders-db', 'name:\n  - orders-db']],
      expected: ['3:3 name: expected a name, found a list'],
    },
    { mistake: 'no host', edits: [[hostBlock, '']], expected: [`1:1 host: missing; ${aHost}`] },
    { mistake: 'an empty host', edits: [[hostBlock, 'host:\n']], expected: [`6:1 host: ${aHost}, found nothing`] },
    {
      mistake: 'a host that is text',
      edits: [[hostBlock, 'host: orders.internal\n']],
      expected: [
        `6:7 host: ${aHost}, found "orders.internal"; write "hostname: orders.internal" under host, with resolver_network`,
      ],
    },
    {
      mistake: 'a host that is a list',
      edits: [[hostBlock, 'host: [orders.internal]\n']],
      expected: [`6:7 host: ${aHost}, found a list; remove the "-", because a service has one host`],
    },
    {
      mistake: 'a host without an address',
      edits: [[hostBlock, 'host: {}\n']],
      expected: ['6:7 host: no address: give ipv4 and/or ipv6 with network, or hostname with resolver_network'],
    },
    {
      mistake: 'a host of nulls',
      edits: [[hostBlock, 'host: {ipv4: null, network: null}\n']],
      expected: ['6:7 host: no address: give ipv4 and/or ipv6 with network, or hostname with resolver_network'],
    },
    {
      mistake: 'an address and a host name',
      edits: [['  hostname:', '  ipv4: 10.0.0.12\n  hostname:']],
      expected: [
        '8:13 host.hostname: a host has either addresses (ipv4, ipv6) or a hostname, not both; remove one of them',
      ],
    },
    {
      mistake: 'an address without its network',
      edits: [[hostBlock, 'host: {ipv6: "fd00::12"}\n']],
      expected: ['6:7 host: network is missing; ipv4 and ipv6 need network with a tunnel_id'],
    },
    {
      mistake: 'a host name without its network',
      edits: [[hostBlock, 'host: {hostname: a}\n']],
      expected: ['6:7 host: resolver_network is missing; a hostname needs resolver_network with a tunnel_id'],
    },
    {
      mistake: 'an address with the network of a host name',
      edits: [['hostname: orders.internal', 'ipv4: 10.0.0.12']],
      expected: ['8:3 host.resolver_network: resolver_network goes with hostname; ipv4 and ipv6 take network'],
    },
    {
      mistake: 'a host name with the network of an address',
      edits: [
        ['resolver_network:', 'network:'],
        ['    resolver_ips: [10.0.0.53]\n', ''],
      ],
      expected: ['8:3 host.network: network goes with ipv4 and ipv6; a hostname takes resolver_network'],
    },
    {
      mistake: 'an invalid IPv4 address',
      edits: [[hostBlock, 'host: {ipv4: 10.0.0.256, network: {tunnel_id: TUNNEL}}\n']],
      expected: [
        '6:14 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.256"; 256 is greater than 255',
        `6:47 host.network.tunnel_id: ${aUuid}, found "TUNNEL"; write the id, not the name`,
      ],
    },
    {
      mistake: 'an invalid IPv6 address',
      edits: [[hostBlock, `host: {ipv6: "fd00::1::2", network: {tunnel_id: ${tunnel}}}\n`]],
      expected: [
        '6:14 host.ipv6: expected an IPv6 address such as fd00::12, found "fd00::1::2"; "::" can appear only once',
      ],
    },
    {
      mistake: 'a network that is text',
      edits: [[hostBlock, `host: {ipv4: 10.0.0.12, network: ${tunnel}}\n`]],
      expected: [
        `6:34 host.network: expected a mapping with tunnel_id, found "${tunnel}"; write "tunnel_id: ${tunnel}" under host.network`,
      ],
    },
    {
      mistake: 'no tunnel',
      edits: [['    tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da\n', '']],
      expected: [`9:5 host.resolver_network.tunnel_id: missing; ${aUuid}`],
    },
    {
      mistake: 'a resolver network that is text',
      edits: [[hostBlock, 'host: {hostname: a, resolver_network: b}\n']],
      expected: [
        '6:39 host.resolver_network: expected a mapping with tunnel_id and, optionally, resolver_ips, found "b"',
      ],
    },
    {
      mistake: 'a resolver instead of a list',
      edits: [['[10.0.0.53]', '10.0.0.53']],
      expected: [
        '10:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found "10.0.0.53"; write [10.0.0.53]',
      ],
    },
    {
      mistake: 'several invalid resolvers',
      edits: [['[10.0.0.53]', '\n    - 10.0.0.53:53\n    - fd00::53\n    -\n    - 10.0.0.053']],
      expected: [
        `11:7 host.resolver_network.resolver_ips[0]: ${anAddress}, found "10.0.0.53:53"; remove the port`,
        `13:6 host.resolver_network.resolver_ips[2]: ${anAddress}, found nothing`,
        `14:7 host.resolver_network.resolver_ips[3]: ${anAddress}, found "10.0.0.053"; write 53 instead of 053`,
      ],
    },
    {
      mistake: 'a URL as a host name',
      edits: [['orders.internal', 'https://orders.internal/x']],
      expected: [
        '7:13 host.hostname: expected a bare host name without a scheme (the port fields select the scheme), found "https://orders.internal/x"',
      ],
    },
    {
      mistake: 'a host name with a path',
      edits: [['orders.internal', 'orders.internal/x']],
      expected: ['7:13 host.hostname: expected a bare host name without a path, found "orders.internal/x"'],
    },
    {
      mistake: 'a host name with a port',
      edits: [['orders.internal', 'orders.internal:5432']],
      expected: [
        '7:13 host.hostname: expected a bare host name without a port (use http_port, https_port or tcp_port), found "orders.internal:5432"',
      ],
    },
    {
      mistake: 'an IPv4 address as a host name',
      edits: [['orders.internal', '10.0.0.12']],
      expected: ['7:13 host.hostname: expected a host name (an address goes into host.ipv4), found "10.0.0.12"'],
    },
    {
      mistake: 'an IPv6 address as a host name',
      edits: [['orders.internal', 'fd00::12']],
      expected: ['7:13 host.hostname: expected a host name (an address goes into host.ipv6), found "fd00::12"'],
    },
    {
      mistake: 'an IPv6 address in brackets as a host name',
      edits: [['orders.internal', '"[fd00::12]"']],
      expected: ['7:13 host.hostname: expected a host name (an address goes into host.ipv6), found "[fd00::12]"'],
    },
    {
      mistake: 'a host name with letters that are not ASCII',
      edits: [['orders.internal', 'bücher.internal']],
      expected: [
        '7:13 host.hostname: expected a host name of ASCII letters (write other letters as xn--…), found "bücher.internal"',
      ],
    },
    {
      mistake: 'a label that is too long',
      edits: [['orders.internal', 'a'.repeat(64)]],
      expected: [
        `7:13 host.hostname: expected a host name of parts of at most 63 characters, joined by dots, found "${'a'.repeat(64)}"`,
      ],
    },
    {
      mistake: 'a host name that is too long',
      edits: [['orders.internal', 'a.'.repeat(127)]],
      expected: [`7:13 host.hostname: expected a host name of at most 253 characters, found "${'a.'.repeat(39)}…`],
    },
    {
      mistake: 'an empty host name',
      edits: [['orders.internal', "''"]],
      expected: [
        '7:13 host.hostname: expected a host name: labels of 1–63 letters (a–z), digits, - and _, joined by dots, found ""',
      ],
    },
    {
      mistake: 'a host name that is a number',
      edits: [['orders.internal', '12']],
      expected: [
        '7:13 host.hostname: expected a host name such as orders.internal, found 12, which YAML reads as a number; put it in quotes',
      ],
    },
    {
      mistake: 'TLS settings that are text',
      edits: [['tls_settings:\n  cert_verification_mode: verify_ca', 'tls_settings: verify_ca']],
      expected: [
        '11:15 tls_settings: expected a mapping with cert_verification_mode, found "verify_ca"; write "cert_verification_mode: verify_ca" under tls_settings',
      ],
    },
    {
      mistake: 'TLS settings without a mode',
      edits: [['tls_settings:\n  cert_verification_mode: verify_ca', 'tls_settings: {}']],
      expected: ['11:15 tls_settings.cert_verification_mode: missing; expected verify_full, verify_ca or disabled'],
    },
    {
      mistake: 'an unknown mode',
      edits: [['verify_ca', 'none']],
      expected: [
        '12:27 tls_settings.cert_verification_mode: expected verify_full, verify_ca or disabled, found "none"; did you mean "disabled"?',
      ],
    },
    {
      mistake: 'a CA for disabled verification',
      edits: [['verify_ca', `disabled\n  certificate_authority: ${certificate}`]],
      expected: [
        '13:26 tls_settings.certificate_authority: has no effect with cert_verification_mode disabled; remove one of them',
      ],
    },
    {
      mistake: 'a CA that is not an id',
      edits: [['verify_ca', 'verify_ca\n  certificate_authority: my-ca']],
      expected: [`13:26 tls_settings.certificate_authority: ${aUuid}, found "my-ca"; write the id, not the name`],
    },
    {
      mistake: 'a certificate that is not an id',
      edits: [['verify_ca', 'verify_ca\n  client_certificate: [a]']],
      expected: [`13:23 tls_settings.client_certificate: ${aUuid}, found a list`],
    },
  ])('is skipped, and the problem explained, for $mistake', ({ edits, expected }) => {
    const text = edited(...edits);
    expect(problemsIn(text)).toEqual(expected.map((each) => `db.yaml:${each}`));
    expect(parse(text).declarations).toEqual([]);
  });

  test.for<{ key: string; where: string; expected: string; reason?: string }>([
    { key: 'description', where: 'name:', expected: '; remove it' },
    { key: 'completely_unrelated_key', where: 'name:', expected: '; remove it' },
    { key: 'constructor', where: 'name:', expected: '; remove it' },
    { key: '__proto__', where: 'name:', expected: '; remove it' },
    { key: '<<', where: 'name:', expected: '; YAML 1.2 has no merge keys, so write the fields out' },
    { key: 'tcp_prot', where: 'name:', expected: '; did you mean "tcp_port"?' },
    { key: 'appProtocol', where: 'name:', expected: '; did you mean "app_protocol"?' },
    { key: 'tls', where: 'name:', expected: '; did you mean "tls_settings"?' },
    { key: 'port', where: 'name:', expected: '; did you mean "tcp_port"?', reason: 'a TCP service has no other port' },
    { key: 'host_name', where: '  hostname:', expected: '; did you mean "hostname"?' },
    { key: 'ipv5', where: '  hostname:', expected: '; did you mean "ipv4" or "ipv6"?' },
    { key: 'resolver_ip', where: '    tunnel_id:', expected: '; did you mean "resolver_ips"?' },
    { key: 'resolvers', where: '    tunnel_id:', expected: '; did you mean "resolver_ips"?' },
    { key: 'mode', where: '  cert_verification_mode:', expected: '; did you mean "cert_verification_mode"?' },
    { key: 'ca', where: '  cert_verification_mode:', expected: '; remove it' },
    { key: 'tunnel_id', where: 'name:', expected: ' here; it belongs under host.resolver_network' },
    { key: 'resolver_ips', where: '  hostname:', expected: ' here; it belongs under host.resolver_network' },
    { key: 'tcp_port', where: '  hostname:', expected: ' here; it belongs at the top level' },
    { key: '"tcp_port:80"', where: '  hostname:', expected: '; add a space after the colon' },
  ])('explains the unknown key $key before $where', ({ key, where, expected }) => {
    const line = yaml.split('\n').findIndex((each) => each.startsWith(where));
    const indentation = where.length - where.trimStart().length;
    const [problem, ...others] = problemsIn(edited([`\n${where}`, `\n${' '.repeat(indentation)}${key}: x\n${where}`]));
    expect(problem?.replace(/ [^ ]*: /, ' ')).toBe(
      `db.yaml:${line + 1}:${indentation + 1} unknown key "${key.replaceAll('"', '')}"${expected}`,
    );
    expect(others).toEqual([]);
  });

  test('reports a misspelled field once, and not as missing as well', () => {
    const text = edited(
      ['tcp_port:', 'tcpport:'],
      ['service_id:', 'serviceId:'],
      ['resolver_network:', 'resolver-network:'],
      ['cert_verification_mode:', 'cert_verifcation_mode:'],
    );
    expect(problemsIn(text)).toEqual([
      'db.yaml:1:1 serviceId: unknown key "serviceId"; did you mean "service_id"?',
      'db.yaml:4:1 tcpport: unknown key "tcpport"; did you mean "tcp_port"?',
      'db.yaml:8:3 host.resolver-network: unknown key "resolver-network"; did you mean "resolver_network"?',
      'db.yaml:12:3 tls_settings.cert_verifcation_mode: unknown key "cert_verifcation_mode"; did you mean "cert_verification_mode"?',
    ]);
    expect(problemsIn(edited(['hostname:', 'Hostname:']))).toEqual([
      'db.yaml:7:3 host.Hostname: unknown key "Hostname"; did you mean "hostname"?',
    ]);
  });

  test('reports a misspelled field and the problem of the real one', () => {
    expect(problemsIn(edited(['tcp_port: 5432', 'tcp_prt: 1\ntcp_port: 0']))).toEqual([
      'db.yaml:4:1 tcp_prt: unknown key "tcp_prt"; did you mean "tcp_port"?',
      `db.yaml:5:11 tcp_port: ${aPort}, found 0`,
    ]);
  });

  test('reports all problems, in the order of the file', () => {
    const text = edited(
      [serviceId, '1'],
      ['orders-db', ''],
      ['5432', '0'],
      ['postgresql', 'oracle'],
      ['orders.internal', 'orders.internal:80'],
      ['[10.0.0.53]', '[a, b]'],
      ['cert_verification_mode', 'certs'],
    );
    expect(parse(text).problems.map(({ line, path }) => `${line} ${path}`)).toEqual([
      '1 service_id',
      '2 name',
      '4 tcp_port',
      '5 app_protocol',
      '7 host.hostname',
      '10 host.resolver_network.resolver_ips[0]',
      '10 host.resolver_network.resolver_ips[1]',
      '12 tls_settings.cert_verification_mode',
      '12 tls_settings.certs',
    ]);
    expect(parse(text).skipped[0]?.reason).toBe(`db.yaml:1 service_id: ${aUuid}, found 1`);
  });

  test.for([
    ['a text', 'orders-db', 'found "orders-db"'],
    ['a number', '12', 'found 12'],
    ['an empty list', '[]', 'found a list; separate services with a line of ---'],
  ] as const)('is skipped for %s instead of a mapping', ([, text, found]) => {
    expect(parse(text)).toEqual({
      file: 'db.yaml',
      declarations: [],
      tombstones: [],
      skipped: [
        {
          file: 'db.yaml',
          line: 1,
          service_id: null,
          name: null,
          positions: { service_id: { line: 1, column: 1 }, name: { line: 1, column: 1 } },
          reason: `db.yaml:1 expected a mapping that declares one service, ${found}`,
        },
      ],
      problems: [
        {
          file: 'db.yaml',
          line: 1,
          column: 1,
          path: null,
          message: `expected a mapping that declares one service, ${found}`,
        },
      ],
    });
  });

  test('skips each service of a list', () => {
    const { declarations, skipped, problems } = parse(
      JSON.stringify([tcp, 'a text', { name: 'no id' }, http], null, 1),
    );
    expect(declarations).toEqual([]);
    expect(skipped.map(({ service_id, name, line }) => ({ service_id, name, line }))).toEqual([
      { service_id: id(1), name: 'db', line: 2 },
      { service_id: id(2), name: 'web', line: 18 },
    ]);
    expect(problems).toHaveLength(1);
  });
});

describe('a file', () => {
  test('is skipped with its id in lower case', () => {
    const { skipped } = parse(edited([serviceId, serviceId.toUpperCase()], ['5432', '0']));
    expect(idsOf(skipped)).toEqual(['0191e3a4-5b6c-7d8e-9f00-112233445566']);
  });

  test('may have several documents, of which only those with problems are skipped', () => {
    const text = [yaml, edited([serviceId, otherId], ['orders-db', 'bad'], ['5432', '0']), JSON.stringify(http)].join(
      '---\n',
    );
    const { declarations, skipped, problems } = parse(text);
    expect(declarations.map(({ name, line }) => ({ name, line }))).toEqual([
      { name: 'orders-db', line: 1 },
      { name: 'web', line: 27 },
    ]);
    expect(skipped).toEqual([
      {
        file: 'db.yaml',
        line: 14,
        service_id: otherId,
        name: 'bad',
        positions: { service_id: { line: 14, column: 13 }, name: { line: 15, column: 7 } },
        reason: `db.yaml:17 tcp_port: ${aPort}, found 0`,
      },
    ]);
    expect(problems).toEqual([
      { file: 'db.yaml', line: 17, column: 11, path: 'tcp_port', message: `${aPort}, found 0` },
    ]);
  });

  test('that is not valid YAML skips all its declarations', () => {
    const text = [yaml, edited([serviceId, otherId], ['tcp_port:', 'tcp_port']), JSON.stringify(http)].join('---\n');
    const { declarations, skipped, problems } = parse(text);
    const reason =
      'db.yaml:17 not valid YAML: expected "key: value", found no colon followed by a space; write tcp_port: 5432';
    expect(declarations).toEqual([]);
    expect(
      skipped.map(({ service_id, name, line, positions, reason }) => ({ service_id, name, line, positions, reason })),
    ).toEqual([
      {
        service_id: serviceId,
        name: null,
        line: 1,
        positions: { service_id: { line: 1, column: 1 }, name: { line: 1, column: 1 } },
        reason,
      },
      {
        service_id: otherId,
        name: null,
        line: 14,
        positions: { service_id: { line: 14, column: 1 }, name: { line: 14, column: 1 } },
        reason,
      },
      {
        service_id: id(2),
        name: null,
        line: 27,
        positions: { service_id: { line: 27, column: 1 }, name: { line: 27, column: 1 } },
        reason,
      },
    ]);
    expect(problems).toMatchObject([{ line: 17, column: 1, path: null }]);
  });

  test.for<{ form: string; text: string; found: (string | null)[] }>([
    { form: 'YAML', text: `service_id: ${serviceId}`, found: [serviceId] },
    { form: 'capitals', text: `service_id: ${serviceId.toUpperCase()}`, found: [serviceId] },
    { form: 'quotes', text: `'service_id' : '${serviceId}'`, found: [serviceId] },
    { form: 'an anchor', text: `service_id: &id ${serviceId}`, found: [serviceId] },
    { form: 'a tag', text: `service_id: !!str "${serviceId}"`, found: [serviceId] },
    {
      form: 'several in a line of JSON',
      text: `[{"service_id":"${serviceId}"},{"service_id":"${otherId}"}`,
      found: [serviceId, otherId],
    },
    { form: 'the same id twice', text: `service_id: ${serviceId}\n---\nservice_id: ${serviceId}`, found: [serviceId] },
    { form: 'a comment', text: `  # service_id: ${serviceId}`, found: [null] },
    { form: 'another key', text: `my_service_id: ${serviceId}`, found: [null] },
    { form: 'a service_id that is not an id', text: 'service_id: orders', found: [null] },
  ])('that is not valid YAML skips the ids that it contains: $form', ({ text, found }) => {
    expect(idsOf(parse(`${text}\n]`).skipped)).toEqual(found);
    expect(idsOf(unreadableFile('db.yaml', 'expected UTF-8', text).skipped)).toEqual(found);
  });

  test('that is not valid YAML skips an id at the first line that contains it', () => {
    expect(parse(`${yaml}${yaml}`).skipped.map(({ line }) => line)).toEqual([1]);
  });

  test('in UTF-16 skips its declarations', () => {
    const text = `service_id: ${serviceId}`.split('').join('\0');
    expect(idsOf(unreadableFile('db.yaml', 'expected UTF-8', text).skipped)).toEqual([serviceId]);
  });

  test('that cannot be read skips one declaration without an id', () => {
    const place = { line: 1, column: 1 };
    expect(unreadableFile('db.yaml', 'cannot be read: EACCES')).toEqual({
      file: 'db.yaml',
      declarations: [],
      tombstones: [],
      skipped: [
        {
          file: 'db.yaml',
          line: 1,
          service_id: null,
          name: null,
          positions: { service_id: place, name: place },
          reason: 'db.yaml:1 cannot be read: EACCES',
        },
      ],
      problems: [{ file: 'db.yaml', line: 1, column: 1, path: null, message: 'cannot be read: EACCES' }],
    });
  });

  test.for(['', '\n\n', ' \t\r\n', '\uFEFF'])(
    'that is empty (%j) is a problem, because it may be half-written',
    (text) => {
      expect(problemsIn(text)).toEqual(['db.yaml:1:1 expected a declaration, found an empty file']);
      expect(idsOf(parse(text).skipped)).toEqual([null]);
    },
  );

  test.for(['# nothing here yet', '---\n# later\n---\n', '%YAML 1.2\n---\n'])(
    'of comments only (%j) declares nothing',
    (text) => {
      expect(parse(text)).toEqual({ file: 'db.yaml', declarations: [], tombstones: [], skipped: [], problems: [] });
    },
  );

  test('with very many problems reports the first ones and the number of others', () => {
    const keys = Array.from({ length: 25 }, (_, index) => `x${index}: 1\n`);
    expect(parse(yaml + keys.slice(0, 20).join('')).problems).toHaveLength(20);
    const { problems } = parse(yaml + keys.join(''));
    expect(problems).toHaveLength(20);
    expect(problems.at(-2)).toMatchObject({ line: 31, message: 'unknown key "x18"; remove it' });
    expect(problems.at(-1)).toEqual({
      file: 'db.yaml',
      line: 32,
      column: 1,
      path: null,
      message: '6 more problems from this line on',
    });
  });

  test('with very many YAML errors reports the first ones and the number of others', () => {
    const { problems } = parse('a: @b\n---\n'.repeat(30));
    expect(problems).toHaveLength(20);
    expect(problems.at(-1)).toMatchObject({ line: 39, column: 4, message: '11 more problems from this line on' });
  });

  test('with a very long key or value reports the beginning of it', () => {
    expect(problemsIn(edited(['orders.internal', `"${'😀'.repeat(200)}"`]))[0]?.length).toBeLessThan(200);
    expect(parse(`${yaml}${'k'.repeat(500)}: 1`).problems[0]?.message).toBe(
      `unknown key "${'k'.repeat(78)}…; remove it`,
    );
  });
});

test.for([
  ['{"$schema": "http://json-schema.org/draft-07/schema#", "properties": {}}', []],
  ['{"$schema": "http://json-schema.org/draft-07/schema#"}', ['"$schema"']],
  ['{"$schema": "./service.schema.json", "properties": {}}', ['"$schema", "properties"']],
  ['{"$schema": 7, "properties": {}}', ['"$schema", "properties"']],
  ['~', []],
  ['null', []],
])('%s declares nothing, and is a problem unless it is a JSON Schema or empty', ([text = '', found]) => {
  const { declarations, problems } = parseFile('a.json', String(text));
  expect(declarations).toEqual([]);
  expect(problems.map(({ message }) => /found the keys? (.*?);/.exec(message)?.[1])).toEqual(found);
});
