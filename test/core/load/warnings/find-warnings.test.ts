import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/base/json.ts';
import { collect } from '../../../../src/core/load/collect.ts';
import { parseFile } from '../../../../src/core/load/parse-file.ts';
import { findWarnings } from '../../../../src/core/load/warnings/find-warnings.ts';
import { WARNINGS } from '../../../../src/core/load/warnings/warning.ts';
import { certificate, http, id, otherTunnel, tcp, tunnel } from '../../builders.ts';

/** `file:line:column path code: message`, for each warning about files without problems. */
const warningsIn = (files: Readonly<Record<string, string>>, unread: readonly string[] = []) => {
  const texts = new Map(Object.entries(files));
  const { problems, ...declared } = collect([...texts].map(([name, text]) => parseFile(name, text)));
  expect(problems).toEqual([]);
  const textOf = (file: string) => texts.get(file) ?? null;
  const now = Date.UTC(2027, 0, 31);
  return findWarnings({ files: [...texts.keys()], ...declared, unread, textOf, now }).map(
    ({ file, line, column, path, code, message }) => `${file}:${line}:${column} ${path} ${code}: ${message}`,
  );
};

/** The declaration as JSON, with one field on each line. */
const text = (service: JsonObject) => JSON.stringify(service, null, 1);
const codesOf = (service: JsonObject) =>
  warningsIn({ a: text(service) }).map((warning) => warning.split(' ').slice(1, 3).join(' '));
const named = (hostname: string, resolver_ips: readonly string[] = []) => ({
  ...tcp,
  host: { hostname, resolver_network: { tunnel_id: tunnel, resolver_ips } },
});
const at = (host: JsonObject) => ({ ...http, host: { ...host, network: { tunnel_id: tunnel } } });

type Row = { readonly what: string; readonly service: JsonObject; readonly expected: string };

const rows: readonly Row[] = [
  {
    what: 'a name without a domain',
    service: named('db'),
    expected:
      '7:15 host.hostname single-label-hostname: "db" has no domain, so the resolver of the tunnel may not find it; write the full name, for example db.corp.internal',
  },
  {
    what: 'a dot at the end of a host name',
    service: named('db.internal.'),
    expected:
      '7:15 host.hostname trailing-dot: the dot at the end has no effect, because host names are compared and sent without it; remove it',
  },
  {
    what: 'localhost',
    service: named('LOCALHOST'),
    expected:
      '7:15 host.hostname single-label-hostname: "localhost" is the machine on which the tunnel runs; write the host name of the service',
  },
  {
    what: 'a loopback address',
    service: at({ ipv4: '127.0.0.1' }),
    expected:
      '6:11 host.ipv4 local-address: 127.0.0.1 is the machine on which the tunnel runs; write the address of the service in its network',
  },
  {
    what: 'an IPv6 loopback address, however it is written',
    service: at({ ipv6: '0:0::1' }),
    expected:
      '6:11 host.ipv6 local-address: ::1 is the machine on which the tunnel runs; write the address of the service in its network',
  },
  {
    what: 'a link-local address',
    service: at({ ipv4: '169.254.169.254' }),
    expected:
      '6:11 host.ipv4 local-address: 169.254.169.254 is link-local, a different machine in every network; write the address of the service in its network',
  },
  {
    what: 'an address of no machine',
    service: at({ ipv4: '0.0.0.0' }),
    expected:
      '6:11 host.ipv4 local-address: 0.0.0.0 is not the address of a machine; write the address of the service in its network',
  },
  {
    what: 'a loopback resolver',
    service: named('db.internal', ['10.0.0.53', '127.0.0.53']),
    expected:
      '12:5 host.resolver_network.resolver_ips[1] local-resolver: 127.0.0.53 is the machine on which the tunnel runs; write a resolver of the network, or omit resolver_ips to use the resolver of the tunnel',
  },
  {
    what: 'TLS without verification',
    service: { ...tcp, tls_settings: { cert_verification_mode: 'disabled' } },
    expected:
      '13:29 tls_settings.cert_verification_mode tls-not-verified: without verification, another machine in the network can impersonate the service; upload its CA and use verify_ca or verify_full',
  },
  {
    what: 'TLS settings without TLS',
    service: { ...http, http_port: 80, tls_settings: { cert_verification_mode: 'verify_ca' } },
    expected:
      '12:18 tls_settings tls-unused: has no effect, because http_port without https_port means plain HTTP; remove tls_settings, or add https_port',
  },
  {
    what: 'HTTP on 443',
    service: { ...http, http_port: 443 },
    expected:
      '11:15 http_port swapped-ports: 443 is the usual port of HTTPS, but http_port is for plain HTTP; did you mean "https_port"?',
  },
  {
    what: 'HTTPS on 80',
    service: { ...http, https_port: 80 },
    expected:
      '11:16 https_port swapped-ports: 80 is the usual port of plain HTTP, but https_port is for HTTPS; did you mean "http_port"?',
  },
  {
    what: 'HTTP and HTTPS on one port',
    service: { ...http, http_port: 8080, https_port: 8080 },
    expected:
      '12:16 https_port same-port: http_port is 8080 as well, but few servers accept both HTTP and HTTPS on one port; remove the field that does not apply',
  },
  {
    what: 'an instruction that has ended',
    service: { ...tcp, reconcile: { ignore: ['tcp_port', { path: 'host', until: '2027-01-31' }] } },
    expected:
      '17:14 reconcile.ignore[1].until expired: ended at 2027-01-31, so it has no effect; remove it, or write a later time',
  },
  {
    what: 'a pause that has ended',
    service: { ...tcp, reconcile: { pause: { until: '2027-01-30T23:59:59Z' } } },
    expected:
      '14:13 reconcile.pause.until expired: ended at 2027-01-30T23:59:59Z, so it has no effect; remove it, or write a later time',
  },
  {
    what: 'a name that ends with a space',
    service: { ...tcp, name: 'db ' },
    expected:
      '3:10 name odd-name: the name begins or ends with a space; remove it, unless the live service really has this name',
  },
  {
    what: 'a name that ends with a quotation mark',
    service: { ...tcp, name: 'db”' },
    expected:
      '3:10 name odd-name: the name begins or ends with a quotation mark; remove it, unless the live service really has this name',
  },
  {
    what: 'a name with an invisible character',
    service: { ...tcp, name: 'd\u200bb' },
    expected:
      '3:10 name odd-name: the name contains an invisible character; remove it, unless the live service really has this name',
  },
];

