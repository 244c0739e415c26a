import { describe, expect, test } from 'vitest';
import { isObject, parseJson } from '../../../../src/core/base/json.ts';
import type { JsonObject } from '../../../../src/core/base/json.ts';
import { parseFile } from '../../../../src/core/load/parse-file.ts';
import { describePrevented } from '../../../../src/core/plan/assertions/violation.ts';
import { findViolation } from '../../../../src/core/plan/assertions/write-assertions.ts';
import type { IntendedWrite, WriteFacts } from '../../../../src/core/plan/assertions/write-assertions.ts';
import type { LiveService, UnusableItem } from '../../../../src/core/service/directory.ts';
import { http, id, live, tcp, tunnel } from '../../builders.ts';

const services = '/accounts/account/connectivity/directory/services';

type World = Partial<Omit<WriteFacts, 'account' | 'declared'>> & {
  readonly declared?: readonly JsonObject[];
  readonly listed?: readonly (LiveService | UnusableItem)[];
  /** The services in earlier lists of the pass. */
  readonly seen?: readonly LiveService[];
  /** JSON. */
  readonly body?: string;
  readonly request?: Partial<IntendedWrite['request']>;
  readonly service_id?: string | null;
};

/** Returns the assertion that a write violates and what was found, as one text; null if none. By default everything is in order. */
function violated(
  kind: IntendedWrite['kind'],
  { declared = [], listed = [], seen = [], body, request, ...world }: World,
) {
  const files = declared.map((value, index) => parseFile(`${index}.json`, JSON.stringify(value)));
  expect(files.flatMap(({ problems }) => problems)).toEqual([]);
  const find = (service_id: string) =>
    listed.filter((item): item is LiveService => item.value !== null).find((each) => each.service_id === service_id) ??
    null;
  const { service_id = kind === 'create' ? null : id(1), ...facts } = world;
  const method = ({ create: 'POST', update: 'PUT', delete: 'DELETE' } as const)[kind];
  const path = kind === 'create' ? services : `${services}/${id(1)}`;
  const write: IntendedWrite = {
    request: { method, path, ...(body === undefined ? {} : { body }), ...request },
    kind,
    service_id,
  };
  const violation = findViolation(write, {
    accountId: 'account',
    mode: 'apply',
    isPaused: false,
    policy: 'sync',
    unknownFields: 'preserve',
    declared: {
      declarations: files.flatMap((file) => file.declarations),
      tombstones: files.flatMap((file) => file.tombstones),
    },
    folderAgeMs: 100,
    account: {
      find,
      lastSeen: (each) => find(each) ?? seen.find((old) => old.service_id === each) ?? null,
      holdersOf: (name) => listed.filter((item) => item.name === name),
    },
    at: 0,
    ...facts,
  });
  return violation === null ? null : `${violation.assertion}: ${violation.message}`;
}

const { service_id: _, ...withoutId } = tcp;
const named = { ...withoutId, name: 'new' };
const bodyOf = (fields: JsonObject = {}) => JSON.stringify({ ...withoutId, ...fields });

/** An update of the port that is in order. */
const update: World = { declared: [tcp], listed: [live({ tcp_port: 1 })], body: bodyOf() };
const create: World = { declared: [named], listed: [live()], body: JSON.stringify(named) };
const withWeight = (json: string, weight: string) => json.replace('"weight":1', `"weight":${weight}`);
const absent = { service_id: id(1), reconcile: { ensure: 'absent' } };
const remove: World = { declared: [absent], listed: [live()] };

test('a write that is in order violates nothing', () => {
  expect(violated('update', update)).toBeNull();
  expect(violated('create', create)).toBeNull();
  expect(violated('delete', remove)).toBeNull();
});

describe('the mode and the moment', () => {
  test.each([
    [{ mode: 'detect' }, 'mode: the mode is detect, which writes nothing'],
    [{ mode: 'plan' }, 'mode: the mode is plan, which writes nothing'],
    [{ isPaused: true }, 'mode: all writes are paused'],
    [{ folderAgeMs: 2000 }, null],
    [{ folderAgeMs: 2001 }, 'snapshot: the folder was last checked 2001 ms ago'],
  ] as const)('%j', (facts, expected) => {
    expect(violated('update', { ...update, ...facts })).toBe(expected);
    expect(violated('create', { ...create, ...facts })).toBe(expected);
    expect(violated('delete', { ...remove, ...facts })).toBe(expected);
  });
});

