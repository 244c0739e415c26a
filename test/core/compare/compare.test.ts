import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/core/base/json.ts';
import { changesBetween, compare, findingId, isDeclared, liveOf } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { normalize } from '../../../src/core/service/normalize.ts';
import {
  apiResponse,
  certificate,
  declared,
  findings,
  http,
  id,
  live,
  otherTunnel,
  service,
  tcp,
  tunnel,
} from '../builders.ts';
import type { Sides } from '../builders.ts';

/** Returns the finding for one service. Both sides are complete services. */
const compareOne = (declaredService: JsonObject, liveService: JsonObject) => {
  const [finding] = compare(declared(declaredService), [{ service_id: id(1), name: 'db', value: liveService }]);
  return finding;
};

const changesOf = (declaredService: JsonObject, liveService: JsonObject) => {
  const finding = compareOne(declaredService, liveService);
  return finding?.kind === 'drifted' ? finding.changes : [];
};

const web = { ...http, service_id: id(1) };
const named = (fields: JsonObject) => ({
  ...tcp,
  host: { ...tcp.host, resolver_network: { tunnel_id: tunnel, ...fields } },
});
const v6 = (ipv6: string) => ({ ...web, host: { ipv6, network: { tunnel_id: tunnel } } });
const tls = (settings: Json) => ({ ...tcp, tls_settings: settings });

