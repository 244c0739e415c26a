import * as fc from 'fast-check';
import { isObject, parseJson } from '../../../src/core/base/json.ts';
import type { Json, JsonObject } from '../../../src/core/base/json.ts';
import { POLICIES } from '../../../src/core/plan/policy.ts';
import { UNKNOWN_FIELDS_POLICIES } from '../../../src/core/plan/withhold.ts';
import { IGNORABLE_PATHS } from '../../../src/core/service/instructions.ts';

/* Folders and accounts of every kind: types, hosts, notations, unknown fields, instructions, names that change hands. */

const NAMES = ['a', 'b', 'c', 'd', 'e', 'A', 'ä', 'a.b', 'name:a', '__proto__', 'constructor', ' a', '"a.b"', '😀'];
const CERTIFICATE = '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33';
export const TUNNELS = ['0191dce4-9ab4-7fce-b660-8e5dec5172da', '0191dce4-9ab4-7fce-b660-8e5dec5172db'];
export const idOf = (number: number) => `0199a0c4-2b10-7c3e-8a51-abcdef${String(number).padStart(6, '0')}`;

const mixedCase = (...texts: string[]) => fc.constantFrom(...texts.flatMap((text) => [text, text.toUpperCase()]));
const ipv4 = fc.constantFrom('10.0.0.1', '10.0.0.2');
const ipv6 = fc.constantFrom(
  'fd00::12',
  'FD00:0:0:0:0:0:0:12',
  '::ffff:10.0.0.1',
  '::FFFF:a00:1',
  '2001:0db8::0001',
  '::',
);
const network = fc.record({ tunnel_id: mixedCase(...TUNNELS) });
const resolverNetwork = fc.record(
  { tunnel_id: mixedCase(...TUNNELS), resolver_ips: fc.option(fc.array(fc.oneof(ipv4, ipv6), { maxLength: 2 })) },
  { requiredKeys: ['tunnel_id'] },
);
const host: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.record({ ipv4, network }),
  fc.record({ ipv6, network }),
  fc.record({ ipv4, ipv6, network, hostname: fc.constant(null) }),
  fc.record({
    hostname: fc.constantFrom('db', 'Db.Internal', 'db.internal', 'db.internal.'),
    resolver_network: resolverNetwork,
  }),
);
const tls = fc.record(
  {
    cert_verification_mode: fc.constantFrom('verify_full', 'verify_ca'),
    certificate_authority: fc.option(mixedCase(CERTIFICATE)),
    client_certificate: fc.option(mixedCase(CERTIFICATE)),
  },
  { requiredKeys: ['cert_verification_mode'] },
);
const port = fc.constantFrom(1, 80, 443);
const optional = { requiredKeys: [] };
const shared = fc.record({ host, tls_settings: fc.option(tls) }, { requiredKeys: ['host'] });
export const fields: fc.Arbitrary<JsonObject> = fc.oneof(
  fc
    .tuple(shared, fc.record({ http_port: fc.option(port), https_port: fc.option(port) }, optional))
    .map(([both, own]) => ({ type: 'http', ...both, ...own })),
  fc
    .tuple(shared, port, fc.record({ app_protocol: fc.option(fc.constantFrom('mysql', 'postgresql')) }, optional))
    .map(([both, tcp_port, own]) => ({ type: 'tcp', ...both, tcp_port, ...own })),
);

/** Texts of JSON, because a JavaScript number cannot hold some of them. */
const numbers = fc.constantFrom('1.10', '1e400', '9007199254740993', '-0', '0.0', '1E2', '80.0');
const value: fc.Arbitrary<string> = fc.oneof(
  numbers,
  fc.json({ maxDepth: 2 }),
  fc.constantFrom('{}', '[]', 'null', '""', '{"a":null}', '[null]', '{"__proto__":{"a":1}}', '"\\ud800"'),
  numbers.map((number) => `{"a":[${number},{"b":${number}}]}`),
);
const unknownKey = fc.constantFrom(
  'x',
  'y.z',
  '"q"',
  '"q.r"',
  '__proto__',
  'constructor',
  'reconcile',
  'toString',
  '',
  '.',
  'ipv4.x',
  'network',
);
const unknown = fc.array(
  fc.record({
    at: fc.constantFrom('', '', 'host', 'host.network', 'host.resolver_network', 'tls_settings'),
    key: unknownKey,
    value,
  }),
  { maxLength: 3 },
);

type UnknownField = { readonly at: string; readonly key: string; readonly value: string };

/** Returns a service with unknown fields in those of its mappings that it has. */
function withUnknown(service: JsonObject, fields: readonly UnknownField[]): JsonObject {
  return fields.reduce((all, { at, key, value }) => {
    const path = at === '' ? [] : at.split('.');
    return put(all, path, [key, Object.values(parseJson(`[${value}]`) ?? [])[0] ?? null]);
  }, service);
}