describe('the address', () => {
  test('is in the configured account', () => {
    const path = `/accounts/other/connectivity/directory/services/${id(1)}`;
    expect(violated('update', { ...update, request: { path } })).toBe(
      `account: the address ${path} is not in the account account`,
    );
    expect(violated('update', { ...update, request: { path: `${services}-2/${id(1)}` } })).toContain('account: ');
    expect(violated('create', { ...create, accountId: 'a/b' })).toContain('account: ');
  });

  test('is that of the service of the step, in the case of the API', () => {
    const path = `${services}/${id(2)}`;
    expect(violated('update', { ...update, request: { path } })).toBe(
      `service: expected PUT ${services}/${id(1)}, found PUT ${path}`,
    );
    const upper = { service_id: id(1), name: 'db', value: { ...live({ tcp_port: 1 }).value, service_id: 'AB' } };
    expect(violated('update', { ...update, listed: [upper] })).toContain(`service: expected PUT ${services}/AB`);
    expect(violated('update', { ...update, listed: [upper], request: { path: `${services}/AB` } })).toBeNull();
    expect(violated('create', { ...create, request: { path } })).toContain('service: expected POST');
  });

  test('has the method of the step', () => {
    expect(violated('update', { ...update, request: { method: 'DELETE' } })).toContain('found DELETE');
    expect(violated('create', { ...create, request: { method: 'PUT' } })).toContain('found PUT');
  });

  test('is that of a service in the last list', () => {
    expect(violated('update', { ...update, listed: [] })).toBe(`service: the last list has no service ${id(1)}`);
    expect(violated('delete', { ...remove, listed: [] })).toContain('service: ');
    // A service that is gone can be deleted, because the delete may be a repeated one.
    expect(violated('delete', { ...remove, listed: [], seen: [live()] })).toBeNull();
    expect(violated('update', { ...update, listed: [], seen: [live({ tcp_port: 1 })] })).toContain('service: ');
    expect(violated('create', { ...create, service_id: id(1) })).toContain('service: ');
    expect(violated('update', { ...update, service_id: null })).toContain('service: ');
  });
});

describe('the declaration', () => {
  test('is in the folder, once', () => {
    expect(violated('update', { ...update, declared: [] })).toBe('declared: the folder has 0 declarations of it');
    expect(violated('update', { ...update, declared: [http] })).toContain('declared: ');
    expect(violated('update', { ...update, declared: [tcp, tcp] })).toBe(
      'declared: the folder has 2 declarations of it',
    );
    expect(violated('create', { ...create, declared: [] })).toContain('declared: the folder has 0');
    expect(violated('delete', { ...remove, declared: [] })).toContain('declared: the folder has 0');
  });

  test('can be for the service by its name, or by its previous name', () => {
    expect(violated('update', { ...update, declared: [withoutId] })).toBeNull();
    const renamed = { ...withoutId, name: 'orders', reconcile: { renamed_from: 'db' } };
    expect(violated('update', { ...update, declared: [renamed], body: bodyOf({ name: 'orders' }) })).toBeNull();
    expect(violated('update', { ...update, declared: [{ ...withoutId, name: 'other' }] })).toContain('declared: ');
  });

  test('with the id of the service comes before one with its name', () => {
    const moved = { ...tcp, name: 'moved' };
    expect(violated('update', { ...update, declared: [moved, withoutId], body: bodyOf({ name: 'moved' }) })).toBeNull();
    expect(violated('update', { ...update, declared: [moved, withoutId] })).toContain('body: ');
  });

  test('can be for a service that is named like a word of JavaScript, or a number', () => {
    const odd = { ...withoutId, name: 'null' };
    expect(violated('create', { ...create, declared: [odd, named], body: JSON.stringify(odd) })).toBeNull();
    const number = { ...withoutId, name: '5' };
    expect(violated('create', { ...create, declared: [number], body: JSON.stringify({ ...number, name: 5 }) })).toBe(
      'declared: the folder has 0 declarations of it',
    );
  });

  test('is not paused', () => {
    const paused = { ...tcp, reconcile: { pause: { until: '2027-01-01' } } };
    const until = Date.parse('2027-01-01');
    expect(violated('update', { ...update, declared: [paused] })).toBe('declared: its declaration pauses it');
    expect(violated('update', { ...update, declared: [paused], at: until })).toBeNull();
  });

  test('wants the step', () => {
    expect(violated('delete', { ...remove, declared: [tcp] })).toBe(
      'declared: it is declared present, and the step is "delete"',
    );
    expect(violated('update', { ...update, declared: [absent] })).toBe(
      'declared: it is declared absent, and the step is "update"',
    );
  });

  test('of a service to delete does not contradict it', () => {
    const host = { hostname: 'DB.internal', resolver_network: { tunnel_id: tunnel } };
    const value = { ...absent, tcp_port: 5432, http_port: null, host };
    expect(violated('delete', { ...remove, declared: [value] })).toBeNull();
    const wrong = { ...remove, listed: [live({ tcp_port: 1 })] };
    expect(violated('delete', { ...wrong, declared: [value] })).toBe(
      'declared: the live service contradicts its declaration at tcp_port',
    );
    const ignoring = { ...value, reconcile: { ensure: 'absent', ignore: ['tcp_port'] } };
    expect(violated('delete', { ...wrong, declared: [ignoring] })).toBeNull();
  });
});

