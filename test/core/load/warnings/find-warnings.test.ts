import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../../src/core/base/json.ts';
import { collect } from '../../../../src/core/load/collect.ts';
import { parseFile } from '../../../../src/core/load/parse-file.ts';
import { findWarnings } from '../../../../src/core/load/warnings/find-warnings.ts';
import { certificate, http, id, otherTunnel, tcp, tunnel } from '../../builders.ts';

/** `file:line:column path code: message`, for each warning about files that hold. */
const doubtsIn = (files: Readonly<Record<string, string>>) => {
  const texts = new Map(Object.entries(files));
  const { declarations, problems } = collect([...texts].map(([name, text]) => parseFile(name, text)));
  expect(problems).toEqual([]);
  return findWarnings(declarations, (file) => texts.get(file) ?? null).map(
    ({ file, line, column, path, code, message }) => `${file}:${line}:${column} ${path} ${code}: ${message}`,
  );
};

/** A field a line. */
const text = (service: JsonObject) => JSON.stringify(service, null, 1);
const codesOf = (service: JsonObject) =>
  doubtsIn({ a: text(service) }).map((told) => told.split(' ').slice(1, 3).join(' '));
const named = (hostname: string, resolver_ips: readonly string[] = []) => ({
  ...tcp,
  host: { hostname, resolver_network: { tunnel_id: tunnel, resolver_ips } },
});
const at = (host: JsonObject) => ({ ...http, host: { ...host, network: { tunnel_id: tunnel } } });

