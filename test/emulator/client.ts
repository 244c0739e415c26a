import { onTestFinished } from 'vitest';
import { isObject } from '../../src/core/base/json.ts';
import type { Json, JsonObject } from '../../src/core/base/json.ts';
import { EXAMPLE_TUNNEL, startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../../src/emulator/emulator.ts';

export type Reply = { readonly status: number; readonly headers: Headers; readonly body: JsonObject };

export type Client = {
  readonly emulator: Emulator;
  /** A request with full rights to a path below the account's services; `init` overrides any part of it. */
  readonly call: (method: string, path?: string, body?: Json, init?: RequestInit) => Promise<Reply>;
  /** The same, for answers that may not be JSON, or may never come. */
  readonly ask: (method: string, path?: string, body?: Json, init?: RequestInit) => Promise<Response>;
};

/** An emulator that is closed when the test ends, and a way to talk to it over HTTP. */
export async function emulated(options: EmulatorOptions = {}): Promise<Client> {
  const emulator = await startEmulator(options);
  onTestFinished(emulator.close);
  const base = `${emulator.url}/accounts/${emulator.accountId}/connectivity/directory/services`;
  const ask: Client['ask'] = (method, path = '', body, init) =>
    fetch(path.startsWith('http') ? path : base + path, {
      method,
      headers: { authorization: `Bearer ${emulator.token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...init,
    });
  return { emulator, ask, call: async (...request) => read(await ask(...request)) };
}

async function read(response: Response): Promise<Reply> {
  const body: unknown = await response.json();
  if (!isObject(body)) throw new Error(`expected an envelope, found ${JSON.stringify(body)}`);
  return { status: response.status, headers: response.headers, body };
}

export const ordersId = '0191e3a4-5b6c-7d8e-9f00-112233445566';

/** A tcp service by host name, as a client sends it. */
export function orders(changes: JsonObject = {}): JsonObject {
  return {
    name: 'orders-db',
    type: 'tcp',
    tcp_port: 5432,
    app_protocol: 'postgresql',
    host: { hostname: 'orders.internal', resolver_network: { tunnel_id: EXAMPLE_TUNNEL } },
    ...changes,
  };
}

/** An http service by address, as a client sends it. */
export function web(changes: JsonObject = {}): JsonObject {
  return { name: 'web', type: 'http', host: { ipv4: '10.0.0.1', network: { tunnel_id: EXAMPLE_TUNNEL } }, ...changes };
}

/** The service in an answer. */
export function resultOf({ body }: Reply): JsonObject {
  if (!isObject(body.result)) throw new Error(`expected a service, found ${JSON.stringify(body)}`);
  return body.result;
}

/** The path of a service with an id, relative to the services of the account. */
export function pathOf({ service_id: id }: JsonObject): string {
  if (typeof id !== 'string') throw new Error(`expected an id, found ${JSON.stringify(id)}`);
  return `/${id}`;
}

/** The names of the services in a list, in its order. */
export function namesIn({ body }: Reply): (Json | undefined)[] {
  if (!Array.isArray(body.result)) throw new Error(`expected a list, found ${JSON.stringify(body)}`);
  return body.result.map((service: Json) => (isObject(service) ? service.name : undefined));
}