test('the policy allows the step', () => {
  expect(violated('update', { ...update, policy: 'update' })).toBeNull();
  expect(violated('create', { ...create, policy: 'upsert' })).toBeNull();
  expect(violated('create', { ...create, policy: 'update' })).toBe('policy: a create, and the policy is update');
  expect(violated('delete', { ...remove, policy: 'upsert' })).toBe('policy: a delete, and the policy is upsert');
});

describe('the body', () => {
  test.each([
    [bodyOf({ tcp_port: 5433 }), 'it differs from what is declared at tcp_port'],
    [
      bodyOf({ host: { hostname: 'db.internal' } }),
      'it differs from what is declared at host.resolver_network.tunnel_id',
    ],
    [bodyOf({ app_protocol: 'mysql' }), 'it differs from what is declared at app_protocol'],
    [
      bodyOf({ host: http.host }),
      'it differs from what is declared at host.ipv4, host.network.tunnel_id, host.hostname',
    ],
    [bodyOf({ app_protocol: null }), 'it contains app_protocol'],
    [bodyOf({ service_id: id(1), updated_at: 'now' }), 'it contains service_id, updated_at'],
    ['[]', 'it is not a JSON object'],
    ['{', 'it is not a JSON object'],
  ])('of an update is what is declared: %s', (body, expected) => {
    expect(violated('update', { ...update, body })).toContain(`body: ${expected}`);
  });

  test('is what is declared in any notation', () => {
    const host = { hostname: 'DB.internal.', resolver_network: { tunnel_id: tunnel.toUpperCase(), resolver_ips: [] } };
    const declared = { ...tcp, host, tls_settings: { cert_verification_mode: 'verify_full' } };
    expect(violated('update', { ...update, declared: [declared] })).toBeNull();
    expect(violated('update', { ...update, body: bodyOf().replace('5432', '5432.0') })).toBeNull();
  });

  test('has the live values of ignored fields', () => {
    const ignore = ['tcp_port', { path: 'tls_settings', until: '2027-01-01' }];
    const tls = { cert_verification_mode: 'disabled' };
    const world = {
      ...update,
      declared: [{ ...tcp, name: 'orders', reconcile: { ignore } }],
      listed: [live({ tcp_port: 1, tls_settings: tls })],
    };
    const kept = bodyOf({ name: 'orders', tcp_port: 1, tls_settings: tls });
    expect(violated('update', { ...world, body: kept })).toBeNull();
    expect(violated('update', { ...world, body: bodyOf({ name: 'orders' }) })).toBe(
      'body: it differs from what is declared at tcp_port, tls_settings.cert_verification_mode',
    );
    const at = Date.parse('2027-01-01');
    expect(violated('update', { ...world, at, body: kept })).toContain('tls_settings');
    expect(violated('update', { ...world, at, body: bodyOf({ name: 'orders', tcp_port: 1 }) })).toBeNull();
  });

  test('of a create is what is declared, and a delete has none', () => {
    expect(violated('create', { ...create, body: JSON.stringify({ ...named, tcp_port: 1 }) })).toContain(
      'body: it differs from what is declared at tcp_port',
    );
    expect(violated('create', { ...create, body: JSON.stringify({ ...named, weight: 1 }) })).toBe(
      'unknown_fields: they are not sent as they are live: weight',
    );
    expect(violated('create', { ...create, body: '7' })).toContain('declared: ');
    expect(violated('delete', { ...remove, body: '{}' })).toBe('body: a delete with a body');
  });

  test('contains no instructions', () => {
    const declared = { ...tcp, reconcile: { ignore: ['host'] } };
    expect(
      violated('update', { ...update, declared: [declared], body: bodyOf({ reconcile: declared.reconcile }) }),
    ).toBe('unknown_fields: they are not sent as they are live: reconcile');
  });

  test('names at most ten fields', () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`x${index}`, 1]));
    expect(violated('update', { ...update, body: bodyOf(many) })).toMatch(/: x0, .*, x9 and 2 more$/);
    const { x10: _10, x11: _11, ...ten } = many;
    expect(violated('update', { ...update, body: bodyOf(ten) })).toMatch(/: x0, .*, x9$/);
  });
});