describe('is in sync if the live service', () => {
  test.for<{ what: string; declared: JsonObject; live: JsonObject }>([
    { what: 'is as declared', declared: tcp, live: tcp },
    { what: 'has nulls and times', declared: tcp, live: apiResponse(tcp) },
    { what: 'lacks declared nulls', declared: apiResponse(tcp), live: tcp },
    {
      what: 'has all five host keys',
      declared: web,
      live: { ...web, host: { hostname: null, ipv6: null, resolver_network: null, ...web.host } },
    },
    {
      what: 'has its fields in another order',
      declared: web,
      live: { host: { network: web.host.network, ipv4: '10.0.0.12' }, type: 'http', name: 'web' },
    },
    {
      what: 'has other times',
      declared: { ...tcp, created_at: '2026-01-01T00:00:00Z' },
      live: { ...tcp, created_at: '2026-09-14T08:21:44Z', updated_at: 'now' },
    },
    { what: 'has null ports', declared: web, live: { ...web, http_port: null, https_port: null } },
    { what: 'lacks ports declared as null', declared: { ...web, http_port: null, https_port: null }, live: web },
    { what: 'has a null protocol', declared: tcp, live: { ...tcp, app_protocol: null } },
    { what: 'has null fields of the other type', declared: tcp, live: { ...tcp, http_port: null, https_port: null } },
    {
      what: 'has the host name in lower case',
      declared: { ...tcp, host: { ...tcp.host, hostname: 'DB.Internal' } },
      live: tcp,
    },
    {
      what: 'has the host name in upper case',
      declared: tcp,
      live: { ...tcp, host: { ...tcp.host, hostname: 'DB.INTERNAL' } },
    },
    {
      what: 'has UUIDs in upper case',
      declared: tcp,
      live: {
        ...tcp,
        service_id: id(1).toUpperCase(),
        host: { ...tcp.host, resolver_network: { tunnel_id: tunnel.toUpperCase() } },
      },
    },
    {
      what: 'has UUIDs in lower case that are declared in upper case',
      declared: {
        ...web,
        service_id: id(1).toUpperCase(),
        host: { ...web.host, network: { tunnel_id: tunnel.toUpperCase() } },
      },
      live: web,
    },
    { what: 'has IPv6 in upper case', declared: v6('2001:db8::12'), live: v6('2001:DB8::12') },
    {
      what: 'has expanded IPv6',
      declared: v6('2001:db8::12'),
      live: v6('2001:0db8:0000:0000:0000:0000:0000:0012'),
    },
    { what: 'has compressed IPv6', declared: v6('2001:0db8:0:0:0:0:0:12'), live: v6('2001:db8::12') },
    { what: 'has embedded IPv4 in hexadecimal', declared: v6('::ffff:10.0.0.1'), live: v6('::ffff:a00:1') },
    { what: 'has embedded IPv4 in dotted form', declared: v6('::FFFF:0A00:0001'), live: v6('::ffff:10.0.0.1') },
    {
      what: 'has expanded IPv6 resolvers',
      declared: named({ resolver_ips: ['fd00::53', '10.0.0.53'] }),
      live: named({ resolver_ips: ['FD00:0:0:0:0:0:0:53', '10.0.0.53'] }),
    },
    { what: 'has [] for no resolvers', declared: tcp, live: named({ resolver_ips: [] }) },
    { what: 'has null for no resolvers', declared: tcp, live: named({ resolver_ips: null }) },
    { what: 'lacks resolvers declared as []', declared: named({ resolver_ips: [] }), live: tcp },
    {
      what: 'has null for resolvers declared as []',
      declared: named({ resolver_ips: [] }),
      live: named({ resolver_ips: null }),
    },
    {
      what: 'has verify_full for omitted TLS settings',
      declared: tcp,
      live: tls({ cert_verification_mode: 'verify_full' }),
    },
    { what: 'has null TLS settings', declared: tcp, live: tls(null) },
    { what: 'lacks a declared verify_full', declared: tls({ cert_verification_mode: 'verify_full' }), live: tcp },
    {
      what: 'has null TLS settings for a declared verify_full',
      declared: tls({ cert_verification_mode: 'verify_full' }),
      live: tls(null),
    },
    {
      what: 'has null certificates',
      declared: tls({ cert_verification_mode: 'verify_ca' }),
      live: tls({ certificate_authority: null, client_certificate: null, cert_verification_mode: 'verify_ca' }),
    },
    {
      what: 'has a null TLS mode',
      declared: tcp,
      live: tls({ cert_verification_mode: null, client_certificate: null }),
    },
    {
      what: 'has certificates in upper case',
      declared: tls({ cert_verification_mode: 'verify_ca', certificate_authority: certificate }),
      live: tls({ cert_verification_mode: 'verify_ca', certificate_authority: certificate.toUpperCase() }),
    },
    {
      what: 'has unknown fields',
      declared: tcp,
      live: { ...tcp, weight: 3, host: { ...tcp.host, zone: 'a' } },
    },
  ])('$what', ({ declared, live }) => {
    expect(compareOne(declared, live)?.kind).toBe('in_sync');
  });

  test('returns the fields of both sides in a finding of kind in_sync', () => {
    const [finding] = findings({ declared: [{}], live: [{}] });
    expect(finding).toMatchObject({ kind: 'in_sync', declaration: { service_id: id(1) }, live: { name: 'db' } });
    expect(finding?.kind === 'in_sync' && [...finding.fields.keys()]).toEqual([
      'name',
      'type',
      'tcp_port',
      'host.hostname',
      'host.resolver_network.tunnel_id',
      'tls_settings.cert_verification_mode',
    ]);
  });
});

