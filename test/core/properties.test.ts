import * as fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { isObject } from '../../src/core/base/json.ts';
import type { Json, JsonObject } from '../../src/core/base/json.ts';
import { compare, findingKey } from '../../src/core/compare/compare.ts';
import type { Finding } from '../../src/core/compare/compare.ts';
import { collect } from '../../src/core/load/collect.ts';
import type { Declared } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import type { ParsedFile } from '../../src/core/load/declaration.ts';
import { plan } from '../../src/core/plan/plan.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { Step } from '../../src/core/plan/step.ts';
import { UNKNOWN_FIELDS_POLICIES } from '../../src/core/plan/withhold.ts';
import { toReport } from '../../src/core/report/report.ts';
import type { LiveService } from '../../src/core/service/directory.ts';
import { fieldsToCarryOver, normalize, toBody } from '../../src/core/service/normalize.ts';
import { apiResponse, certificate, facts, id, otherTunnel, planOptions, tunnel } from './builders.ts';

const FULL = process.env['FULL'] === '1';
vi.setConfig({ testTimeout: 120_000 });
const runs = (few: number) => ({ numRuns: FULL ? few * 20 : few });

const json = fc.json({ maxDepth: 2 }).map((text): Json => JSON.parse(text));

/* Services as files may declare them. */

const port = fc.constantFrom(1, 80, 443, 65_535);
const tunnelId = fc.constantFrom(tunnel, otherTunnel, tunnel.toUpperCase());
/** From each address as written to its canonical form, which is sent. */
const ADDRESSES: ReadonlyMap<string, string> = new Map([
  ['fd00::12', 'fd00::12'],
  ['FD00:0:0:0:0:0:0:12', 'fd00::12'],
  ['::ffff:10.0.0.1', '::ffff:a00:1'],
  ['2001:0db8::0001', '2001:db8::1'],
]);
const ipv4 = fc.constantFrom('10.0.0.1', '10.0.0.2');
const ipv6 = fc.constantFrom(...ADDRESSES.keys());
const optional = { requiredKeys: [] };
const network = fc.record({ tunnel_id: tunnelId });
const host: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ ipv4, network }),
  fc.record({ ipv6, network }),
  fc.record({ ipv4, ipv6, network, hostname: fc.constant(null) }),
  fc.record({
    hostname: fc.constantFrom('db', 'Db.Internal', 'db.internal'),
    resolver_network: fc.record(
      { tunnel_id: tunnelId, resolver_ips: fc.option(fc.array(fc.oneof(ipv4, ipv6), { maxLength: 3 })) },
      { requiredKeys: ['tunnel_id'] },
    ),
  }),
);
const tls = fc.record({
  cert_verification_mode: fc.constantFrom('verify_full', 'verify_ca'),
  certificate_authority: fc.option(fc.constantFrom(certificate, certificate.toUpperCase())),
  client_certificate: fc.option(fc.constant(certificate)),
});
const shared = fc.record({ host, tls_settings: fc.option(tls) }, { requiredKeys: ['host'] });
const web = fc.tuple(shared, fc.record({ http_port: fc.option(port), https_port: fc.option(port) }, optional));
const raw = fc.tuple(
  shared,
  fc.record(
    { tcp_port: port, app_protocol: fc.option(fc.constantFrom('mysql', 'postgresql')) },
    { requiredKeys: ['tcp_port'] },
  ),
);
/** A service without an id and a name. */
const declarable: fc.Arbitrary<JsonObject> = fc.oneof(
  web.map(([both, own]) => ({ type: 'http', ...both, ...own })),
  raw.map(([both, own]) => ({ type: 'tcp', ...both, ...own })),
);

/* The API may return a stored value in a different but equivalent form. */

const anyQuirks = fc.record({
  upper: fc.boolean(),
  longIpv6: fc.boolean(),
  nulls: fc.boolean(),
  explicitTls: fc.boolean(),
  noResolvers: fc.constantFrom('absent' as const, 'null' as const, 'empty' as const),
});
type Quirks = typeof anyQuirks extends fc.Arbitrary<infer Each> ? Each : never;