describe('warns about', () => {
  test.for(rows)('$what', ({ service, expected }) => {
    expect(warningsIn({ a: text(service) })).toEqual([`a:${expected}`]);
  });

  test('both ports when they are swapped', () => {
    expect(codesOf({ ...http, http_port: 443, https_port: 80 })).toEqual([
      'http_port swapped-ports:',
      'https_port swapped-ports:',
    ]);
  });

  test('names that differ only in case, at both places', () => {
    const files = { a: text(tcp), b: text({ ...http, name: 'DB' }) };
    expect(warningsIn(files)).toEqual([
      'a:3:10 name name-case: differs from "DB" at b:3 only in case; rename one of the services',
      'b:3:10 name name-case: differs from "db" at a:3 only in case; rename one of the services',
    ]);
  });
});

const service = (number: number, tunnel_id: string, name = `s${number}`) => ({
  ...http,
  service_id: id(number),
  name,
  host: { ipv4: '10.0.0.1', network: { tunnel_id } },
});
const many = (...tunnels: readonly string[]) =>
  warningsIn(Object.fromEntries(tunnels.map((each, index) => [`f${index}`, text(service(index, each))])));

test('warns about a tunnel of one service when three or more other services share one', () => {
  const third = tunnel.replace(/a$/, 'f');
  expect(many(tunnel, tunnel.toUpperCase(), otherTunnel, tunnel)).toEqual([
    `f2:8:17 host.network.tunnel_id lone-tunnel: no other service uses this tunnel, and all 3 others use ${tunnel}; is it the right one?`,
  ]);
  expect(many(tunnel, tunnel, otherTunnel)).toEqual([]);
  expect(many(tunnel, tunnel, tunnel, otherTunnel, otherTunnel)).toEqual([]);
  expect(many(tunnel, tunnel, tunnel, tunnel, otherTunnel, third)).toEqual([]);
  expect(many(tunnel, tunnel, tunnel, tunnel)).toEqual([]);
  expect(many()).toEqual([]);
});