describe('finds a change of', () => {
  test.for<{
    what: string;
    declared: JsonObject;
    live: JsonObject;
    changes: [path: string, live: Json, declared: Json][];
  }>([
    { what: 'a name', declared: tcp, live: { ...tcp, name: 'old' }, changes: [['name', 'old', 'db']] },
    { what: 'the case of a name', declared: tcp, live: { ...tcp, name: 'DB' }, changes: [['name', 'DB', 'db']] },
    { what: 'a port', declared: tcp, live: { ...tcp, tcp_port: 3306 }, changes: [['tcp_port', 3306, 5432]] },
    {
      what: 'a port that is unset',
      declared: tcp,
      live: { ...tcp, tcp_port: null },
      changes: [['tcp_port', null, 5432]],
    },
    {
      what: 'a port that is a string',
      declared: tcp,
      live: { ...tcp, tcp_port: '5432' },
      changes: [['tcp_port', '5432', 5432]],
    },
    {
      what: 'a protocol',
      declared: { ...tcp, app_protocol: 'mysql' },
      live: { ...tcp, app_protocol: 'postgresql' },
      changes: [['app_protocol', 'postgresql', 'mysql']],
    },
    {
      what: 'an undeclared protocol',
      declared: tcp,
      live: { ...tcp, app_protocol: 'mysql' },
      changes: [['app_protocol', 'mysql', null]],
    },
    {
      what: 'a type',
      declared: { ...web, http_port: 80 },
      live: { ...web, type: 'tcp', tcp_port: 80 },
      changes: [
        ['type', 'tcp', 'http'],
        ['http_port', null, 80],
        ['tcp_port', 80, null],
      ],
    },
    {
      what: 'an IPv4 address',
      declared: web,
      live: { ...web, host: { ...web.host, ipv4: '10.0.0.13' } },
      changes: [['host.ipv4', '10.0.0.13', '10.0.0.12']],
    },
    {
      what: 'an IPv6 address',
      declared: v6('fd00::12'),
      live: v6('fd00::13'),
      changes: [['host.ipv6', 'fd00::13', 'fd00::12']],
    },
    {
      what: 'a second address',
      declared: web,
      live: { ...web, host: { ...web.host, ipv6: 'FD00::12' } },
      changes: [['host.ipv6', 'fd00::12', null]],
    },
    {
      what: 'a tunnel',
      declared: web,
      live: { ...web, host: { ...web.host, network: { tunnel_id: otherTunnel } } },
      changes: [['host.network.tunnel_id', otherTunnel, tunnel]],
    },
    {
      what: 'a host name',
      declared: tcp,
      live: { ...tcp, host: { ...tcp.host, hostname: 'Other.internal' } },
      changes: [['host.hostname', 'other.internal', 'db.internal']],
    },
    {
      what: 'the tunnel of a host name',
      declared: tcp,
      live: named({ tunnel_id: otherTunnel }),
      changes: [['host.resolver_network.tunnel_id', otherTunnel, tunnel]],
    },
    {
      what: 'resolvers',
      declared: named({ resolver_ips: ['10.0.0.53'] }),
      live: named({ resolver_ips: ['10.0.0.54'] }),
      changes: [['host.resolver_network.resolver_ips', ['10.0.0.54'], ['10.0.0.53']]],
    },
    {
      what: 'the order of resolvers',
      declared: named({ resolver_ips: ['10.0.0.1', '10.0.0.2'] }),
      live: named({ resolver_ips: ['10.0.0.2', '10.0.0.1'] }),
      changes: [['host.resolver_network.resolver_ips', ['10.0.0.2', '10.0.0.1'], ['10.0.0.1', '10.0.0.2']]],
    },
    {
      what: 'a duplicate resolver',
      declared: named({ resolver_ips: ['10.0.0.1'] }),
      live: named({ resolver_ips: ['10.0.0.1', '10.0.0.1'] }),
      changes: [['host.resolver_network.resolver_ips', ['10.0.0.1', '10.0.0.1'], ['10.0.0.1']]],
    },
    {
      what: 'undeclared resolvers',
      declared: tcp,
      live: named({ resolver_ips: ['10.0.0.53'] }),
      changes: [['host.resolver_network.resolver_ips', ['10.0.0.53'], null]],
    },
    {
      what: 'resolvers that are unset',
      declared: named({ resolver_ips: ['10.0.0.53'] }),
      live: named({ resolver_ips: [] }),
      changes: [['host.resolver_network.resolver_ips', null, ['10.0.0.53']]],
    },
    {
      what: 'the kind of host',
      declared: tcp,
      live: { ...tcp, host: web.host },
      changes: [
        ['host.ipv4', '10.0.0.12', null],
        ['host.network.tunnel_id', tunnel, null],
        ['host.hostname', null, 'db.internal'],
        ['host.resolver_network.tunnel_id', null, tunnel],
      ],
    },
    {
      what: 'a host that is unset',
      declared: tcp,
      live: { ...tcp, host: null },
      changes: [
        ['host.hostname', null, 'db.internal'],
        ['host.resolver_network.tunnel_id', null, tunnel],
      ],
    },
    {
      what: 'a host that is a string',
      declared: tcp,
      live: { ...tcp, host: 'db.internal' },
      changes: [
        ['host', 'db.internal', null],
        ['host.hostname', null, 'db.internal'],
        ['host.resolver_network.tunnel_id', null, tunnel],
      ],
    },
    {
      what: 'a TLS mode',
      declared: tls({ cert_verification_mode: 'verify_ca' }),
      live: tls({ cert_verification_mode: 'disabled' }),
      changes: [['tls_settings.cert_verification_mode', 'disabled', 'verify_ca']],
    },
    {
      what: 'an undeclared TLS mode',
      declared: tcp,
      live: tls({ cert_verification_mode: 'disabled' }),
      changes: [['tls_settings.cert_verification_mode', 'disabled', 'verify_full']],
    },
    {
      what: 'a TLS mode that is unset',
      declared: tls({ cert_verification_mode: 'verify_ca' }),
      live: tcp,
      changes: [['tls_settings.cert_verification_mode', 'verify_full', 'verify_ca']],
    },
    {
      what: 'an undeclared CA',
      declared: tcp,
      live: tls({ cert_verification_mode: 'verify_full', certificate_authority: certificate }),
      changes: [['tls_settings.certificate_authority', certificate, null]],
    },
    {
      what: 'a certificate that is unset',
      declared: tls({ cert_verification_mode: 'verify_full', client_certificate: certificate }),
      live: tls({ cert_verification_mode: 'verify_full' }),
      changes: [['tls_settings.client_certificate', null, certificate]],
    },
    {
      what: 'several fields, in the order of the fields',
      declared: tls({ cert_verification_mode: 'verify_ca' }),
      live: { ...tcp, name: 'old', tcp_port: 1, host: { ...tcp.host, hostname: 'x' } },
      changes: [
        ['name', 'old', 'db'],
        ['tcp_port', 1, 5432],
        ['host.hostname', 'x', 'db.internal'],
        ['tls_settings.cert_verification_mode', 'verify_full', 'verify_ca'],
      ],
    },
  ])('$what', ({ declared, live, changes }) => {
    expect(changesOf(declared, live).map(({ path, live, declared }) => [path, live, declared])).toEqual(changes);
  });

  const ports = {
    none: {},
    http: { http_port: 80 },
    https: { https_port: 443 },
    both: { http_port: 80, https_port: 443 },
  };
  test.for<[keyof typeof ports, keyof typeof ports, [path: string, live: Json, declared: Json][]]>([
    ['none', 'http', [['http_port', 80, null]]],
    ['none', 'https', [['https_port', 443, null]]],
    [
      'none',
      'both',
      [
        ['http_port', 80, null],
        ['https_port', 443, null],
      ],
    ],
    ['http', 'none', [['http_port', null, 80]]],
    [
      'http',
      'https',
      [
        ['http_port', null, 80],
        ['https_port', 443, null],
      ],
    ],
    ['http', 'both', [['https_port', 443, null]]],
    ['https', 'none', [['https_port', null, 443]]],
    [
      'https',
      'http',
      [
        ['http_port', 80, null],
        ['https_port', null, 443],
      ],
    ],
    ['https', 'both', [['http_port', 80, null]]],
    [
      'both',
      'none',
      [
        ['http_port', null, 80],
        ['https_port', null, 443],
      ],
    ],
    ['both', 'http', [['https_port', null, 443]]],
    ['both', 'https', [['http_port', null, 80]]],
  ])('ports, without assuming default ports: %s declared, %s live', ([declared, live, changes]) => {
    const found = changesOf({ ...web, ...ports[declared] }, apiResponse({ ...web, ...ports[live] }));
    expect(found.map(({ path, live, declared }) => [path, live, declared])).toEqual(changes);
  });

  test.for(['none', 'http', 'https', 'both'] as const)('nothing if the ports are the same: %s', (which) => {
    expect(compareOne({ ...web, ...ports[which] }, apiResponse({ ...web, ...ports[which] }))?.kind).toBe('in_sync');
  });

  test('a service and returns both sides and the unknown fields', () => {
    const finding = compareOne(tcp, { ...tcp, tcp_port: 1, weight: 3 });
    expect(finding).toMatchObject({
      kind: 'drifted',
      declaration: { name: 'db', file: 'db.json', line: 1 },
      live: { service_id: id(1), name: 'db' },
      changes: [{ path: 'tcp_port', live: 1, declared: 5432 }],
    });
    if (finding?.kind !== 'drifted') return;
    expect([finding.declared.get('tcp_port'), finding.liveFields.get('tcp_port')]).toEqual([5432, 1]);
    expect([...finding.unknown]).toEqual([['weight', 3]]);
  });
});