function put(object: JsonObject, [first, ...rest]: readonly string[], field: readonly [string, Json]): JsonObject {
  if (first === undefined) return Object.fromEntries([field, ...Object.entries(object)]);
  const inner = object[first];
  return isObject(inner) ? { ...object, [first]: put(inner, rest, field) } : object;
}

const moment = fc.constantFrom('2020-01-01', '2030-01-01T00:00:00Z');
const ignorable = fc.constantFrom(...IGNORABLE_PATHS);
const ignore = fc.array(fc.oneof(ignorable, fc.record({ path: ignorable, until: moment })), {
  minLength: 1,
  maxLength: 3,
});
const pause = fc.oneof(fc.constant(true), fc.record({ until: moment }));
const instructions = fc.oneof(
  { weight: 3, arbitrary: fc.record({ ignore }) },
  { weight: 1, arbitrary: fc.record({ ignore, pause }, optional) },
);

const entry = fc.record({
  by: fc.constantFrom('id', 'id', 'id', 'name', 'name', 'renamed', 'swap', 'new', 'none'),
  upperCase: fc.boolean(),
  absent: fc.constantFrom(false, false, false, true),
  isLive: fc.constantFrom(true, true, true, false),
  live: fields,
  sameFields: fc.boolean(),
  declared: fields,
  describes: fc.constantFrom('nothing', 'some', 'all'),
  unknown,
  instructions: fc.option(instructions, { freq: 3 }),
});

export const world = fc.record({
  names: fc.shuffledSubarray(NAMES, { minLength: 8, maxLength: NAMES.length }),
  entries: fc.array(entry, { minLength: 3, maxLength: 9 }),
  policy: fc.constantFrom(...POLICIES),
  unknownFields: fc.constantFrom(...UNKNOWN_FIELDS_POLICIES),
  canary: fc.constantFrom(0, 0, 1),
  lag: fc.constantFrom(0, 0, 400),
  quirks: fc.record({
    uuids: fc.constantFrom('as-sent', 'upper', 'lower'),
    ipv6: fc.constantFrom('as-sent', 'compressed', 'expanded', 'upper'),
    hostname: fc.constantFrom('lower', 'as-sent'),
    emptyResolvers: fc.constantFrom('absent', 'null', '[]'),
    verifyFull: fc.constantFrom('as-sent', 'absent', 'explicit'),
    tlsNulls: fc.boolean(),
    unusedHostKeys: fc.constantFrom('null', 'absent'),
    unsetPorts: fc.constantFrom('null', 'absent'),
    order: fc.constantFrom('created', 'shuffled'),
  } as const),
});
export type World = typeof world extends fc.Arbitrary<infer Each> ? Each : never;

type Entry = typeof entry extends fc.Arbitrary<infer Each> ? Each : never;

/** Returns the account and the folder of a world. */
export function accountAndFolder({ names, entries }: World) {
  const nameOf = (index: number) => names[index] ?? `extra-${index}`;
  return {
    services: entries.flatMap(({ isLive, live, unknown: more }, index) =>
      isLive ? [withUnknown({ service_id: idOf(index), name: nameOf(index), ...live }, more)] : [],
    ),
    documents: entries.flatMap((each, index) =>
      each.by === 'none'
        ? []
        : [
            {
              ...keyOf(each, index, nameOf, entries.length),
              ...contentOf(each),
              ...instructionsOf(each, nameOf(index)),
            },
          ],
    ),
  };
}

/** Returns what identifies the service of a document. `swap` takes the name of the next service. */
function keyOf({ by, upperCase }: Entry, index: number, nameOf: (index: number) => string, count: number): JsonObject {
  const service_id = upperCase ? idOf(index).toUpperCase() : idOf(index);
  if (by === 'id') return { service_id, name: nameOf(index) };
  if (by === 'swap') return { service_id, name: nameOf((index + 1) % (count + 1)) };
  return { name: by === 'name' ? nameOf(index) : `new-${index}` };
}

function contentOf({ absent, describes, sameFields, live, declared }: Entry): JsonObject {
  const content = sameFields ? live : declared;
  if (!absent || describes === 'all') return content;
  return describes === 'nothing' ? {} : { type: content['type'] ?? null };
}

function instructionsOf({ by, absent, instructions: more }: Entry, name: string): JsonObject {
  const renamed = by === 'renamed' && !absent ? { renamed_from: name } : {};
  const reconcile = { ...more, ...renamed, ...(absent ? { ensure: 'absent' } : {}) };
  return Object.keys(reconcile).length === 0 ? {} : { reconcile };
}