test.for<{ what: string; service: JsonObject }>([
  { what: 'a full host name', service: named('db.internal', ['10.0.0.53', 'fd00::53']) },
  { what: 'resolvers of cloud providers', service: named('db.internal', ['169.254.169.253', 'fd00:ec2::253']) },
  { what: 'private addresses', service: at({ ipv4: '192.168.1.1', ipv6: 'fd00::1' }) },
  { what: 'public addresses', service: at({ ipv4: '1.1.1.1' }) },
  { what: 'the usual ports', service: { ...http, http_port: 80, https_port: 443 } },
  { what: 'no ports', service: { ...http, tls_settings: { cert_verification_mode: 'verify_full' } } },
  {
    what: 'an uploaded CA',
    service: { ...tcp, tls_settings: { cert_verification_mode: 'verify_ca', certificate_authority: certificate } },
  },
  { what: 'a name with spaces, an accent and an apostrophe inside', service: { ...tcp, name: "Tom's café" } },
])('does not warn about $what', ({ service }) => {
  expect(codesOf(service)).toEqual([]);
});

const host = (before: string, after: string) =>
  `service_id: ${id(1)}\nname: db\ntype: tcp\ntcp_port: 1\nhost:\n${before}  hostname: db${after}\n  resolver_network: {tunnel_id: ${tunnel}}\n`;

describe('a warning', () => {
  test.for([
    ['on its line', '', ' # vpc-reconciler: ignore single-label-hostname'],
    ['with a reason after it', '', ' # vpc-reconciler: ignore single-label-hostname; Docker resolves it'],
    ['above its line', '  # vpc-reconciler: ignore single-label-hostname\n', ''],
    [
      'above its line, among other comments',
      '# vpc-reconciler: ignore single-label-hostname\n  # Docker resolves it\n',
      '',
    ],
    ['with other codes', '', ' #vpc-reconciler:ignore same-port, single-label-hostname'],
  ] as const)('is silenced by a comment %s', ([, before, after]) => {
    expect(warningsIn({ a: host(before, after) })).toEqual([]);
  });

  test.for([
    ['with another code', '', ' # vpc-reconciler: ignore same-port'],
    ['without a code', '', ' # vpc-reconciler: ignore'],
    ['further above', '  # vpc-reconciler: ignore single-label-hostname\n\n', ''],
    ['at the end of the line above', '  ipv4: null # vpc-reconciler: ignore single-label-hostname\n', ''],
    ['below', '', '\n  # vpc-reconciler: ignore single-label-hostname'],
  ] as const)('is not silenced by a comment %s', ([, before, after]) => {
    expect(warningsIn({ a: host(before, after) }).filter((each) => !each.includes('ignore-comment'))).toHaveLength(1);
  });
});

test('returns the warnings about several services of one file in the order of the file', () => {
  const files = { a: `${text(named('db'))}\n---\n${text({ ...http, http_port: 443 })}` };
  expect(warningsIn(files).map((warning) => warning.split(' ').slice(0, 3).join(' '))).toEqual([
    'a:7:15 host.hostname single-label-hostname:',
    'a:25:15 http_port swapped-ports:',
  ]);
});

test('returns no warnings about a file without a text', () => {
  const file = parseFile('a', text(named('db')));
  expect(findWarnings({ ...file, files: ['a'], unread: [], textOf: () => null, now: 0 })).toEqual([]);
});

test('lists every code once', () => {
  const codes = WARNINGS.map(({ code }) => code);
  expect(codes).toEqual([...new Set(codes)]);
  const testedElsewhere = [
    'lone-tunnel',
    'name-case',
    'unfilled-template',
    'number-notation',
    'ignore-comment',
    'unread-file',
  ];
  const tested = rows.map(({ expected }) => expected.split(' ')[2]?.replace(':', ''));
  expect(new Set([...tested, ...testedElsewhere])).toEqual(new Set(codes));
});

const yaml = (fields = '', name = 'db') =>
  `service_id: ${id(1)}\nname: ${name}\ntype: tcp\n${fields}host: { ipv4: 10.0.0.1, network: { tunnel_id: ${tunnel} } }\n`;