const kinds = (sides: Sides) => findings(sides).map((each) => `${findingId(each)?.slice(-1)} ${each.kind}`);

describe('compare', () => {
  test('reports a declared service that is not live as missing', () => {
    expect(findings({ declared: [{}], live: [http] })).toMatchObject([
      { kind: 'missing', declaration: { service_id: id(1) }, hint: recreateOrRemove },
      { kind: 'unmanaged' },
    ]);
  });

  test('reports a live service that is not declared as unmanaged', () => {
    expect(findings({ live: [{}] })).toMatchObject([{ kind: 'unmanaged', live: { service_id: id(1), name: 'db' } }]);
  });

  test('reports a skipped declaration as invalid, whether or not the service is live', () => {
    const { skipped } = parseFile('db.yaml', `${JSON.stringify({ ...tcp, tcp_port: 0 })}\n---\nname: no id`);
    const found = compare({ declarations: [], tombstones: [], skipped, problems: [] }, [live(), live(http)]);
    expect(found).toMatchObject([
      { kind: 'invalid', skipped: { line: 3, name: 'no id' }, live: null },
      { kind: 'invalid', skipped: { line: 1, name: 'db' }, live: { service_id: id(1) } },
      { kind: 'unmanaged', live: { service_id: id(2) } },
    ]);
    expect(found.map(findingId)).toEqual([null, id(1), id(2)]);
  });

  test('sorts findings by service_id, regardless of the order of both sides', () => {
    const declaredServices = [
      service({ service_id: id(4) }),
      service({ service_id: id(1) }),
      service({ service_id: id(3), name: 'c' }),
    ];
    const liveServices = [
      service({ service_id: id(5), name: 'e' }),
      service({ service_id: id(4) }),
      service({ service_id: id(1), tcp_port: 1 }),
    ];
    const expected = ['1 drifted', '3 missing', '4 in_sync', '5 unmanaged'];
    expect(kinds({ declared: declaredServices, live: liveServices })).toEqual(expected);
    expect(kinds({ declared: declaredServices.toReversed(), live: liveServices.toReversed() })).toEqual(expected);
  });

  test('lists declarations without an id first, sorted by file and line', () => {
    const { skipped } = parseFile('b.yaml', ['x', 'y', 'z'].join('\n---\n'));
    const other = parseFile('a.yaml', `${'#\n'.repeat(11)}x`).skipped;
    const found = compare({ declarations: [], tombstones: [], skipped: [...skipped, ...other], problems: [] }, [
      live(),
    ]);
    expect(
      found.map((each) => (each.kind === 'invalid' ? `${each.skipped.file}:${each.skipped.line}` : each.kind)),
    ).toEqual(['a.yaml:12', 'b.yaml:1', 'b.yaml:3', 'b.yaml:5', 'unmanaged']);
    const reversed = { declarations: [], tombstones: [], skipped: [...other, ...skipped.toReversed()], problems: [] };
    expect(compare(reversed, [live()])).toEqual(found);
    expect(found.map(liveOf)).toEqual([null, null, null, null, live()]);
    expect(found.map(isDeclared)).toEqual([true, true, true, true, false]);
  });

  test('lists declarations that have no name either before all others', () => {
    const { skipped } = collect([parseFile('a.yaml', 'name: A'), parseFile('b.yaml', 'text')]);
    expect(compare({ ...declared(), skipped }, [])).toMatchObject([
      { skipped: { name: null, file: 'b.yaml' } },
      { skipped: { name: 'A', file: 'a.yaml' } },
    ]);
  });

  test('sorts by name where the list repeats an id', () => {
    const names = ['b', 'a'].map((name) => ({ name }));
    expect(findings({ live: names })).toMatchObject([{ live: { name: 'a' } }, { live: { name: 'b' } }]);
  });

  test('returns nothing if nothing is declared and nothing is live', () => {
    expect(findings({})).toEqual([]);
  });
});