/** Returns a service as the API returns it after storing it. */
function stored(service: JsonObject, { upper, longIpv6, nulls, explicitTls, noResolvers }: Quirks): JsonObject {
  const rewrite = (value: Json, key: string): Json => {
    if (Array.isArray(value)) return value.map((item: Json) => rewrite(item, 'ip'));
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, rewrite(field, name)]));
    if (typeof value !== 'string' || key.startsWith('x_')) return value;
    if (key === 'hostname') return value.toLowerCase();
    if (longIpv6 && value.includes(':')) return expandAddress(value);
    return upper && ['tunnel_id', 'certificate_authority', 'ip', 'ipv6'].includes(key) ? value.toUpperCase() : value;
  };
  const rewritten = Object.fromEntries(Object.entries(service).map(([key, value]) => [key, rewrite(value, key)]));
  const { host, tls_settings: settings } = rewritten;
  const resolver = isObject(host) && isObject(host['resolver_network']) ? host['resolver_network'] : null;
  const resolvers = noResolvers === 'absent' ? {} : { resolver_ips: noResolvers === 'null' ? null : [] };
  const complete = {
    ...rewritten,
    ...(isObject(host) && resolver !== null
      ? { host: { ...host, resolver_network: { ...resolvers, ...withoutNulls(resolver) } } }
      : {}),
    ...(explicitTls && settings == null ? { tls_settings: { cert_verification_mode: 'verify_full' } } : {}),
  };
  return nulls ? apiResponse(complete) : { ...complete, created_at: 'before' };
}

function expandAddress(address: string): string {
  const [head = '', tail = ''] = (ADDRESSES.get(address) ?? address).split('::');
  const groups = [head.split(':'), tail.split(':')].map((each) => each.filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - groups.flat().length }, () => '0');
  return [...(groups[0] ?? []), ...zeros, ...(groups[1] ?? [])].map((group) => group.padStart(4, '0')).join(':');
}

function withoutNulls(object: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  );
}

/* A folder and an account: names change, are swapped or are taken, and some services are on one side only. */

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
/** Unknown fields, at every level of a service. */
const unknownFields = fc.record(
  {
    x_weight: fc.integer(),
    x_labels: json.filter((value) => value !== null),
    host: fc.constant(true),
    network: fc.constant(true),
  },
  optional,
);
const entry = fc.record({
  on: fc.constantFrom('both', 'both', 'both', 'declared', 'live', 'broken'),
  declared: declarable,
  live: fc.option(declarable),
  renamed: fc.boolean(),
  unknown: fc.option(unknownFields, { freq: 2 }),
});
const world = fc
  .record({
    entries: fc.array(entry, { maxLength: NAMES.length }),
    from: fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
    to: fc.shuffledSubarray(NAMES, { minLength: NAMES.length }),
    quirks: anyQuirks,
    filesOf: fc.array(fc.integer({ min: 0, max: 4 }), { minLength: NAMES.length, maxLength: NAMES.length }),
    duplicated: fc.boolean(),
  })
  .map(({ entries, from, to, quirks, filesOf, duplicated }) => {
    const texts = new Map<string, string[]>();
    entries.forEach(({ on, declared, renamed }, index) => {
      if (on === 'live') return;
      const file = `${filesOf[index] ?? 0}.yaml`;
      const names = renamed ? to : from;
      const service = { service_id: id(index + 1), name: names[index] ?? '', ...declared };
      const text = JSON.stringify(on === 'broken' ? { ...service, host: 1 } : service);
      texts.set(file, [...(texts.get(file) ?? []), text, ...(duplicated && index === 0 ? [text] : [])]);
    });
    const live = entries.flatMap(({ on, declared, live, unknown }, index): LiveService[] => {
      const name = from[index] ?? '';
      const value = { service_id: id(index + 1), name, ...(live ?? declared) };
      return on === 'declared'
        ? []
        : [{ service_id: id(index + 1), name, value: stored(withUnknownFields(value, unknown), quirks) }];
    });
    return { files: [...texts].map(([file, documents]) => parseFile(file, documents.join('\n---\n'))), live, quirks };
  });