describe('a number in another notation', () => {
  test.for([
    ['05432', 5432],
    ['0x1538', 5432],
    ['0o12470', 5432],
    ['5.432e3', 5432],
    ['5432.0', 5432],
    ['+5432', 5432],
  ])('%s causes a warning', ([written, value]) => {
    expect(warningsIn({ a: yaml(`tcp_port: ${written}\n`) })).toEqual([
      `a:4:11 tcp_port number-notation: other YAML tools read ${written} as a different number or as text; write ${value}`,
    ]);
  });

  test.for(['5432', '5432 # 05432', '5432  '])('%s does not', (written) => {
    expect(warningsIn({ a: yaml(`tcp_port: ${written}\n`) })).toEqual([]);
  });

  test('is silenced by a comment', () => {
    expect(warningsIn({ a: yaml('tcp_port: 05432 # vpc-reconciler: ignore number-notation\n') })).toEqual([]);
  });
});

describe('a template in a name', () => {
  test.for(['"${NAME}"', 'db-${env}', '"{{ .Values.name }}"', '"<NAME>"', 'db-$(env)'])(
    '%s causes a warning',
    (name) => {
      expect(warningsIn({ a: yaml('tcp_port: 1\n', name) })).toEqual([
        expect.stringMatching(/^a:2:7 name unfilled-template: ".*" looks like a template that was not filled in/),
      ]);
    },
  );

  test.for(['"{}"', 'a$b', '"a < b"', '"<a"', '$HOME', 'db-$${env}'])('%s does not', (name) => {
    expect(warningsIn({ a: yaml('tcp_port: 1\n', name) })).toEqual([]);
  });
});

const warned = (comment: string) => warningsIn({ a: yaml(`tcp_port: 1 ${comment}\n`) });

describe('a comment that should silence a warning', () => {
  test.for([
    ['# vpc-reconciler: ignore same-prot', 'there is no warning with the code "same-prot"; did you mean "same-port"?'],
    ['# vpc-reconciler: ignore nonsense', 'there is no warning with the code "nonsense"'],
    [
      '# vpc-reconciler: ignore same-port, odd-nam',
      'there is no warning with the code "odd-nam"; did you mean "odd-name"?',
    ],
    ['# vpc-reconciler: ignore same-port odd-name', '"odd-name" is not silenced; separate codes with commas'],
    ['# vpc-reconciler: ignore', 'silences nothing; write "# vpc-reconciler: ignore CODE", with the code of a warning'],
    ['# vpc-reconciler: ignroe same-port', 'silences nothing'],
    ['# vpc-reconciler: disable same-port', 'silences nothing'],
    ['# vpc-reconciler ignore same-port', 'silences nothing'],
    ['# vpc-reconciler:Ignore same-port', 'silences nothing'],
    ['# VPC-Reconciler: ignore same-port', 'silences nothing'],
    ['# vpc_reconciler: ignore same-port', 'silences nothing'],
    ['# vpc-reconciler-ignore same-port', 'silences nothing'],
  ])('%s causes a warning', ([comment = '', message = '']) => {
    expect(warned(comment)).toEqual([expect.stringMatching(/^a:4:13 null ignore-comment: /)]);
    expect(warned(comment)[0]).toContain(`ignore-comment: ${message}`);
  });

  test('causes a warning in a file that declares nothing', () => {
    expect(warningsIn({ a: '# vpc-reconciler: ignore same-prot' })).toHaveLength(1);
    expect(warningsIn({ a: '---\n# vpc-reconciler: ignore ${x}' })).toHaveLength(1);
  });

  test.for([
    '# vpc-reconciler: ignore same-port',
    '# vpc-reconciler: ignore same-port, odd-name; the reason',
    '#vpc-reconciler:ignore same-port - the reason',
    '# vpc-reconciler reads this file',
    '# the vpc-reconciler',
  ])('%s does not', (comment) => {
    expect(warned(comment)).toEqual([]);
  });
});

test('warns about files that look like declarations and are not read', () => {
  expect(warningsIn({}, ['b.YAML'])).toEqual([
    'b.YAML:1:1 null unread-file: is not read, because its name ends differently from .yaml, .yml and .json; rename it, or exclude it',
  ]);
});