describe('several live services of the declared name', () => {
  const twins = [live(), live({ service_id: id(2) })];
  const ambiguous = {
    kind: 'invalid',
    skipped: {
      service_id: null,
      name: 'db',
      file: 'db.json',
      line: 1,
      reason: `2 live services have this name: ${id(1)}, ${id(2)}; declare the service_id`,
      by: 'names',
    },
    live: null,
  };

  test.for([
    ['declaration', service({ service_id: null })],
    ['tombstone', { name: 'db', reconcile: { ensure: 'absent' } }],
  ] as const)('leave a %s without an id undecided', ([, value]) => {
    expect(compare(collect([parseFile('db.json', JSON.stringify(value))]), twins)).toEqual([ambiguous]);
  });

  test('do not matter to a declaration with an id', () => {
    expect(compare(declared(tcp), twins).map(({ kind }) => kind)).toEqual(['in_sync', 'unmanaged']);
  });
});

test('a difference is ignored until its date', () => {
  const ignore = [{ path: 'tcp_port', until: '2027-01-31' }];
  const file = parseFile('db.json', JSON.stringify(service({ tcp_port: 1, reconcile: { ignore } })));
  const kindAt = (now: number) => compare(collect([file]), [live()], now).map(({ kind }) => kind);
  expect(kindAt(Date.UTC(2027, 0, 30))).toEqual(['in_sync']);
  expect(kindAt(Date.UTC(2027, 1, 2))).toEqual(['drifted']);
});

