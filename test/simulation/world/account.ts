import { longNotation } from './notation.ts';
import { factsOf, isMapping, withoutNulls } from './service.ts';
import type { JsonValue } from './service.ts';
import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';

/** A service at a moment; null after it was deleted. */
type Version = { readonly at: number; readonly value: JsonValue | null };

/** An answer of the API, before anything happens to it on its way. */
export type ApiAnswer = { readonly status: number; readonly body: JsonValue };

/** How the API treats one service. */
export type Treatment =
  /** Answers every write with this error. */
  | { readonly kind: 'refuse'; readonly status: number; readonly code: number; readonly message: string }
  /** Accepts every write and stores something else. */
  | { readonly kind: 'alter'; readonly alter: (value: JsonValue) => JsonValue }
  /** Accepts every write, confirms it, and stores nothing. */
  | { readonly kind: 'forget' };

/** The services of an account, as the API keeps them. Every change is made through `put` or `set`. */
export type WorldAccount = {
  /** Returns the services as they were `lagMs` ago, in an order that means nothing. */
  readonly list: (lagMs: number) => readonly JsonValue[];
  readonly get: (id: string) => JsonValue | null;
  /** Handles a PUT. */
  readonly put: (id: string, body: unknown, random: Random) => ApiAnswer;
  /** Handles a POST. */
  readonly post: (body: unknown, random: Random) => ApiAnswer;
  /** Handles a DELETE. */
  readonly remove: (id: string) => ApiAnswer;
  /** Changes a service outside of git; null deletes it. */
  readonly set: (id: string, value: JsonValue | null) => void;
  readonly ids: () => readonly string[];
  /** Returns the services that have existed without interruption since a moment. */
  readonly idsSince: (at: number) => readonly string[];
  readonly treatments: Map<string, Treatment>;
  readonly goneTunnels: Set<string>;
  readonly conditions: {
    /** With this many services, no other is created. */
    maxServices: number;
  };
};

export function worldAccount(time: VirtualTime): WorldAccount {
  const services = new Map<string, Version[]>();
  const treatments = new Map<string, Treatment>();
  const goneTunnels = new Set<string>();
  const conditions = { maxServices: 1000 };
  let writes = 0;
  let created = 0;

  const currentOf = (id: string) => services.get(id)?.at(-1)?.value ?? null;
  const store = (id: string, value: JsonValue | null): JsonValue | null => {
    writes += 1;
    const at = new Date(Date.UTC(2026, 0, 2) + time.now())
      .toISOString()
      .replace('Z', `${String(writes % 1000).padStart(3, '0')}Z`);
    const stored = value === null ? null : { ...value, service_id: id, created_at: at, updated_at: at };
    const versions = services.get(id) ?? [];
    current = null;
    services.set(id, [...versions.slice(-20), { at: time.now(), value: stored }]);
    return stored;
  };
  /** The services as they are now; null until they are needed. Most lists are the same as the one before. */
  let current: readonly JsonValue[] | null = null;
  const listAt = (moment: number) =>
    [...services.values()].flatMap((versions) => {
      const seen = versions.findLast(({ at }) => at <= moment) ?? (versions[0]?.at === 0 ? versions[0] : undefined);
      return seen?.value == null ? [] : [seen.value];
    });
  const countLive = () => [...services.keys()].filter((id) => currentOf(id) !== null).length;
  const holderOf = (name: unknown) => [...services.keys()].find((id) => currentOf(id)?.['name'] === name);

  /** Returns why a body cannot be stored for a service, or for a new one. */
  const problemOf = (id: string | null, body: unknown): ApiAnswer | null => {
    if (!isMapping(body)) return refusal(400, 5102, 'invalid json: bad json data');
    const holder = holderOf(body['name']);
    if (holder !== undefined && holder !== id) {
      const message = `request contained invalid parameters: Service name '${String(body['name'])}' already exists`;
      return refusal(400, 5101, message);
    }
    const { known } = factsOf(body);
    const tunnel = known.get('host.network.tunnel_id') ?? known.get('host.resolver_network.tunnel_id');
    if (tunnel === undefined) return refusal(400, 5102, 'invalid json: bad json data: missing field host');
    if (goneTunnels.has(String(JSON.parse(tunnel)))) {
      return refusal(400, 5101, 'request contained invalid parameters: Tunnel ID Not Found');
    }
    return null;
  };

  return {
    list: (lagMs) => {
      if (lagMs === 0) return (current ??= listAt(time.now()));
      return listAt(time.now() - lagMs);
    },
    get: currentOf,
    post: (body, random) => {
      const problem = problemOf(null, body);
      if (problem !== null || !isMapping(body)) return problem ?? refusal(400, 5102, 'invalid json');
      if (countLive() >= conditions.maxServices) {
        return refusal(400, 5101, 'request contained invalid parameters: too many services');
      }
      created += 1;
      const id = `0199b000-0000-7000-8000-${created.toString(16).padStart(12, '0')}`;
      return success(store(id, inNotationOfApi(body, random)));
    },
    remove: (id) => {
      if (currentOf(id) === null) return refusal(404, 5104, `Service (ID: "${id}") not found`);
      store(id, null);
      return success(null);
    },
    put: (id, body, random) => {
      const treatment = treatments.get(id);
      if (currentOf(id) === null) return refusal(404, 5104, `Service (ID: "${id}") not found`);
      if (treatment?.kind === 'refuse') return refusal(treatment.status, treatment.code, treatment.message);
      const problem = problemOf(id, body);
      if (problem !== null || !isMapping(body)) return problem ?? refusal(400, 5102, 'invalid json');
      const value = inNotationOfApi(body, random);
      if (treatment?.kind === 'forget') return success({ ...value, service_id: id });
      const stored = store(id, treatment?.kind === 'alter' ? treatment.alter(value) : value);
      return success(stored);
    },
    set: (id, value) => {
      // The dashboard refuses a name that is taken.
      const holder = value === null ? undefined : holderOf(value['name']);
      if (holder === undefined || holder === id) store(id, value);
    },
    ids: () => [...services.keys()].filter((id) => currentOf(id) !== null),
    idsSince: (at) =>
      [...services].flatMap(([id, versions]) => {
        const first = versions.findLastIndex((version) => version.at <= at);
        return first >= 0 && versions.slice(first).every(({ value }) => value !== null) ? [id] : [];
      }),
    treatments,
    goneTunnels,
    conditions,
  };
}

/** Answers carry all keys of a host, with null in the unused ones, and values in the notation of the API. */
export function inNotationOfApi(body: JsonValue, random: Random): JsonValue {
  const host = isMapping(body['host']) ? body['host'] : {};
  const { hostname, ipv6 } = host;
  const ports =
    body['type'] === 'http' ? { http_port: null, https_port: null } : { tcp_port: null, app_protocol: null };
  return {
    ...ports,
    ...body,
    host: {
      ipv4: null,
      ipv6: null,
      network: null,
      hostname: null,
      resolver_network: null,
      ...host,
      ...(typeof hostname === 'string' ? { hostname: hostname.toLowerCase() } : {}),
      ...(typeof ipv6 === 'string' ? { ipv6: longNotation(ipv6, random) } : {}),
    },
  };
}

/** Returns a value of the API without anything that means nothing. */
export function essence(value: JsonValue): JsonValue {
  return withoutNulls(value);
}

export function refusal(status: number, code: number, message: string): ApiAnswer {
  return { status, body: { success: false, errors: [{ code, message }], messages: [], result: null } };
}

export function success(result: unknown, more: JsonValue = {}): ApiAnswer {
  return { status: 200, body: { success: true, errors: [], messages: [], result, ...more } };
}
