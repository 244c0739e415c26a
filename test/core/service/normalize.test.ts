import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/base/json.ts';
import { fieldsToCarryOver, findLostFields, normalize, toBody } from '../../../src/core/service/normalize.ts';
import { apiResponse, certificate, http, tcp, tunnel } from '../builders.ts';

const known = (service: JsonObject) => Object.fromEntries(normalize(service).known);
const unknown = (service: JsonObject) => [...normalize(service).unknown];
const fields = (entries: { readonly [path: string]: Json }) => new Map(Object.entries(entries));

describe('normalizing', () => {
  test('returns the fields that are set, in the order of the table', () => {
    expect([...normalize(apiResponse({ ...tcp, app_protocol: 'mysql' })).known]).toEqual([
      ['name', 'db'],
      ['type', 'tcp'],
      ['tcp_port', 5432],
      ['app_protocol', 'mysql'],
      ['host.hostname', 'db.internal'],
      ['host.resolver_network.tunnel_id', '0191dce4-9ab4-7fce-b660-8e5dec5172da'],
      ['tls_settings.cert_verification_mode', 'verify_full'],
    ]);
  });

  test.for([
    [{ ...http }, {}],
    [{ ...http, http_port: 80 }, { http_port: 80 }],
    [{ ...http, https_port: 443 }, { https_port: 443 }],
    [
      { ...http, http_port: 80, https_port: 443 },
      { http_port: 80, https_port: 443 },
    ],
  ])('fills in no default port: %j has %j', ([service, ports]) => {
    expect(known(service ?? {})).toEqual({
      name: 'web',
      type: 'http',
      ...ports,
      'host.ipv4': '10.0.0.12',
      'host.network.tunnel_id': '0191dce4-9ab4-7fce-b660-8e5dec5172da',
      'tls_settings.cert_verification_mode': 'verify_full',
    });
  });

  test.for<[string, string]>([
    ['fd00::12', 'fd00::12'],
    ['FD00::12', 'fd00::12'],
    ['fd00:0:0:0:0:0:0:12', 'fd00::12'],
    ['fd00:0000:0000:0000:0000:0000:0000:0012', 'fd00::12'],
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:0', '::'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:10.0.0.1', '::ffff:a00:1'],
    ['::FFFF:0A00:0001', '::ffff:a00:1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ])('writes the IPv6 address %s as %s', ([written, expected]) => {
    expect(known({ host: { ipv6: written } })['host.ipv6']).toBe(expected);
    expect(known({ host: { resolver_network: { resolver_ips: ['10.0.0.53', written] } } })).toMatchObject({
      'host.resolver_network.resolver_ips': ['10.0.0.53', expected],
    });
  });

  test.for<[string, Json]>([
    ['fe80::1%eth0', 'fe80::1%eth0'],
    ['not:an:address', 'not:an:address'],
    ['10.0.0.1', '10.0.0.1'],
    ['an object', { a: 1 }],
    ['a number', 6],
  ])('leaves a value unchanged that is not an IPv6 address: %s', ([, value]) => {
    expect(known({ host: { ipv6: value } })['host.ipv6']).toEqual(value);
  });

  test.for<[string, Json, Json | undefined]>([
    ['a list', ['10.0.0.2', '10.0.0.1'], ['10.0.0.2', '10.0.0.1']],
    ['an empty list', [], undefined],
    ['null', null, undefined],
    ['a text', '10.0.0.53', '10.0.0.53'],
  ])('normalizes resolvers that are %s', ([, resolverIps, expected]) => {
    const service = { host: { resolver_network: { resolver_ips: resolverIps } } };
    expect(known(service)['host.resolver_network.resolver_ips']).toEqual(expected);
  });

  test.for<[string, JsonObject]>([
    ['host.network.tunnel_id', { host: { network: { tunnel_id: tunnel.toUpperCase() } } }],
    ['host.resolver_network.tunnel_id', { host: { resolver_network: { tunnel_id: tunnel.toUpperCase() } } }],
  ])('writes %s in lower case', ([path, service]) => {
    expect(known(service)[path]).toBe('0191dce4-9ab4-7fce-b660-8e5dec5172da');
  });

  test('writes host names and certificate ids in lower case, but not names', () => {
    const tls = { certificate_authority: certificate.toUpperCase(), client_certificate: certificate.toUpperCase() };
    expect(known({ name: 'DB', host: { hostname: 'DB.Internal' }, tls_settings: tls })).toEqual({
      name: 'DB',
      'host.hostname': 'db.internal',
      'tls_settings.cert_verification_mode': 'verify_full',
      'tls_settings.certificate_authority': '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33',
      'tls_settings.client_certificate': '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33',
    });
  });

  test.for<[string, JsonObject]>([['a host of nulls', { host: { hostname: null, network: null } }]])(
    'finds no fields in %s',
    ([, service]) => {
      expect(known(service)).toEqual({ 'tls_settings.cert_verification_mode': 'verify_full' });
      expect(unknown(service)).toEqual([]);
    },
  );

  test.for([
    [{ host: 'db.internal' }, 'host', 'db.internal'],
    [{ host: ['db.internal'] }, 'host', ['db.internal']],
    [{ host: { network: tunnel } }, 'host.network', tunnel],
    [{ tls_settings: 'disabled' }, 'tls_settings', 'disabled'],
  ] as const)(
    'treats another value in place of a mapping as a field, so that it is drift: %j',
    ([service, path, value]) => {
      expect(known(service)).toMatchObject({ [path]: value });
      expect(unknown(service)).toEqual([]);
    },
  );

  test('keeps a value of an unexpected type unchanged, so that it is drift', () => {
    expect(known({ name: 1, host: { hostname: 2 }, tcp_port: '5432' })).toMatchObject({
      name: 1,
      'host.hostname': 2,
      tcp_port: '5432',
    });
  });

  test('keeps unknown values unchanged under their outermost path, sorted, but not null and read-only fields', () => {
    const service = {
      ...apiResponse(tcp),
      weight: 3,
      labels: { team: 'data', none: null },
      gone: null,
      host: { hostname: 'a', zone: { b: [1, null] }, resolver_network: { tunnel_id: tunnel, ttl: 5, old: null } },
      tls_settings: { cert_verification_mode: 'verify_ca', 'min.version': '1.2' },
    };
    expect(unknown(service)).toEqual([
      ['host.resolver_network.ttl', 5],
      ['host.zone', { b: [1, null] }],
      ['labels', { team: 'data', none: null }],
      ['tls_settings."min.version"', '1.2'],
      ['weight', 3],
    ]);
  });
});