const recreateOrRemove = 'to create it, remove the service_id and set policy to upsert; or remove the declaration';

const hints = (sides: Sides) => findings(sides).flatMap((each) => (each.kind === 'missing' ? [each.hint] : []));

describe('the hint of a missing service', () => {
  const wrongAccount = 'none of the declared services is live; is this the right account?';

  test('names an unmanaged service with the same name', () => {
    expect(hints({ declared: [tcp], live: [{ service_id: id(7) }] })).toEqual([
      `an unmanaged service has the same name: ${id(7)}; if it replaces this service, run: vpc-reconciler accept --ids ${id(7)}`,
    ]);
  });

  test('does not name a declared service with the same live name', () => {
    expect(
      hints({ declared: [tcp, { service_id: id(7), name: 'new' }], live: [{ service_id: id(7), name: 'db' }] }),
    ).toEqual([recreateOrRemove]);
  });

  test('asks about the account if none of several services is live', () => {
    expect(hints({ declared: [tcp, http] })).toEqual([wrongAccount, wrongAccount]);
    expect(hints({ declared: [tcp, http], live: [{ service_id: id(7), name: 'web' }] })).toEqual([
      wrongAccount,
      `an unmanaged service has the same name: ${id(7)}; if it replaces this service, run: vpc-reconciler accept --ids ${id(7)}`,
    ]);
  });

  test('says what to do if the only service is missing or another one is live', () => {
    expect(hints({ declared: [tcp] })).toEqual([recreateOrRemove]);
    expect(hints({ declared: [tcp, http], live: [http] })).toEqual([recreateOrRemove]);
  });
});

test('lists changes of fields that are on either side', () => {
  const { known: left } = normalize({ name: 'a', type: 'tcp', tcp_port: 1 });
  const { known: right } = normalize({ name: 'a', type: 'http', http_port: 1 });
  expect(changesBetween(left, right)).toEqual([
    { path: 'type', live: 'tcp', declared: 'http' },
    { path: 'http_port', live: null, declared: 1 },
    { path: 'tcp_port', live: 1, declared: null },
  ]);
  expect(changesBetween(left, left)).toEqual([]);
});

