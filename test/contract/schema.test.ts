import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import * as fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../src/config/config-error.ts';
import { loadConfig } from '../../src/config/load-config.ts';
import { configSchema } from '../../src/config/setting-docs.ts';
import type { Json, JsonObject } from '../../src/core/base/json.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import { serviceSchema } from '../../src/core/service/declaration-schema.ts';
import { apiResponse, certificate, http, id, tcp, tunnel } from '../core/builders.ts';

/*
 * An independent validator checks values by the JSON Schemas, and the program checks the same values. The tests list the cases in which the
 * two disagree, with the reason.
 */

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true });
ajv.addVocabulary(['errorMessage', 'enumDescriptions', 'doNotSuggest']);

const byServiceSchema = ajv.compile(serviceSchema());
const byConfigSchema = ajv.compile(configSchema());
const byProgram = (value: unknown) => parseFile('service.json', JSON.stringify(value)).declarations.length === 1;

const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-schema-'));
afterAll(() => rmSync(folder, { recursive: true }));

function byLoading(settings: Json): boolean {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(settings));
  try {
    loadConfig({ environment: {}, flags: {}, file });
    return true;
  } catch (error) {
    if (error instanceof ConfigError) return false;
    throw error;
  }
}

const network = { tunnel_id: tunnel };
const tls = (fields: JsonObject) => ({ ...tcp, tls_settings: { cert_verification_mode: 'verify_full', ...fields } });
const without = (value: JsonObject, name: string) =>
  Object.fromEntries(Object.entries(value).filter(([key]) => key !== name));