function withUnknownFields(service: JsonObject, unknown: { readonly [key: string]: Json } | null): JsonObject {
  const { host } = service;
  if (unknown === null || !isObject(host)) return service;
  const { host: inHost, network: inNetwork, ...top } = unknown;
  const key = isObject(host['network']) ? 'network' : 'resolver_network';
  return {
    ...service,
    ...top,
    host: {
      ...host,
      ...(inHost === true ? { x_zone: 'z' } : {}),
      ...(inNetwork === true && isObject(host[key]) ? { [key]: { ...host[key], x_mtu: null, x_ttl: 5 } } : {}),
    },
  };
}

const unknownPolicy = fc.constantFrom(...UNKNOWN_FIELDS_POLICIES);

/** Every declaration of this test has a service_id, and none is a tombstone. */
const updatesIn = (steps: readonly Step[]) => steps.filter((step) => step.kind === 'update');

/** Carries out a plan as the API would, in its order. Throws if a name is taken or steps wait for each other. */
function applyPlan({ steps }: Plan, live: readonly LiveService[], quirks: Quirks): readonly LiveService[] {
  const services = new Map(live.map((each) => [each.service_id, each]));
  const done = new Set<string>();
  while (done.size < steps.length) {
    const ready = updatesIn(steps).filter(
      ({ finding, waitsFor }) => !done.has(finding.live.service_id) && (waitsFor === null || done.has(waitsFor)),
    );
    if (ready.length === 0) throw new Error('steps wait for each other');
    for (const { finding, body } of ready) {
      const { service_id } = finding.live;
      const { name } = body;
      if (typeof name !== 'string') throw new Error('a body without a name');
      const holder = [...services.values()].find((each) => each.name === name);
      if (holder !== undefined && holder.service_id !== service_id) throw new Error(`"${name}" already exists`);
      services.set(service_id, { service_id, name, value: stored({ service_id, ...body }, quirks) });
      done.add(service_id);
    }
  }
  return [...services.values()];
}

const reportOf = (declared: Declared, live: readonly LiveService[]) => {
  const findings = compare(declared, live);
  return toReport(facts({ findings, problems: declared.problems, plan: plan(findings, planOptions()) }));
};

test('returns the same plan and report for any order of files, declarations and live services', () => {
  fc.assert(
    fc.property(world, fc.infiniteStream(fc.nat()), ({ files, live }, random) => {
      const shuffled = <Item>(items: readonly Item[]): readonly Item[] =>
        items
          .map((item) => ({ item, rank: random.next().value ?? 0 }))
          .toSorted((a, b) => a.rank - b.rank)
          .map(({ item }) => item);
      const mixedFiles = shuffled(files).map((file): ParsedFile => ({
        ...file,
        declarations: shuffled(file.declarations),
        skipped: shuffled(file.skipped),
      }));
      const [ordered, mixed] = [collect(files), collect(mixedFiles)];
      const mixedLive = shuffled(live);
      expect(compare(mixed, mixedLive)).toEqual(compare(ordered, live));
      expect(plan(compare(mixed, mixedLive), planOptions())).toEqual(plan(compare(ordered, live), planOptions()));
      expect(JSON.stringify(reportOf(mixed, mixedLive))).toBe(JSON.stringify(reportOf(ordered, live)));
    }),
    runs(100),
  );
});

const ids = (each: readonly { readonly finding: Finding }[]) => each.map(({ finding }) => findingKey(finding));