describe('doubtful is', () => {
  test.for<{ what: string; service: JsonObject; told: string }>([
    {
      what: 'a name without a domain',
      service: named('db.'),
      told: '7:15 host.hostname single-label-hostname: "db." has no domain, so the resolver of the tunnel may not find it; write the full name, for example db.corp.internal',
    },
    {
      what: 'localhost',
      service: named('LOCALHOST'),
      told: '7:15 host.hostname single-label-hostname: "localhost" is the machine on which the tunnel runs; write the host name of the service',
    },
    {
      what: 'loopback',
      service: at({ ipv4: '127.0.0.1' }),
      told: '6:11 host.ipv4 local-address: 127.0.0.1 is the machine on which the tunnel runs; write the address of the service in its network',
    },
    {
      what: 'loopback in IPv6, in any spelling',
      service: at({ ipv6: '0:0::1' }),
      told: '6:11 host.ipv6 local-address: ::1 is the machine on which the tunnel runs; write the address of the service in its network',
    },
    {
      what: 'a link-local address',
      service: at({ ipv4: '169.254.169.254' }),
      told: '6:11 host.ipv4 local-address: 169.254.169.254 is link-local, a different machine in every network; write the address of the service in its network',
    },
    {
      what: 'no address',
      service: at({ ipv4: '0.0.0.0' }),
      told: '6:11 host.ipv4 local-address: 0.0.0.0 is not the address of a machine; write the address of the service in its network',
    },
    {
      what: 'a loopback resolver',
      service: named('db.internal', ['10.0.0.53', '127.0.0.53']),
      told: '12:5 host.resolver_network.resolver_ips[1] local-resolver: 127.0.0.53 is the machine on which the tunnel runs; write a resolver of the network, or omit resolver_ips to use the resolver of the tunnel',
    },
    {
      what: 'TLS that is not verified',
      service: { ...tcp, tls_settings: { cert_verification_mode: 'disabled' } },
      told: '13:29 tls_settings.cert_verification_mode tls-not-verified: without verification, another machine in the network can impersonate the service; upload its CA and use verify_ca or verify_full',
    },
    {
      what: 'TLS settings without TLS',
      service: { ...http, http_port: 80, tls_settings: { cert_verification_mode: 'verify_ca' } },
      told: '12:18 tls_settings tls-unused: has no effect, because http_port without https_port means plain HTTP; remove tls_settings, or add https_port',
    },
    {
      what: 'HTTP on 443',
      service: { ...http, http_port: 443 },
      told: '11:15 http_port swapped-ports: 443 is the usual port of HTTPS, but http_port is for plain HTTP; did you mean "https_port"?',
    },
    {
      what: 'HTTPS on 80',
      service: { ...http, https_port: 80 },
      told: '11:16 https_port swapped-ports: 80 is the usual port of plain HTTP, but https_port is for HTTPS; did you mean "http_port"?',
    },
    {
      what: 'both on one port',
      service: { ...http, http_port: 8080, https_port: 8080 },
      told: '12:16 https_port same-port: http_port is 8080 as well, but few servers accept both HTTP and HTTPS on one port; remove the field that does not apply',
    },
    {
      what: 'a name with a space at its end',
      service: { ...tcp, name: 'db ' },
      told: '3:10 name odd-name: the name begins or ends with a space; remove it, unless the live service really has this name',
    },
    {
      what: 'a name with half a pair of quotes',
      service: { ...tcp, name: 'db”' },
      told: '3:10 name odd-name: the name begins or ends with a quotation mark; remove it, unless the live service really has this name',
    },
    {
      what: 'a name with something invisible',
      service: { ...tcp, name: 'd\u200bb' },
      told: '3:10 name odd-name: the name contains an invisible character; remove it, unless the live service really has this name',
    },
  ])('$what', ({ service, told }) => {
    expect(doubtsIn({ a: text(service) })).toEqual([`a:${told}`]);
  });

  test('both of two ports that are swapped', () => {
    expect(codesOf({ ...http, http_port: 443, https_port: 80 })).toEqual([
      'http_port swapped-ports:',
      'https_port swapped-ports:',
    ]);
  });

  test('a name that differs from another one by case only, at both places', () => {
    const files = { a: text(tcp), b: text({ ...http, name: 'DB' }) };
    expect(doubtsIn(files)).toEqual([
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
  doubtsIn(Object.fromEntries(tunnels.map((each, index) => [`f${index}`, text(service(index, each))])));

test('doubtful is a tunnel of one service, where three and more others share one', () => {
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
  { what: 'a host name in full', service: named('db.internal', ['10.0.0.53', 'fd00::53']) },
  { what: 'the resolvers of clouds', service: named('db.internal', ['169.254.169.253', 'fd00:ec2::253']) },
  { what: 'private addresses', service: at({ ipv4: '192.168.1.1', ipv6: 'fd00::1' }) },
  { what: 'public ones', service: at({ ipv4: '1.1.1.1' }) },
  { what: 'ports where they are usual', service: { ...http, http_port: 80, https_port: 443 } },
  { what: 'no ports', service: { ...http, tls_settings: { cert_verification_mode: 'verify_full' } } },
  {
    what: 'a CA of its own',
    service: { ...tcp, tls_settings: { cert_verification_mode: 'verify_ca', certificate_authority: certificate } },
  },
  { what: 'spaces and accents within a name', service: { ...tcp, name: "Tom's café" } },
])('not doubtful: $what', ({ service }) => {
  expect(codesOf(service)).toEqual([]);
});

const host = (before: string, behind: string) =>
  `service_id: ${id(1)}\nname: db\ntype: tcp\ntcp_port: 1\nhost:\n${before}  hostname: db${behind}\n  resolver_network: {tunnel_id: ${tunnel}}\n`;

describe('a warning is silenced', () => {
  test.for([
    ['on its line', '', ' # vpc-reconciler: ignore single-label-hostname'],
    ['with a reason', '', ' # vpc-reconciler: ignore single-label-hostname; docker knows it'],
    ['above it', '  # vpc-reconciler: ignore single-label-hostname\n', ''],
    ['above it, among other comments', '# vpc-reconciler: ignore single-label-hostname\n  # docker knows it\n', ''],
    ['with others', '', ' #vpc-reconciler:ignore same-port, single-label-hostname'],
  ] as const)('by a comment %s', ([, before, behind]) => {
    expect(doubtsIn({ a: host(before, behind) })).toEqual([]);
  });

  test.for([
    ['of another code', '', ' # vpc-reconciler: ignore same-port'],
    ['of no code', '', ' # vpc-reconciler: ignore'],
    ['farther above', '  # vpc-reconciler: ignore single-label-hostname\n\n', ''],
    ['at the end of the line above', '  ipv4: null # vpc-reconciler: ignore single-label-hostname\n', ''],
    ['below', '', '\n  # vpc-reconciler: ignore single-label-hostname'],
  ] as const)('by none %s', ([, before, behind]) => {
    expect(doubtsIn({ a: host(before, behind) })).toHaveLength(1);
  });
});

test('the warnings of several services of one file are told in their order, each where it is', () => {
  const files = { a: `${text(named('db'))}\n---\n${text({ ...http, http_port: 443 })}` };
  expect(doubtsIn(files).map((told) => told.split(' ').slice(0, 3).join(' '))).toEqual([
    'a:7:15 host.hostname single-label-hostname:',
    'a:25:15 http_port swapped-ports:',
  ]);
});

test('a file of which nobody has the text has no warnings', () => {
  const { declarations } = parseFile('a', text(named('db')));
  expect(findWarnings(declarations, () => null)).toEqual([]);
});