describe('a declaration', () => {
  test.for<readonly [string, Json]>([
    ['of type tcp', tcp],
    ['of type http without ports', http],
    ['with one port', { ...http, http_port: 8080 }],
    ['with both ports at their limits', { ...http, http_port: 1, https_port: 65_535 }],
    ['of PostgreSQL', { ...tcp, app_protocol: 'postgresql' }],
    ['of type http, as the API returns it', apiResponse(http)],
    ['of type tcp, as the API returns it', apiResponse(tcp)],
    ['with null for the fields of the other type', { ...http, tcp_port: null, app_protocol: null }],
    ['with both address families', { ...http, host: { ipv4: '10.0.0.1', ipv6: 'fd00::1', network } }],
    ['with an IPv6 address that ends in IPv4 notation', { ...http, host: { ipv6: '64:ff9b::10.0.0.1', network } }],
    ['with an IPv6 address only', { ...http, host: { ipv6: '::1', network } }],
    [
      'with resolvers',
      {
        ...tcp,
        host: { hostname: 'a_b.C-1.', resolver_network: { ...network, resolver_ips: ['10.0.0.53', 'fd00::53'] } },
      },
    ],
    [
      'with an empty list of resolvers',
      { ...tcp, host: { hostname: 'localhost', resolver_network: { ...network, resolver_ips: [] } } },
    ],
    [
      'with TLS settings',
      tls({ cert_verification_mode: 'verify_ca', certificate_authority: certificate, client_certificate: certificate }),
    ],
    ['with disabled and a null CA', tls({ cert_verification_mode: 'disabled', certificate_authority: null })],
    ['with null TLS settings', { ...tcp, tls_settings: null }],
    ['without a service_id', without(tcp, 'service_id')],
    ['with a null service_id', { ...tcp, service_id: null }],
    ['with an id in upper case', { ...tcp, service_id: id(1).toUpperCase() }],
  ])('%s is valid for both', ([, value]) => {
    expect([byProgram(value), byServiceSchema(value)]).toEqual([true, true]);
  });

  test.for<readonly [string, Json]>([
    ['a list', [tcp]],
    ['an empty mapping', {}],
    ...['name', 'type', 'host', 'tcp_port'].flatMap((name): [string, Json][] => [
      [`without ${name}`, without(tcp, name)],
      [`with a null ${name}`, { ...tcp, [name]: null }],
    ]),
    ...[0, 65_536, -1, 80.5, '80', true, [80]].map((port): [string, Json] => [
      `port ${JSON.stringify(port)}`,
      { ...tcp, tcp_port: port },
    ]),
    ['type udp', { ...tcp, type: 'udp' }],
    ['an empty name', { ...tcp, name: '' }],
    ['a name that is a number', { ...tcp, name: 1 }],
    ['an unknown key', { ...tcp, nmae: 'db' }],
    ['an unknown key of the host', { ...tcp, host: { ...tcp.host, port: 1 } }],
    [
      'an unknown key of the network',
      { ...http, host: { ipv4: '10.0.0.1', network: { ...network, resolver_ips: [] } } },
    ],
    ['a port of the other type', { ...tcp, http_port: 80 }],
    ['tcp_port on http', { ...http, tcp_port: 80 }],
    ['app_protocol on http', { ...http, app_protocol: 'mysql' }],
    ['an unknown protocol', { ...tcp, app_protocol: 'postgres' }],
    ['an id that is not a UUID', { ...tcp, service_id: 'db' }],
    ['a host that is an address', { ...tcp, host: '10.0.0.1' }],
    ['a bad IPv4 address', { ...http, host: { ipv4: '10.0.0.256', network } }],
    ['a bad IPv6 address', { ...http, host: { ipv6: 'fd00:::1', network } }],
    [
      'a resolver that is a name',
      { ...tcp, host: { hostname: 'a', resolver_network: { ...network, resolver_ips: ['a'] } } },
    ],
    ...[
      'https://a',
      'a:80',
      'a/b',
      '10.0.0.1',
      'fd00::1',
      '[fd00::1]',
      '',
      'a b',
      'a..b',
      'ä',
      'a'.repeat(64),
      `${'a.'.repeat(127)}a`,
    ].map((hostname): [string, Json] => [`the host name ${hostname}`, { ...tcp, host: { ...tcp.host, hostname } }]),
    ['an unknown verification mode', tls({ cert_verification_mode: 'verify' })],
    ['TLS settings without a mode', { ...tcp, tls_settings: { client_certificate: certificate } }],
    ['a CA with disabled', tls({ cert_verification_mode: 'disabled', certificate_authority: certificate })],
    ['an unknown key of the TLS settings', tls({ ca: certificate })],
  ])('%s is invalid for both', ([, value]) => {
    expect([byProgram(value), byServiceSchema(value)]).toEqual([false, false]);
  });

  /** Every combination of the five fields of a host, each of which can be set, null or absent. */
  const hosts = Object.entries({
    ipv4: '10.0.0.1',
    ipv6: 'fd00::1',
    network,
    hostname: 'a',
    resolver_network: network,
  }).reduce<readonly JsonObject[]>(
    (some, [name, field]) => some.flatMap((host) => [host, { ...host, [name]: null }, { ...host, [name]: field }]),
    [{}],
  );

  test('has a host that both accept or both refuse, for every combination of fields', () => {
    expect(hosts).toHaveLength(243);
    const taken = hosts.filter((host) => byProgram({ ...tcp, host }));
    expect(hosts.filter((host) => byServiceSchema({ ...tcp, host }))).toEqual(taken);
    expect(taken.length).toBeGreaterThan(4);
  });

  test('made of plausible parts, valid or not, has the same result in both', () => {
    const port = fc.constantFrom<Json>(1, 443, 65_535, 0, 65_536, '80', null);
    const uuid = fc.oneof(fc.uuid(), fc.constantFrom<Json>('x', null));
    const tunnelled = fc.option(fc.record({ tunnel_id: uuid }));
    const resolver = fc.oneof(fc.ipV4(), fc.ipV6(), fc.constantFrom<Json>('a', 1));
    const host = fc.record(
      {
        ipv4: fc.option(fc.ipV4()),
        ipv6: fc.option(fc.ipV6()),
        network: tunnelled,
        hostname: fc.option(
          fc.oneof(fc.domain(), fc.ipV4(), fc.string({ unit: fc.constantFrom('a', '1', '.', '-', ':') })),
        ),
        resolver_network: fc.option(
          fc.record({ tunnel_id: uuid, resolver_ips: fc.option(fc.array(resolver)) }, { requiredKeys: ['tunnel_id'] }),
        ),
      },
      { requiredKeys: [] },
    );
    const value = fc.record(
      {
        service_id: uuid,
        name: fc.oneof(fc.string(), fc.constant(null)),
        type: fc.constantFrom<Json>('http', 'tcp', 'tcp', 'udp', null),
        host,
        http_port: port,
        https_port: port,
        tcp_port: port,
        app_protocol: fc.constantFrom<Json>('postgresql', 'mysql', 'mongodb', null),
        tls_settings: fc.option(
          fc.record(
            {
              cert_verification_mode: fc.constantFrom<Json>('verify_full', 'verify_ca', 'disabled', null),
              certificate_authority: uuid,
              client_certificate: uuid,
            },
            { requiredKeys: ['cert_verification_mode'] },
          ),
        ),
        created_at: fc.jsonValue(),
        more: fc.constant(1),
      },
      { requiredKeys: ['service_id', 'name', 'type', 'host'] },
    );
    fc.assert(
      fc.property(value, (declared) => {
        expect(byServiceSchema(declared)).toBe(byProgram(declared));
      }),
      { numRuns: process.env['FULL'] === '1' ? 100_000 : 2_000 },
    );
  });

  test('has an IPv6 address that both accept or both refuse, except for the number of groups before IPv4 notation', () => {
    const text = fc.string({ unit: fc.constantFrom('0', 'f', 'A1b2', ':', ':', '::', '10.0.0.1'), maxLength: 12 });
    fc.assert(
      fc.property(fc.oneof(text, fc.ipV6()), (ipv6) => {
        const value = { ...http, host: { ipv6, network } };
        const [program, schema] = [byProgram(value), byServiceSchema(value)];
        expect(ipv6.includes('.') ? program && !schema : program !== schema).toBe(false);
      }),
      { numRuns: process.env['FULL'] === '1' ? 100_000 : 2_000 },
    );
  });

  test('that is valid is also valid by the JSON Schema', () => {
    const uuid = fc.uuid();
    const port = fc.integer({ min: 1, max: 65_535 });
    const net = fc.record({ tunnel_id: uuid });
    const host = fc.oneof(
      fc.record({ ipv4: fc.ipV4(), ipv6: fc.option(fc.ipV6()), network: net }),
      fc.record({ ipv6: fc.ipV6(), network: net, hostname: fc.constant(null) }),
      fc.record({
        hostname: fc.domain(),
        resolver_network: fc.record({
          tunnel_id: uuid,
          resolver_ips: fc.option(fc.array(fc.oneof(fc.ipV4(), fc.ipV6()))),
        }),
      }),
    );
    const any = {
      service_id: uuid,
      name: fc.string({ minLength: 1 }),
      host,
      tls_settings: fc.option(
        fc.record({
          cert_verification_mode: fc.constantFrom('verify_full', 'verify_ca'),
          certificate_authority: fc.option(uuid),
          client_certificate: fc.option(uuid),
        }),
      ),
    };
    const declared = fc.oneof(
      fc.record({ ...any, type: fc.constant('http'), http_port: fc.option(port), https_port: fc.option(port) }),
      fc.record({
        ...any,
        type: fc.constant('tcp'),
        tcp_port: port,
        app_protocol: fc.option(fc.constantFrom('postgresql', 'mysql')),
      }),
    );
    fc.assert(
      fc.property(declared, (value) => {
        expect([byProgram(value), byServiceSchema(value)]).toEqual([true, true]);
      }),
      { numRuns: process.env['FULL'] === '1' ? 20_000 : 500 },
    );
  });
});