test('returns one finding for each service, and updates or withholds each drifted service once, in order', () => {
  fc.assert(
    fc.property(world, unknownPolicy, ({ files, live }, unknownFields) => {
      const declared = collect(files);
      const findings = compare(declared, live);
      const drifted = findings.filter((finding) => finding.kind === 'drifted');
      const { steps, withheld } = plan(findings, planOptions({ unknownFields }));
      expect([...ids(steps), ...ids(withheld)].toSorted()).toEqual(drifted.map((finding) => finding.live.service_id));
      expect(ids(steps)).toEqual(ids(steps).toSorted());
      expect(ids(withheld)).toEqual(ids(withheld).toSorted());
      expect(withheld.every(({ reason }) => reason !== '')).toBe(true);

      const { counts, services } = toReport(facts({ findings, plan: { steps, withheld } }));
      expect(counts.declared).toBe(declared.declarations.length + declared.skipped.length);
      expect(counts.live).toBe(live.length);
      expect(counts.in_sync + services.length).toBe(findings.length);
    }),
    runs(100),
  );
});

test('has nothing left to do after a plan is applied, regardless of the form in which the API returns values', () => {
  fc.assert(
    fc.property(world, unknownPolicy, ({ files, live, quirks }, unknownFields) => {
      const declared = collect(files);
      const before = plan(compare(declared, live), planOptions({ unknownFields }));
      const findings = compare(declared, applyPlan(before, live, quirks));
      const after = plan(findings, planOptions({ unknownFields }));
      expect(after.steps).toEqual([]);
      expect(ids(after.withheld)).toEqual(ids(before.withheld));
    }),
    runs(150),
  );
});

test('writes only declared fields and unknown fields of the live service', () => {
  /** Returns the leaves of a body by path. An unknown field is one leaf, even if it is a mapping. */
  const leaves = (value: Json | undefined, path = ''): [string, Json | undefined][] => {
    if (!isObject(value) || path.includes('x_')) return [[path, value]];
    return Object.entries(value).flatMap(([key, field]) => leaves(field, `${path}.${key}`));
  };
  const sent = (value: Json | undefined): Json | undefined => {
    if (Array.isArray(value)) return value.map((item: Json) => sent(item) ?? null);
    return typeof value === 'string' ? (ADDRESSES.get(value) ?? value.toLowerCase()) : value;
  };
  fc.assert(
    fc.property(world, unknownPolicy, ({ files, live }, unknownFields) => {
      const { steps } = plan(compare(collect(files), live), planOptions({ unknownFields }));
      for (const { finding, body } of updatesIn(steps)) {
        const declared = new Map(leaves(finding.declaration.value).map(([path, value]) => [path, sent(value)]));
        const had = new Map(leaves(finding.live.value));
        for (const [path, value] of leaves(body)) {
          if (path.includes('x_')) expect(value).toEqual(had.get(path));
          // The default may be written out if an unknown field next to it makes the mapping necessary.
          else if (path !== '.tls_settings.cert_verification_mode' || value !== 'verify_full') {
            expect([path, value]).toEqual([path, declared.get(path)]);
            expect(value).not.toBeNull();
          }
        }
        for (const key of ['service_id', 'created_at', 'updated_at']) expect(body).not.toHaveProperty(key);
      }
    }),
    runs(100),
  );
});

test('preserves unknown fields in an update, except those of an old shape', () => {
  fc.assert(
    fc.property(world, ({ files, live, quirks }) => {
      const planned = plan(compare(collect(files), live), planOptions());
      const after = new Map(applyPlan(planned, live, quirks).map((each) => [each.service_id, each]));
      for (const { service_id, value } of live) {
        const before = normalize(value);
        const now = normalize(after.get(service_id)?.value ?? {});
        // An update of another shape leaves out what belonged to the old one.
        const kept = fieldsToCarryOver(now.known, before.known, before.unknown);
        expect([...now.unknown]).toEqual([...kept]);
      }
    }),
    runs(100),
  );
});

test('is in sync with its own declaration, regardless of the form in which the API returns values', () => {
  fc.assert(
    fc.property(declarable, anyQuirks, (service, quirks) => {
      const value = { service_id: id(1), name: 'a', ...service };
      const [finding] = compare(collect([parseFile('a.json', JSON.stringify(value))]), [
        { service_id: id(1), name: 'a', value: stored(value, quirks) },
      ]);
      expect(finding?.kind).toBe('in_sync');
    }),
    runs(200),
  );
});