test('returns the same finding for the same two objects, and a new one for others', () => {
  const [declaredSide, liveSide] = [declared(service()), live()];
  const [first] = compare(declaredSide, [liveSide]);
  expect(compare(declaredSide, [liveSide])[0]).toBe(first);
  const [drifted] = compare(declaredSide, [live({ tcp_port: 1 })]);
  expect(drifted).toMatchObject({ kind: 'drifted', changes: [{ path: 'tcp_port', live: 1, declared: 5432 }] });
  expect(compare(declaredSide, [liveSide])[0]).toEqual(first);
});

describe('an item of the list that cannot be used', () => {
  const reason = 'item 2 of the list of services: expected at most 50 levels, found more';
  const unusable = { service_id: id(2), name: 'web', value: null, reason };
  const nameless = { ...unusable, service_id: null };

  test('is a finding of its own, and the others are compared', () => {
    const findings = compare(declared(tcp), [live(), { ...nameless, name: null }]);
    expect(findings.map(({ kind }) => kind)).toEqual(['invalid', 'in_sync']);
    expect(findings[0]).toEqual({
      kind: 'invalid',
      skipped: { service_id: null, name: null, file: null, line: null, reason, by: 'list' },
      live: null,
    });
    expect(findings.map(isDeclared)).toEqual([false, true]);
  });

  test('does not make its declaration missing', () => {
    const findings = compare(declared(http), [unusable]);
    expect(findings).toEqual([
      {
        kind: 'invalid',
        skipped: { service_id: id(2), name: 'web', file: 'web.json', line: 1, reason, by: 'list' },
        live: null,
      },
    ]);
    expect(findings.map(isDeclared)).toEqual([true]);
  });

  test('is the hint for a missing declaration of the same name', () => {
    expect(compare(declared(http), [nameless])).toMatchObject([{ kind: 'invalid' }, { kind: 'missing', hint: reason }]);
  });

  test('is no hint for a declaration with another name, or if its id can be read', () => {
    for (const item of [
      { ...nameless, name: 'other' },
      { ...unusable, service_id: id(9) },
    ]) {
      expect(compare(declared(http), [item]).find(({ kind }) => kind === 'missing')).toMatchObject({
        hint: recreateOrRemove,
      });
    }
  });

  test('of the declared name is what a declaration without an id is for, if its id can be read', () => {
    const byName = declared({ ...http, service_id: null });
    expect(compare(byName, [unusable])).toMatchObject([
      { kind: 'invalid', skipped: { service_id: id(2), file: 'web.json', by: 'list' } },
    ]);
    expect(compare(byName, [nameless])).toMatchObject([
      { kind: 'missing', hint: reason },
      { kind: 'invalid', skipped: { file: null } },
    ]);
  });

  test.for([null, ''])('and has the name %j, could be any service that is declared by its name', (name) => {
    const hint = 'the API lists a service whose name cannot be read, which could be this one';
    const found = compare(declared({ ...http, service_id: null }), [{ ...unusable, name }]);
    expect(found.find(({ kind }) => kind === 'missing')).toMatchObject({ hint });
  });

  test('counts as the service of a declaration that renames it, so that no second one is created', () => {
    const renamed = declared({ ...http, service_id: null, name: 'site', reconcile: { renamed_from: 'web' } });
    expect(compare(renamed, [unusable])).toMatchObject([
      { kind: 'invalid', skipped: { file: 'site.json', by: 'list' } },
    ]);
    expect(compare(renamed, [nameless])).toMatchObject([{ kind: 'missing', hint: reason }, { kind: 'invalid' }]);
  });

  test('is named although a declaration without a readable id is skipped', () => {
    const { skipped } = parseFile('web.json', JSON.stringify({ ...http, service_id: 7 }));
    expect(skipped).toMatchObject([{ service_id: null }]);
    expect(compare({ ...declared(), skipped }, [nameless])).toHaveLength(2);
  });

  test('adds nothing if its declaration is skipped', () => {
    const { skipped } = parseFile('web.json', JSON.stringify({ ...http, http_port: 0 }));
    const findings = compare({ ...declared(), skipped }, [unusable]);
    expect(findings).toMatchObject([{ kind: 'invalid', skipped: { file: 'web.json', by: 'declaration' } }]);
    expect(findings.map(isDeclared)).toEqual([true]);
  });
});