describe('settings', () => {
  test.for<Json>([
    {},
    {
      services: '/srv',
      include: ['a.yaml'],
      allow_empty: true,
      mode: 'detect',
      log_level: 'silent',
      log_format: 'json',
    },
    { include: '*.{yaml,yml},*.json', allow_empty: 'false' },
    { interval: 0, settle: '0', grace_period: '0ms', rescan: '1.5m', request_timeout: '480h', pass_timeout: '1ms' },
    { schedule: 'none' },
    { schedule: ' 0 6 * * 1-5  Europe/Berlin ' },
    { schedule: '@daily' },
    { request_budget: '1100/5m, 150/1s' },
    { request_budget: [' 1 / 1s ', '2/2h'] },
    { concurrency: 1, max_changes: 0, max_change_percent: 100 },
    { concurrency: '007', max_changes: 'none', max_change_percent: '50' },
  ])('%j are valid for both', (settings) => {
    expect([byLoading(settings), byConfigSchema(settings)]).toEqual([true, true]);
  });

  test.for<Json>([
    [],
    'mode',
    { moed: 'apply' },
    { services: '' },
    { services: 1 },
    { include: [] },
    { include: [''] },
    { include: ',a' },
    { allow_empty: 'yes' },
    { allow_empty: 1 },
    { mode: 'aply' },
    { interval: 5 },
    { interval: '5' },
    { interval: '5d' },
    { interval: '00' },
    { rescan: 0 },
    { rescan: '0' },
    { rescan: '0.0s' },
    { schedule: '* * * *' },
    { schedule: null },
    { schedule: '@daily Europe/Berlin' },
    { request_budget: '' },
    { request_budget: [] },
    { request_budget: '10' },
    { request_budget: '0/1m' },
    { request_budget: '10/1m,' },
    { request_budget: ['10/1m, 2/1s'] },
    { concurrency: 0 },
    { concurrency: 101 },
    { concurrency: 1.5 },
    { concurrency: '-1' },
    { max_changes: -1 },
    { max_changes: 'all' },
    { max_change_percent: 101 },
    { log_level: 'loud' },
    { log_format: ['json'] },
    { unknown_fields: null },
  ])('%j are invalid for both', (settings) => {
    expect([byLoading(settings), byConfigSchema(settings)]).toEqual([false, false]);
  });

  test.for<readonly [Json, string]>([
    [{ interval: '481h' }, 'a pattern cannot compare numbers'],
    [{ rescan: '0.1ms' }, 'a pattern cannot round'],
    [{ request_budget: '10/0s' }, 'zero can be written in many ways'],
    [{ include: 'a,,b' }, 'a comma inside braces does not separate, and braces can be nested'],
    [{ schedule: '61 6 * * *' }, 'the syntax of cron is too complex for a pattern'],
    [{ schedule: '0 6 * * * Europe/Berln' }, 'the list of time zones is long and changes'],
    [{ concurrency: '101' }, 'a number in quotes is text, which a schema cannot compare'],
  ])('%j is refused by the program only: %s', ([settings]) => {
    expect([byLoading(settings), byConfigSchema(settings)]).toEqual([false, true]);
  });
});