test('normalizing a normalized service again changes nothing, for any answer of the API', () => {
  const key = fc.oneof(fc.string({ maxLength: 3 }), fc.constantFrom('name', 'type', 'http_port', '__proto__', 'a.b'));
  const dictionary = (value: fc.Arbitrary<Json>) => fc.dictionary(key, value, { maxKeys: 4, noNullPrototype: true });
  const branch: fc.Arbitrary<Json> = fc.oneof(dictionary(json), json);
  const hostOrNot: fc.Arbitrary<Json> = fc.oneof(host, branch);
  const service = fc
    .record({ top: dictionary(json), host: hostOrNot, tls: fc.oneof(tls, branch), network: branch })
    .map(({ top, host, tls, network }): JsonObject => ({
      ...top,
      tls_settings: tls,
      host: isObject(host) ? Object.assign({ network }, host) : host,
    }));
  fc.assert(
    fc.property(service, (value) => {
      const once = normalize(value);
      const twice = normalize(toBody(once.known, once.unknown));
      expect([...twice.known]).toEqual([...once.known]);
      expect([...twice.unknown]).toEqual([...once.unknown]);
    }),
    runs(200),
  );
});

const yaml = `service_id: ${id(1)}
name: orders-db # the database
type: tcp
tcp_port: 5432
host: &host
  hostname: "orders.internal"
  resolver_network:
    tunnel_id: ${tunnel}
    resolver_ips: [10.0.0.53, 'fd00::53']
tls_settings: {cert_verification_mode: verify_ca}
---
{"service_id": "${id(2)}", "name": "web", "type": "http", "host": null, "https_port": 443}
`;
const indicators = ['- ', '? ', ': ', 'a: ', '[', ']', '{', '}', ', ', '"', "'", '|\n', '>-\n', '#', '@', '`', '\\'];
const marks = ['&a ', '*a', '*host', '!a ', '!!str ', '---\n', '...\n', '%YAML 1.1\n', '<<: ', '<<<<<<< a\n'];
const characters = ['\n', '\n  ', '\t', '\r\n', '\uFEFF', '\0', '\u0002', '\uD800', '😀', 'null', '.nan', '1e999'];
const keys = ['service_id: ', id(3), '__proto__: ', 'host:\n'];
const fragment = fc.constantFrom(...indicators, ...marks, ...characters, ...keys);
const mutated = fc
  .array(
    fc.record({ at: fc.nat(yaml.length), length: fc.nat(20), text: fc.oneof(fragment, fc.string({ maxLength: 5 })) }),
    { minLength: 1, maxLength: 5 },
  )
  .map((edits) =>
    edits.reduce((text, { at, length, text: put }) => text.slice(0, at) + put + text.slice(at + length), yaml),
  );

test.for([
  ['any text', fc.string({ unit: 'binary', maxLength: 200 })],
  ['fragments of YAML', fc.array(fragment, { maxLength: 60 }).map((pieces) => pieces.join(''))],
  ['a declaration with random edits', mutated],
] as const)(
  'parses without throwing, always with the same result, and reports every skipped declaration: %s',
  ([, text]) => {
    fc.assert(
      fc.property(text, (text) => {
        const parsed = parseFile('a.yaml', text);
        const lines = text.split('\n').length;
        for (const { file, line, column, message } of parsed.problems) {
          expect({ file, inFile: line >= 1 && line <= lines && column >= 1, hasMessage: message !== '' }).toEqual({
            file: 'a.yaml',
            inFile: true,
            hasMessage: true,
          });
        }
        expect(parsed.skipped.length > 0).toBe(parsed.problems.length > 0);
        expect(parseFile('a.yaml', text)).toEqual(parsed);
        expect(() => reportOf(collect([parsed, parsed]), [])).not.toThrow();
      }),
      runs(300),
    );
  },
);
