import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/base/json.ts';
import { collect } from '../../../src/core/load/collect.ts';
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

/** The declaration above with something else in it. */
const edited = (...edits: readonly Edit[]) =>
  edits.reduce((text, [from, to]) => {
    expect(text).toContain(from);
    return text.replace(from, to);
  }, yaml);

const parse = (text: string) => parseFile('db.yaml', text);
const problemsIn = (text: string) => parse(text).problems.map(renderProblem);
const idsOf = (claims: readonly { readonly service_id: string | null }[]) => claims.map(({ service_id }) => service_id);

describe('a declaration that holds', () => {
  test('says which service it is, what it shall be, and where it stands', () => {
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
        },
      ],
      skipped: [],
      problems: [],
    });
  });

  test('is spelt as in the file, but for the case of its service_id', () => {
    const text = edited([serviceId, '0191E3A4-5B6C-7D8E-9F00-112233445566'], ['orders.internal', 'Orders.INTERNAL']);
    const [declaration] = parse(text).declarations;
    expect(declaration?.service_id).toBe('0191e3a4-5b6c-7d8e-9f00-112233445566');
    expect(declaration?.value).toMatchObject({
      service_id: '0191E3A4-5B6C-7D8E-9F00-112233445566',
      host: { hostname: 'Orders.INTERNAL' },
    });
  });

  test.for([
    { what: 'Windows line ends', text: yaml.replaceAll('\n', '\r\n') },
    { what: 'a null CA beside disabled', text: edited(['verify_ca', 'disabled\n  certificate_authority: null']) },
    { what: 'a byte order mark', text: `\uFEFF${yaml}` },
    { what: 'no line end at its end', text: yaml.trimEnd() },
    { what: 'a document start and end', text: `---\n${yaml}...\n` },
    { what: '%YAML 1.2', text: `%YAML 1.2\n---\n${yaml}` },
    { what: 'comments everywhere', text: `# a\n${yaml.replaceAll('\n', ' # b\n')}# c` },
    { what: 'tabs, in JSON', text: JSON.stringify(tcp, null, '\t') },
    { what: 'one line, in JSON', text: JSON.stringify(tcp) },
    { what: 'text that looks like another type, in quotes', text: edited(['name: orders-db', 'name: "123"']) },
    { what: 'a word that was a boolean in YAML 1.1', text: edited(['name: orders-db', 'name: yes']) },
    {
      what: 'an anchor and its alias',
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
    ['both', { ipv4: '10.0.0.12', ipv6: 'fd00::12', network: { tunnel_id: tunnel } }],
    ['a host name', { hostname: 'db.internal', resolver_network: resolverNetwork }],
    [
      'resolvers',
      { hostname: 'db', resolver_network: { ...resolverNetwork, resolver_ips: ['10.0.0.53', 'fd00::53'] } },
    ],
    ['no resolvers', { hostname: 'db', resolver_network: { ...resolverNetwork, resolver_ips: [] } }],
    ['a single label', { hostname: 'localhost', resolver_network: resolverNetwork }],
    ['underscores', { hostname: '_db._tcp.Orders-1.internal.', resolver_network: resolverNetwork }],
  ] as const)('may have a host of %s', ([, host]) => {
    expect(problemsIn(JSON.stringify({ ...tcp, host }))).toEqual([]);
  });

  test.for([
    ['tcp', apiResponse(tcp)],
    ['http', apiResponse(http)],
    [
      'tcp with everything',
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
      'http with null for what tcp has',
      { ...apiResponse(http), tcp_port: null, app_protocol: null, tls_settings: null },
    ],
    ['tcp with null for what http has', { ...apiResponse(tcp), http_port: null, https_port: null }],
    [
      'null for resolvers',
      apiResponse({ ...tcp, host: { hostname: 'a', resolver_network: { tunnel_id: tunnel, resolver_ips: null } } }),
    ],
  ] as const)('may be an answer of the API, in YAML and in JSON: %s', ([, value]) => {
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

describe('a declaration is refused, with the place and the way out, for', () => {
  test.for<{ slip: string; edits: readonly Edit[]; told: readonly string[] }>([
    {
      slip: 'a port in quotes',
      edits: [['5432', '"5432"']],
      told: [`4:11 tcp_port: ${aPort}, found the text "5432"; remove the quotes`],
    },
    { slip: 'port 0', edits: [['5432', '0']], told: [`4:11 tcp_port: ${aPort}, found 0`] },
    { slip: 'port 65536', edits: [['5432', '65536']], told: [`4:11 tcp_port: ${aPort}, found 65536`] },
    { slip: 'a negative port', edits: [['5432', '-1']], told: [`4:11 tcp_port: ${aPort}, found -1`] },
    { slip: 'half a port', edits: [['5432', '80.5']], told: [`4:11 tcp_port: ${aPort}, found 80.5`] },
    {
      slip: 'a port with a comma',
      edits: [['5432', '5,432']],
      told: [`4:11 tcp_port: ${aPort}, found "5,432"; write 5432`],
    },
    {
      slip: 'a port of many digits',
      edits: [['5432', '99999999999999999999']],
      told: [`4:11 tcp_port: ${aPort}, found 99999999999999999999`],
    },
    { slip: 'a port that is no number', edits: [['5432', '.nan']], told: [`4:11 tcp_port: ${aPort}, found .nan`] },
    { slip: 'a port that is true', edits: [['5432', 'true']], told: [`4:11 tcp_port: ${aPort}, found true`] },
    {
      slip: 'a list of ports',
      edits: [['5432', '[5432]']],
      told: [`4:11 tcp_port: ${aPort}, found a list; write the one port on which the service listens`],
    },
    { slip: 'no port on tcp', edits: [['tcp_port: 5432\n', '']], told: [`1:1 tcp_port: missing; ${aPort}`] },
    { slip: 'an empty port', edits: [['5432', '']], told: [`4:1 tcp_port: ${aPort}, found nothing`] },
    {
      slip: 'an http port on tcp',
      edits: [['tcp_port: 5432', 'tcp_port: 5432\nhttps_port: 443']],
      told: ['5:13 https_port: only type http has this field; remove it or change the type'],
    },
    {
      slip: 'tcp fields on http',
      edits: [['type: tcp', 'type: http']],
      told: [
        '4:11 tcp_port: only type tcp has this field; remove it or change the type',
        '5:15 app_protocol: only type tcp has this field; remove it or change the type',
      ],
    },
    { slip: 'no type', edits: [['type: tcp\n', '']], told: ['1:1 type: missing; expected http or tcp'] },
    {
      slip: 'another type, with the rest still checked',
      edits: [
        ['tcp\n', 'udp\n'],
        ['5432', '0'],
      ],
      told: ['3:7 type: expected http or tcp, found "udp"', `4:11 tcp_port: ${aPort}, found 0`],
    },
    {
      slip: 'a type in capitals',
      edits: [['type: tcp', 'type: TCP']],
      told: ['3:7 type: expected http or tcp, found "TCP"; did you mean "tcp"?'],
    },
    {
      slip: 'another protocol',
      edits: [['postgresql', 'postgres']],
      told: ['5:15 app_protocol: expected postgresql or mysql, found "postgres"; did you mean "postgresql"?'],
    },
    { slip: 'no service_id', edits: [[`service_id: ${serviceId}\n`, '']], told: [`1:1 service_id: missing; ${aUuid}`] },
    {
      slip: 'a service_id that is none',
      edits: [[serviceId, 'orders']],
      told: [`1:13 service_id: ${aUuid}, found "orders"; write the id, not the name`],
    },
    {
      slip: 'a service_id that is a number',
      edits: [[serviceId, '12']],
      told: [`1:13 service_id: ${aUuid}, found 12`],
    },
    {
      slip: 'a UUID in braces',
      edits: [['0191dce4-9ab4-7fce-b660-8e5dec5172da', '{0191dce4-9ab4-7fce-b660-8e5dec5172da}']],
      told: [`9:16 host.resolver_network.tunnel_id: ${aUuid}, found a mapping; remove the braces`],
    },
    { slip: 'no name', edits: [['name: orders-db\n', '']], told: ['1:1 name: missing; expected a name'] },
    { slip: 'an empty name', edits: [['orders-db', '""']], told: ['2:7 name: expected a name, found ""'] },
    {
      slip: 'a name that became a comment',
      edits: [['orders-db', '#orders-db']],
      told: ['2:1 name: expected a name, found nothing'],
    },
    {
      slip: 'a name that is a number',
      edits: [['orders-db', '0123']],
      told: ['2:7 name: expected a name, found 0123, which YAML reads as a number; put it in quotes'],
    },
    {
      slip: 'a name that is a boolean',
      edits: [['orders-db', 'true']],
      told: ['2:7 name: expected a name, found true, which YAML reads as a boolean; put it in quotes'],
    },
    {
      slip: 'a list of names',
      edits: [['name: orders-db', 'name:\n  - orders-db']],
      told: ['3:3 name: expected a name, found a list'],
    },
    { slip: 'no host', edits: [[hostBlock, '']], told: [`1:1 host: missing; ${aHost}`] },
    { slip: 'an empty host', edits: [[hostBlock, 'host:\n']], told: [`6:1 host: ${aHost}, found nothing`] },
    {
      slip: 'a host that is a text',
      edits: [[hostBlock, 'host: orders.internal\n']],
      told: [
        `6:7 host: ${aHost}, found "orders.internal"; write "hostname: orders.internal" under host, with resolver_network`,
      ],
    },
    {
      slip: 'a host that is a list',
      edits: [[hostBlock, 'host: [orders.internal]\n']],
      told: [`6:7 host: ${aHost}, found a list; remove the "-", because a service has one host`],
    },
    {
      slip: 'a host without an address',
      edits: [[hostBlock, 'host: {}\n']],
      told: ['6:7 host: no address: give ipv4 and/or ipv6 with network, or hostname with resolver_network'],
    },
    {
      slip: 'a host of nulls',
      edits: [[hostBlock, 'host: {ipv4: null, network: null}\n']],
      told: ['6:7 host: no address: give ipv4 and/or ipv6 with network, or hostname with resolver_network'],
    },
    {
      slip: 'both sorts of host',
      edits: [['  hostname:', '  ipv4: 10.0.0.12\n  hostname:']],
      told: [
        '8:13 host.hostname: a host has either addresses (ipv4, ipv6) or a hostname, not both; remove one of them',
      ],
    },
    {
      slip: 'an address without its network',
      edits: [[hostBlock, 'host: {ipv6: "fd00::12"}\n']],
      told: ['6:7 host: network is missing: ipv4 and ipv6 need network with a tunnel_id'],
    },
    {
      slip: 'a host name without its network',
      edits: [[hostBlock, 'host: {hostname: a}\n']],
      told: ['6:7 host: resolver_network is missing: a hostname needs resolver_network with a tunnel_id'],
    },
    {
      slip: 'an address with the other network',
      edits: [['hostname: orders.internal', 'ipv4: 10.0.0.12']],
      told: ['8:3 host.resolver_network: resolver_network goes with hostname; ipv4 and ipv6 take network'],
    },
    {
      slip: 'a host name with the other network',
      edits: [
        ['resolver_network:', 'network:'],
        ['    resolver_ips: [10.0.0.53]\n', ''],
      ],
      told: ['8:3 host.network: network goes with ipv4 and ipv6; a hostname takes resolver_network'],
    },
    {
      slip: 'an IPv4 address that is none',
      edits: [[hostBlock, 'host: {ipv4: 10.0.0.256, network: {tunnel_id: TUNNEL}}\n']],
      told: [
        '6:14 host.ipv4: expected an IPv4 address such as 10.0.0.12, found "10.0.0.256"; 256 is greater than 255',
        `6:47 host.network.tunnel_id: ${aUuid}, found "TUNNEL"; write the id, not the name`,
      ],
    },
    {
      slip: 'an IPv6 address that is none',
      edits: [[hostBlock, `host: {ipv6: "fd00::1::2", network: {tunnel_id: ${tunnel}}}\n`]],
      told: [
        '6:14 host.ipv6: expected an IPv6 address such as fd00::12, found "fd00::1::2"; "::" can appear only once',
      ],
    },
    {
      slip: 'a network that is a text',
      edits: [[hostBlock, `host: {ipv4: 10.0.0.12, network: ${tunnel}}\n`]],
      told: [
        `6:34 host.network: expected a mapping with tunnel_id, found "${tunnel}"; write "tunnel_id: ${tunnel}" under host.network`,
      ],
    },
    {
      slip: 'no tunnel',
      edits: [['    tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da\n', '']],
      told: [`9:5 host.resolver_network.tunnel_id: missing; ${aUuid}`],
    },
    {
      slip: 'a resolver network that is a text',
      edits: [[hostBlock, 'host: {hostname: a, resolver_network: b}\n']],
      told: ['6:39 host.resolver_network: expected a mapping with tunnel_id and, optionally, resolver_ips, found "b"'],
    },
    {
      slip: 'a resolver instead of a list',
      edits: [['[10.0.0.53]', '10.0.0.53']],
      told: [
        '10:19 host.resolver_network.resolver_ips: expected a list of addresses such as [10.0.0.53], found "10.0.0.53"; write [10.0.0.53]',
      ],
    },
    {
      slip: 'bad resolvers, all told',
      edits: [['[10.0.0.53]', '\n    - 10.0.0.53:53\n    - fd00::53\n    -\n    - 10.0.0.053']],
      told: [
        `11:7 host.resolver_network.resolver_ips[0]: ${anAddress}, found "10.0.0.53:53"; remove the port`,
        `13:6 host.resolver_network.resolver_ips[2]: ${anAddress}, found nothing`,
        `14:7 host.resolver_network.resolver_ips[3]: ${anAddress}, found "10.0.0.053"; write 53 instead of 053`,
      ],
    },
    {
      slip: 'a URL as a host name',
      edits: [['orders.internal', 'https://orders.internal/x']],
      told: [
        '7:13 host.hostname: expected a bare host name without a scheme (the port fields select the scheme), found "https://orders.internal/x"',
      ],
    },
    {
      slip: 'a path behind a host name',
      edits: [['orders.internal', 'orders.internal/x']],
      told: ['7:13 host.hostname: expected a bare host name without a path, found "orders.internal/x"'],
    },
    {
      slip: 'a port behind a host name',
      edits: [['orders.internal', 'orders.internal:5432']],
      told: [
        '7:13 host.hostname: expected a bare host name without a port (use http_port, https_port or tcp_port), found "orders.internal:5432"',
      ],
    },
    {
      slip: 'an IPv4 address as a host name',
      edits: [['orders.internal', '10.0.0.12']],
      told: ['7:13 host.hostname: expected a host name (an address goes into host.ipv4), found "10.0.0.12"'],
    },
    {
      slip: 'an IPv6 address as a host name',
      edits: [['orders.internal', 'fd00::12']],
      told: ['7:13 host.hostname: expected a host name (an address goes into host.ipv6), found "fd00::12"'],
    },
    {
      slip: 'an IPv6 address in brackets as a host name',
      edits: [['orders.internal', '"[fd00::12]"']],
      told: ['7:13 host.hostname: expected a host name (an address goes into host.ipv6), found "[fd00::12]"'],
    },
    {
      slip: 'a host name of other letters',
      edits: [['orders.internal', 'bücher.internal']],
      told: [
        '7:13 host.hostname: expected a host name of ASCII letters (write other letters as xn--…), found "bücher.internal"',
      ],
    },
    {
      slip: 'a label that is too long',
      edits: [['orders.internal', 'a'.repeat(64)]],
      told: [
        `7:13 host.hostname: expected a host name of parts of at most 63 characters, joined by dots, found "${'a'.repeat(64)}"`,
      ],
    },
    {
      slip: 'a host name that is too long',
      edits: [['orders.internal', 'a.'.repeat(127)]],
      told: [`7:13 host.hostname: expected a host name of at most 253 characters, found "${'a.'.repeat(39)}…`],
    },
    {
      slip: 'an empty host name',
      edits: [['orders.internal', "''"]],
      told: [
        '7:13 host.hostname: expected a host name: labels of 1–63 letters (a–z), digits, - and _, joined by dots, found ""',
      ],
    },
    {
      slip: 'a host name that is a number',
      edits: [['orders.internal', '12']],
      told: [
        '7:13 host.hostname: expected a host name such as orders.internal, found 12, which YAML reads as a number; put it in quotes',
      ],
    },
    {
      slip: 'TLS settings that are a text',
      edits: [['tls_settings:\n  cert_verification_mode: verify_ca', 'tls_settings: verify_ca']],
      told: [
        '11:15 tls_settings: expected a mapping with cert_verification_mode, found "verify_ca"; write "cert_verification_mode: verify_ca" under tls_settings',
      ],
    },
    {
      slip: 'TLS settings without a mode',
      edits: [['tls_settings:\n  cert_verification_mode: verify_ca', 'tls_settings: {}']],
      told: ['11:15 tls_settings.cert_verification_mode: missing; expected verify_full, verify_ca or disabled'],
    },
    {
      slip: 'another mode',
      edits: [['verify_ca', 'none']],
      told: [
        '12:27 tls_settings.cert_verification_mode: expected verify_full, verify_ca or disabled, found "none"; did you mean "disabled"?',
      ],
    },
    {
      slip: 'a CA that nothing checks',
      edits: [['verify_ca', `disabled\n  certificate_authority: ${certificate}`]],
      told: [
        '13:26 tls_settings.certificate_authority: has no effect with cert_verification_mode disabled; remove one of them',
      ],
    },
    {
      slip: 'a CA that is no id',
      edits: [['verify_ca', 'verify_ca\n  certificate_authority: my-ca']],
      told: [`13:26 tls_settings.certificate_authority: ${aUuid}, found "my-ca"; write the id, not the name`],
    },
    {
      slip: 'a certificate that is no id',
      edits: [['verify_ca', 'verify_ca\n  client_certificate: [a]']],
      told: [`13:23 tls_settings.client_certificate: ${aUuid}, found a list`],
    },
  ])('$slip', ({ edits, told }) => {
    const text = edited(...edits);
    expect(problemsIn(text)).toEqual(told.map((each) => `db.yaml:${each}`));
    expect(parse(text).declarations).toEqual([]);
  });

  test.for<{ key: string; where: string; told: string; reason?: string }>([
    { key: 'description', where: 'name:', told: '; remove it' },
    { key: 'completely_unrelated_key', where: 'name:', told: '; remove it' },
    { key: 'constructor', where: 'name:', told: '; remove it' },
    { key: '__proto__', where: 'name:', told: '; remove it' },
    { key: '<<', where: 'name:', told: '; YAML 1.2 has no merge keys, so write the fields out' },
    { key: 'tcp_prot', where: 'name:', told: '; did you mean "tcp_port"?' },
    { key: 'appProtocol', where: 'name:', told: '; did you mean "app_protocol"?' },
    { key: 'tls', where: 'name:', told: '; did you mean "tls_settings"?' },
    { key: 'port', where: 'name:', told: '; did you mean "tcp_port"?', reason: 'a tcp service has no other' },
    { key: 'host_name', where: '  hostname:', told: '; did you mean "hostname"?' },
    { key: 'ipv5', where: '  hostname:', told: '; did you mean "ipv4" or "ipv6"?' },
    { key: 'resolver_ip', where: '    tunnel_id:', told: '; did you mean "resolver_ips"?' },
    { key: 'resolvers', where: '    tunnel_id:', told: '; did you mean "resolver_ips"?' },
    { key: 'mode', where: '  cert_verification_mode:', told: '; did you mean "cert_verification_mode"?' },
    { key: 'ca', where: '  cert_verification_mode:', told: '; remove it' },
    { key: 'tunnel_id', where: 'name:', told: ' here; it belongs under host.resolver_network' },
    { key: 'resolver_ips', where: '  hostname:', told: ' here; it belongs under host.resolver_network' },
    { key: 'tcp_port', where: '  hostname:', told: ' here; it belongs at the top level' },
    { key: '"tcp_port:80"', where: '  hostname:', told: '; add a space after the colon' },
  ])('the unknown key $key before $where', ({ key, where, told }) => {
    const line = yaml.split('\n').findIndex((each) => each.startsWith(where));
    const indentation = where.length - where.trimStart().length;
    const [problem, ...others] = problemsIn(edited([`\n${where}`, `\n${' '.repeat(indentation)}${key}: x\n${where}`]));
    expect(problem?.replace(/ [^ ]*: /, ' ')).toBe(
      `db.yaml:${line + 1}:${indentation + 1} unknown key "${key.replaceAll('"', '')}"${told}`,
    );
    expect(others).toEqual([]);
  });

  test('a near miss, once: what is misspelt is not also missing', () => {
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

  test('a near miss of something that is there, and wrong', () => {
    expect(problemsIn(edited(['tcp_port: 5432', 'tcp_prt: 1\ntcp_port: 0']))).toEqual([
      'db.yaml:4:1 tcp_prt: unknown key "tcp_prt"; did you mean "tcp_port"?',
      `db.yaml:5:11 tcp_port: ${aPort}, found 0`,
    ]);
  });

  test('everything at once, in the order of the file', () => {
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
    ['nothing', 'null', 'found nothing'],
    ['a text', 'orders-db', 'found "orders-db"'],
    ['a number', '12', 'found 12'],
    ['an empty list', '[]', 'found a list; separate services with a line of ---'],
  ] as const)('%s instead of a mapping', ([, text, found]) => {
    expect(parse(text)).toEqual({
      file: 'db.yaml',
      declarations: [],
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

  test('a list of services, which sets aside each of them', () => {
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
  test('sets aside a bad document under its id in lower case', () => {
    const { skipped } = parse(edited([serviceId, serviceId.toUpperCase()], ['5432', '0']));
    expect(idsOf(skipped)).toEqual(['0191e3a4-5b6c-7d8e-9f00-112233445566']);
  });

  test('may hold several documents, and a bad one sets aside only itself', () => {
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

  test('that is not valid YAML sets aside all that it declares', () => {
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

  test.for<{ spelling: string; text: string; found: (string | null)[] }>([
    { spelling: 'YAML', text: `service_id: ${serviceId}`, found: [serviceId] },
    { spelling: 'capitals', text: `service_id: ${serviceId.toUpperCase()}`, found: [serviceId] },
    { spelling: 'quotes', text: `'service_id' : '${serviceId}'`, found: [serviceId] },
    { spelling: 'an anchor', text: `service_id: &id ${serviceId}`, found: [serviceId] },
    { spelling: 'a tag', text: `service_id: !!str "${serviceId}"`, found: [serviceId] },
    {
      spelling: 'several in a line of JSON',
      text: `[{"service_id":"${serviceId}"},{"service_id":"${otherId}"}`,
      found: [serviceId, otherId],
    },
    { spelling: 'twice the same', text: `service_id: ${serviceId}\n---\nservice_id: ${serviceId}`, found: [serviceId] },
    { spelling: 'a comment', text: `  # service_id: ${serviceId}`, found: [null] },
    { spelling: 'another key', text: `my_service_id: ${serviceId}`, found: [null] },
    { spelling: 'no id', text: 'service_id: orders', found: [null] },
  ])('that is broken: its ids are found in spite of that, in $spelling', ({ text, found }) => {
    expect(idsOf(parse(`${text}\n]`).skipped)).toEqual(found);
    expect(idsOf(unreadableFile('db.yaml', 'expected UTF-8', text).skipped)).toEqual(found);
  });

  test('that is broken: an id that stands there twice is told where it stands first', () => {
    expect(parse(`${yaml}${yaml}`).skipped.map(({ line }) => line)).toEqual([1]);
  });

  test('that is UTF-16 sets aside what it declares', () => {
    const text = `service_id: ${serviceId}`.split('').join('\0');
    expect(idsOf(unreadableFile('db.yaml', 'expected UTF-8', text).skipped)).toEqual([serviceId]);
  });

  test('that cannot be read sets aside what nobody can know', () => {
    const place = { line: 1, column: 1 };
    expect(unreadableFile('db.yaml', 'cannot be read: EACCES')).toEqual({
      file: 'db.yaml',
      declarations: [],
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

  test.for(['', '\n\n', ' \t\r\n', '\uFEFF'])('that is empty (%j) is a problem: it may be half-written', (text) => {
    expect(problemsIn(text)).toEqual(['db.yaml:1:1 expected a declaration, found an empty file']);
    expect(idsOf(parse(text).skipped)).toEqual([null]);
  });

  test.for(['# nothing here yet', '---\n# later\n---\n', '%YAML 1.2\n---\n'])(
    'of comments alone (%j) declares nothing',
    (text) => {
      expect(parse(text)).toEqual({ file: 'db.yaml', declarations: [], skipped: [], problems: [] });
    },
  );

  test('with very many problems tells the first ones, and how many more there are', () => {
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

  test('with very many faults tells the first ones, and how many more there are', () => {
    const { problems } = parse('a: @b\n---\n'.repeat(30));
    expect(problems).toHaveLength(20);
    expect(problems.at(-1)).toMatchObject({ line: 39, column: 4, message: '11 more problems from this line on' });
  });

  test('with a very long key or value tells the beginning of it', () => {
    expect(problemsIn(edited(['orders.internal', `"${'😀'.repeat(200)}"`]))[0]?.length).toBeLessThan(200);
    expect(parse(`${yaml}${'k'.repeat(500)}: 1`).problems[0]?.message).toBe(
      `unknown key "${'k'.repeat(78)}…; remove it`,
    );
  });
});

const file = (name: string, ...services: readonly Json[]) =>
  parseFile(name, services.map((each) => JSON.stringify(each)).join('\n---\n'));

const told = (...files: ReturnType<typeof file>[]) => collect(files).problems.map(renderProblem);

describe('a folder', () => {
  test('declares what its files declare', () => {
    const { declarations, skipped, problems } = collect([file('a.json', tcp), file('b.json', http, 'text')]);
    expect(idsOf(declarations)).toEqual([id(1), id(2)]);
    expect(skipped).toMatchObject([{ file: 'b.json', line: 3, service_id: null }]);
    expect(problems).toMatchObject([{ file: 'b.json', line: 3 }]);
  });

  test('without files declares nothing', () => {
    expect(collect([])).toEqual({ declarations: [], skipped: [], problems: [] });
  });

  test('tells its problems in the order of files and places', () => {
    expect(
      collect([
        file('b.json', { ...tcp, tcp_port: 0, name: '' }, 'text'),
        file('a.json', { ...http, http_port: 0, name: '' }, 'text'),
      ]).problems.map(({ file, line, path }) => `${file} ${line} ${path}`),
    ).toEqual([
      'a.json 1 name',
      'a.json 1 http_port',
      'a.json 3 null',
      'b.json 1 name',
      'b.json 1 tcp_port',
      'b.json 3 null',
    ]);
  });

  test('refuses both of two declarations of one service_id, whatever its case, and names both places', () => {
    const files = [
      file('a.json', tcp),
      file('b.json', http, { ...tcp, service_id: id(1).toUpperCase(), name: 'other' }),
    ];
    const { declarations, skipped } = collect(files);
    expect(idsOf(declarations)).toEqual([id(2)]);
    expect(skipped.map(({ file, service_id, name, reason }) => ({ file, service_id, name, reason }))).toEqual([
      {
        file: 'a.json',
        service_id: id(1),
        name: 'db',
        reason: `a.json:1 service_id: "${id(1)}" is declared more than once, also at b.json:3; keep one`,
      },
      {
        file: 'b.json',
        service_id: id(1),
        name: 'other',
        reason: `b.json:3 service_id: "${id(1)}" is declared more than once, also at a.json:1; keep one`,
      },
    ]);
    expect(told(...files)).toEqual([
      `a.json:1:15 service_id: "${id(1)}" is declared more than once, also at b.json:3; keep one`,
      `b.json:3:15 service_id: "${id(1)}" is declared more than once, also at a.json:1; keep one`,
    ]);
  });

  test('refuses both of two declarations of one name, in one file too', () => {
    const files = [file('a.json', tcp, { ...http, name: 'db' })];
    expect(idsOf(collect(files).declarations)).toEqual([]);
    expect(told(...files)).toEqual([
      'a.json:1:61 name: "db" is declared more than once, also at a.json:3; keep one',
      'a.json:3:61 name: "db" is declared more than once, also at a.json:1; keep one',
    ]);
  });

  test('takes names that differ in case for two names', () => {
    expect(told(file('a.json', tcp, { ...http, name: 'DB' }))).toEqual([]);
  });

  test('tells a copied file once, and every other place, in order', () => {
    const files = [file('c.json', tcp), file('a.json', tcp), file('b.json', tcp, { ...tcp, service_id: id(9) })];
    expect(told(...files)).toEqual([
      `a.json:1:15 service_id: "${id(1)}" is declared more than once, also at b.json:1, c.json:1; keep one`,
      `b.json:1:15 service_id: "${id(1)}" is declared more than once, also at a.json:1, c.json:1; keep one`,
      'b.json:3:61 name: "db" is declared more than once, also at a.json:1, b.json:1, c.json:1; keep one',
      `c.json:1:15 service_id: "${id(1)}" is declared more than once, also at a.json:1, b.json:1; keep one`,
    ]);
  });

  test('refuses a good declaration of what a bad one declares as well', () => {
    const { declarations, skipped, problems } = collect([file('a.json', tcp), file('b.json', { ...tcp, tcp_port: 0 })]);
    expect(declarations).toEqual([]);
    expect(skipped.map(({ file, reason }) => `${file} ${reason}`)).toEqual([
      `b.json b.json:1 tcp_port: ${aPort}, found 0`,
      `a.json a.json:1 service_id: "${id(1)}" is declared more than once, also at b.json:1; keep one`,
    ]);
    expect(problems).toHaveLength(3);
  });

  test('refuses a good declaration of what a broken file declares as well', () => {
    const { declarations, skipped } = collect([file('a.json', tcp), parseFile('b.yaml', `service_id: ${id(1)}\n]`)]);
    expect(declarations).toEqual([]);
    expect(skipped.map(({ file }) => file)).toEqual(['b.yaml', 'a.json']);
  });

  test('does not take services of which nothing can be read for one', () => {
    expect(collect([parseFile('a.yaml', ']'), parseFile('b.yaml', ']')]).problems).toHaveLength(2);
  });
});

test('a thousand copies of one declaration name a few of the others', () => {
  const { problems, declarations } = collect([
    parseFile('a.yaml', Array.from({ length: 1000 }, () => `---\n${JSON.stringify(tcp)}\n`).join('')),
  ]);
  expect(declarations).toEqual([]);
  expect(problems).toHaveLength(1000);
  expect(problems[0]?.message).toBe(
    `"${id(1)}" is declared more than once, also at a.yaml:4, a.yaml:6, a.yaml:8, a.yaml:10, a.yaml:12 and 994 more; keep one`,
  );
});