describe('the body of a PUT', () => {
  test('has the declared fields in the shape of the API', () => {
    const declared = normalize({
      ...tcp,
      host: { hostname: 'DB.internal', resolver_network: { tunnel_id: tunnel, resolver_ips: ['FD00::53'] } },
      tls_settings: { cert_verification_mode: 'disabled', client_certificate: certificate },
    }).known;
    expect(toBody(declared, new Map())).toEqual({
      name: 'db',
      type: 'tcp',
      tcp_port: 5432,
      host: {
        hostname: 'db.internal',
        resolver_network: { tunnel_id: '0191dce4-9ab4-7fce-b660-8e5dec5172da', resolver_ips: ['fd00::53'] },
      },
      tls_settings: {
        cert_verification_mode: 'disabled',
        client_certificate: '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33',
      },
    });
  });

  test.for<[string, JsonObject, Json | undefined]>([
    ['none', {}, undefined],
    ['null', { tls_settings: null }, undefined],
    ['a lone verify_full', { tls_settings: { cert_verification_mode: 'verify_full' } }, undefined],
    [
      'verify_full and null certificates',
      { tls_settings: { cert_verification_mode: 'verify_full', certificate_authority: null } },
      undefined,
    ],
    [
      'verify_full and a certificate',
      { tls_settings: { cert_verification_mode: 'verify_full', client_certificate: certificate } },
      { cert_verification_mode: 'verify_full', client_certificate: '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33' },
    ],
    ['verify_ca', { tls_settings: { cert_verification_mode: 'verify_ca' } }, { cert_verification_mode: 'verify_ca' }],
  ])('omits TLS settings that have the same effect when omitted: %s', ([, tls, expected]) => {
    expect(toBody(normalize({ ...http, ...tls }).known, new Map())['tls_settings']).toEqual(expected);
  });

  test('has the carried-over fields in their place, unchanged', () => {
    const carriedOver = fields({
      weight: 3,
      'labels.of': { team: 'data', none: null },
      'host.zone': 'b',
      'host.network.mtu': 1400,
      'tls_settings.min.version': '1.2',
    });
    expect(toBody(normalize(http).known, carriedOver)).toEqual({
      name: 'web',
      type: 'http',
      weight: 3,
      'labels.of': { team: 'data', none: null },
      host: { ipv4: '10.0.0.12', zone: 'b', network: { tunnel_id: '0191dce4-9ab4-7fce-b660-8e5dec5172da', mtu: 1400 } },
      tls_settings: { cert_verification_mode: 'verify_full', 'min.version': '1.2' },
    });
  });

  test.for(['__proto__', 'constructor', 'toString'])('carries over a field named %s', (key) => {
    const { unknown } = normalize(JSON.parse(`{"${key}": {"a": 1}, "host": {"${key}": 2}}`));
    const body = toBody(new Map(), unknown);
    expect(JSON.stringify(body)).toBe(`{"${key}":{"a":1},"host":{"${key}":2}}`);
  });

  test('is empty without fields', () => {
    expect(toBody(new Map(), new Map())).toEqual({});
  });
});