describe('unknown fields', () => {
  test('are carried over digit by digit', () => {
    const { value } = live({ tcp_port: 1, weight: 1 });
    const body = bodyOf({ weight: 1 });
    for (const weight of ['1.10', '9007199254740993', '1e400', '-0']) {
      const exact = parseJson(withWeight(JSON.stringify(value), weight));
      if (!isObject(exact)) throw new Error('expected an object');
      const world = { ...update, listed: [{ service_id: id(1), name: 'db', value: exact }] };
      expect(violated('update', { ...world, body: withWeight(body, weight) })).toBeNull();
      expect(violated('update', { ...world, body: withWeight(body, String(Number(weight))) })).not.toBeNull();
    }
  });

  test('are carried over as they are', () => {
    const world = { ...update, listed: [live({ tcp_port: 1, weight: { a: [1, null] }, gone: null })] };
    expect(violated('update', { ...world, body: bodyOf({ weight: { a: [1, null] } }) })).toBeNull();
    expect(violated('update', world)).toBe('unknown_fields: they are not sent as they are live: weight');
    expect(violated('update', { ...world, body: bodyOf({ weight: { a: [1] } }) })).toContain('weight');
  });

  test('are at any level, and may have a dot in their name', () => {
    const host = { ...tcp.host, 'x.y': 1 };
    const world = { ...update, listed: [live({ tcp_port: 1, host })] };
    expect(violated('update', { ...world, body: bodyOf({ host }) })).toBeNull();
    expect(violated('update', world)).toBe('unknown_fields: they are not sent as they are live: host."x.y"');
  });

  test('of another type or another kind of host are left out', () => {
    const other = live({ ...http, service_id: id(1), name: 'db', http_port: 1, weight: 1 });
    const host = { ...http.host, zone: 1 };
    expect(violated('update', { ...update, listed: [other] })).toBeNull();
    expect(violated('update', { ...update, listed: [other], body: bodyOf({ weight: 1 }) })).toContain(
      'unknown_fields: ',
    );
    expect(violated('update', { ...update, listed: [live({ host })] })).toBeNull();
    const declared = [{ ...http, service_id: id(1) }];
    const { service_id: _id, ...body } = http;
    const sameHost = { declared, listed: [live({ ...http, service_id: id(1), http_port: 1, host })] };
    expect(violated('update', { ...sameHost, body: JSON.stringify(body) })).toContain('host.zone');
    const network = { ...http.host, network: { ...http.host.network, zone: 1 } };
    expect(violated('update', { ...update, listed: [live({ host: network })] })).toContain('host.network.zone');
  });

  test('are not in known fields, whatever their values', () => {
    expect(violated('update', { ...update, listed: [live({ tcp_port: { a: 1 } })] })).toBeNull();
    expect(violated('update', { ...update, listed: [live({ host: 'db.internal' })] })).toBeNull();
  });

  test('are treated as the setting says', () => {
    const world = { ...update, listed: [live({ tcp_port: 1, weight: 1 })] };
    expect(violated('update', { ...world, unknownFields: 'drop' })).toBeNull();
    expect(violated('update', { ...world, unknownFields: 'drop', body: bodyOf({ weight: 1 }) })).toContain('weight');
    expect(violated('update', { ...world, unknownFields: 'withhold' })).toBe(
      'unknown_fields: the live service has unknown fields: weight',
    );
    expect(violated('update', { ...update, unknownFields: 'withhold' })).toBeNull();
  });
});

test('an update changes something', () => {
  expect(violated('update', { ...update, listed: [live()] })).toBe('differs: it changes nothing');
});

test('the name of a service to create is free', () => {
  const taken = live({ service_id: id(7), name: 'new' });
  expect(violated('create', { ...create, listed: [taken] })).toBe(`name: a service is already named "new": ${id(7)}`);
  const renamed = { ...named, reconcile: { renamed_from: 'db' } };
  expect(violated('create', { ...create, declared: [renamed] })).toContain('name: a service is already named "db"');
  expect(violated('create', { ...create, declared: [renamed], listed: [] })).toBeNull();
  const nameless = { service_id: null, name: null, value: null, reason: 'expected a name' };
  expect(violated('create', { ...create, listed: [nameless] })).toBeNull();
});

test('the message names the check that failed, and asks for a report', () => {
  expect(
    describePrevented({
      assertion: 'differs',
      message: 'it changes nothing',
      method: 'PUT',
      path: services,
      service_id: id(1),
      name: 'd\u0007b',
    }),
  ).toBe(
    'internal error: PUT of "d\\u0007b" not sent, because the check "differs" right before the write failed: it changes nothing; this is a bug in vpc-reconciler, please report it',
  );
});
