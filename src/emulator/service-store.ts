import { createHash, randomBytes } from 'node:crypto';
import { isObject } from '../core/base/json.ts';
import type { Json, JsonObject } from '../core/base/json.ts';
import { findBodyProblems } from './body.ts';
import type { Quirks } from './scenario/quirks.ts';
import { formatService } from './scenario/answer-format.ts';

/** An entry of `errors` in the envelope. */
export type ApiProblem = {
  readonly code: number;
  readonly message: string;
  readonly documentation_url?: string;
  readonly source?: { readonly pointer: string };
};

/** The result of an operation: the service as the answer shows it (null after a delete), or the errors. */
export type StoreResult =
  | { readonly kind: 'done'; readonly result: JsonObject | null }
  | { readonly kind: 'refused'; readonly status: 400 | 404; readonly errors: readonly ApiProblem[] };

/** The services of one account. Takes parsed bodies, and returns services in the form that the quirks describe. */
export type ServiceStore = {
  readonly list: () => JsonObject[];
  readonly get: (serviceId: string) => StoreResult;
  readonly create: (body: Json) => StoreResult;
  readonly replace: (serviceId: string, body: Json) => StoreResult;
  readonly remove: (serviceId: string) => StoreResult;
  /** Edits a service outside the API. The result is not validated, so that it can hold what no current client would send. */
  readonly change: (serviceId: string, edit: (service: JsonObject) => JsonObject) => void;
};

export type ServiceStoreOptions = {
  readonly services: readonly JsonObject[];
  /** The ids of existing tunnels. A seeded service may use another one, as if its tunnel had been deleted. */
  readonly tunnels: readonly string[];
  readonly quirks: Quirks;
  readonly now: () => Date;
};

type Stored = { readonly serviceId: string; readonly service: JsonObject };

/** https://developers.cloudflare.com/workers-vpc/platform/limits/ */
const MAX_SERVICES = 1000;
const READ_ONLY_KEYS = new Set(['service_id', 'created_at', 'updated_at']);

/** Creates a store. Throws if two seeded services share an id or a name, because the API never holds such services. */
export function serviceStore({ services, tunnels, quirks, now }: ServiceStoreOptions): ServiceStore {
  const stored = new Map<string, Stored>();
  const existingTunnels = new Set(tunnels.map(toKey));

  const store = (serviceId: string, body: JsonObject): StoreResult => {
    const at = now().toISOString();
    const service = { service_id: serviceId, ...withoutReadOnlyKeys(body), created_at: at, updated_at: at };
    stored.set(toKey(serviceId), { serviceId, service });
    return { kind: 'done', result: formatService(service, quirks) };
  };

  const isNameTaken = (name: Json | undefined, by: { except?: string } = {}): boolean =>
    [...stored].some(([id, { service }]) => id !== by.except && service.name === name);

  const check = (body: Json, by?: { except: string }): JsonObject | readonly ApiProblem[] => {
    const problems = findBodyProblems(body);
    if (problems.length > 0 || !isObject(body)) {
      return problems.map(({ message, pointer }) => ({ code: 5102, message, source: { pointer } }));
    }
    if (isNameTaken(body.name, by)) return [{ code: 5101, message: `Service name '${nameOf(body)}' already exists` }];
    if (tunnelsOf(body).every((id) => existingTunnels.has(toKey(id)))) return body;
    return [{ code: 5101, message: 'Tunnel ID Not Found' }];
  };

  for (const service of services) {
    const serviceId = typeof service.service_id === 'string' ? service.service_id : uuidv7(now());
    if (stored.has(toKey(serviceId))) throw new Error(`two services have the id ${serviceId}`);
    if (isNameTaken(service.name)) throw new Error(`two services have the name ${nameOf(service)}`);
    store(serviceId, service);
  }

  return {
    list: () => {
      const entries = [...stored];
      if (quirks.order === 'shuffled') entries.sort(([a], [b]) => (digest(a) < digest(b) ? -1 : 1));
      return entries.map(([, { service }]) => formatService(service, quirks));
    },

    get: (serviceId) => {
      const found = stored.get(toKey(serviceId));
      return found ? { kind: 'done', result: formatService(found.service, quirks) } : NOT_FOUND;
    },

    create: (body) => {
      const checked = check(body);
      if (!isObject(checked)) return refused(checked);
      if (stored.size < MAX_SERVICES) return store(uuidv7(now()), checked);
      return refused([{ code: 5101, message: `The account has reached its limit of ${MAX_SERVICES} services` }]);
    },

    // A full replacement keeps only the id, not even the creation time (observed).
    replace: (serviceId, body) => {
      const old = stored.get(toKey(serviceId));
      if (!old) return NOT_FOUND;
      const checked = check(body, { except: toKey(serviceId) });
      return isObject(checked) ? store(old.serviceId, checked) : refused(checked);
    },

    // Deleting a service that a Worker binds succeeds (observed).
    remove: (serviceId) => (stored.delete(toKey(serviceId)) ? { kind: 'done', result: null } : NOT_FOUND),

    change: (serviceId, edit) => {
      const old = stored.get(toKey(serviceId));
      if (!old) throw new Error(`no service ${serviceId}`);
      const edited = edit(formatService(old.service, quirks));
      if (isNameTaken(edited.name, { except: toKey(serviceId) })) throw new Error(`name taken: ${nameOf(edited)}`);
      store(old.serviceId, edited);
    },
  };
}

/** The tunnel in the examples of the reference. */
export const EXAMPLE_TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172da';

/** Returns the ids of the tunnels that a service uses. A valid service has one. */
export function tunnelsOf(service: JsonObject): string[] {
  const host = isObject(service.host) ? service.host : {};
  return [host.network, host.resolver_network].flatMap((network) =>
    isObject(network) && typeof network.tunnel_id === 'string' ? [network.tunnel_id] : [],
  );
}

const NOT_FOUND: StoreResult = { kind: 'refused', status: 404, errors: [{ code: 5104, message: 'Service not found' }] };

function refused(errors: readonly ApiProblem[]): StoreResult {
  return { kind: 'refused', status: 400, errors };
}

function withoutReadOnlyKeys(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([key]) => !READ_ONLY_KEYS.has(key)));
}

function nameOf(service: JsonObject): string {
  return typeof service.name === 'string' ? service.name : '(none)';
}

function toKey(id: string): string {
  return id.toLowerCase();
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** RFC 9562, section 5.7: 48 bits of milliseconds, version 7, variant 10, the rest random. */
function uuidv7(at: Date): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(at.getTime(), 0, 6);
  bytes.writeUInt8(0x70 | (bytes.readUInt8(6) & 0x0f), 6);
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