test.for<{ path: string; host: JsonObject; lost: boolean }>([
  { path: 'host.network.mtu', host: http.host, lost: false },
  { path: 'host.network.mtu', host: tcp.host, lost: true },
  { path: 'host.resolver_network.ttl', host: tcp.host, lost: false },
  { path: 'host.resolver_network.ttl', host: http.host, lost: true },
  { path: 'host.network.a.b', host: http.host, lost: false },
  { path: 'host.network.a.b', host: tcp.host, lost: true },
  { path: 'host.zone', host: tcp.host, lost: false },
  { path: 'tls_settings.ciphers', host: tcp.host, lost: false },
  { path: 'labels', host: tcp.host, lost: false },
  { path: 'a.b', host: tcp.host, lost: false },
])('whether $host has no place for the unknown $path: $lost', ({ path, host, lost }) => {
  expect(findLostFields(normalize({ host }).known, fields({ [path]: 1 }))).toEqual(lost ? [path] : []);
});

test.for<{ what: string; live: JsonObject; left: readonly string[] }>([
  { what: 'nothing else', live: tcp, left: [] },
  { what: 'the type', live: { ...tcp, type: 'http', tcp_port: null }, left: ['labels'] },
  { what: 'the kind of host', live: { ...tcp, host: http.host }, left: ['host.zone'] },
  { what: 'both', live: http, left: ['host.zone', 'labels'] },
])('leaves unknown fields of the old shape out of an update that changes $what', ({ live, left }) => {
  const unknown = fields({ 'host.zone': 'a', labels: 1, 'tls_settings.ciphers': [] });
  const carried = fieldsToCarryOver(normalize(tcp).known, normalize(live).known, unknown);
  expect([...unknown.keys()].filter((path) => !carried.has(path))).toEqual(left);
});

test('restores unknown keys that contain dots and quotes', () => {
  const odd = { 'host.ipv4': '10.9.9.9', '"quoted': 1, '"a.b"': 2 };
  const { known: fields, unknown: carried } = normalize({ ...tcp, ...odd });
  expect(fields.has('host.ipv4')).toBe(false);
  expect(toBody(fields, carried)).toMatchObject(odd);
});

test.for(['1:2', '::1]/x?[', 'a.b:c'])('leaves a value unchanged that only looks like an IPv6 address: %s', (ipv6) => {
  expect(known({ host: { ipv6 } })).toMatchObject({ 'host.ipv6': ipv6 });
});
