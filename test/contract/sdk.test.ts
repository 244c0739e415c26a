import Cloudflare, { AuthenticationError, BadRequestError, NotFoundError, PermissionDeniedError } from 'cloudflare';
import type { ClientOptions } from 'cloudflare';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EXAMPLE_TUNNEL, startEmulator } from '../../src/emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../../src/emulator/emulator.ts';

// The official SDK calls the emulator, so that the emulator responds as clients expect and is not tuned to our client.

const identity = { email: 'operator@example.com', key: 'emulator-key-not-a-secret' };

type Credentials = Pick<ClientOptions, 'apiToken' | 'apiEmail' | 'apiKey'>;

async function emulated(options: EmulatorOptions = {}): Promise<Emulator> {
  const emulator = await startEmulator({ ...identity, readOnlyToken: 'read-only', ...options });
  onTestFinished(emulator.close);
  return emulator;
}

/** Credentials that are not given are null; otherwise the SDK reads them from the environment. */
function sdk(emulator: Emulator, credentials: Credentials = { apiToken: emulator.token }): Cloudflare {
  const none = { apiToken: null, apiEmail: null, apiKey: null, userServiceKey: null };
  return new Cloudflare({ baseURL: emulator.url, maxRetries: 0, ...none, ...credentials });
}

const orders = {
  name: 'orders-db',
  type: 'tcp' as const,
  tcp_port: 5432,
  app_protocol: 'postgresql' as const,
  host: {
    hostname: 'Orders.Internal',
    resolver_network: { tunnel_id: EXAMPLE_TUNNEL, resolver_ips: ['10.0.0.53'] },
  },
};

describe.each<{ by: string; credentials: Credentials }>([
  { by: 'token', credentials: { apiToken: 'emulator-token-not-a-secret' } },
  { by: 'email and key', credentials: { apiEmail: identity.email, apiKey: identity.key } },
])('authenticated by $by', ({ credentials }) => {
  test('creates, reads, lists, updates and deletes', async () => {
    const emulator = await emulated();
    const { services } = sdk(emulator, credentials).connectivity.directory;
    const account = { account_id: emulator.accountId };

    const created = await services.create({ ...account, ...orders });
    expect(created).toEqual({
      service_id: expect.any(String),
      name: 'orders-db',
      type: 'tcp',
      tcp_port: 5432,
      app_protocol: 'postgresql',
      host: {
        hostname: 'orders.internal',
        ipv4: null,
        ipv6: null,
        network: null,
        resolver_network: { tunnel_id: EXAMPLE_TUNNEL, resolver_ips: ['10.0.0.53'] },
      },
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    const id = created.service_id ?? '';
    expect(await services.get(id, account)).toEqual(created);
    expect((await services.list(account)).result).toEqual([created]);

    const updated = await services.update(id, {
      ...account,
      name: 'web',
      type: 'http',
      https_port: 8443,
      host: { ipv4: '10.0.0.1', network: { tunnel_id: EXAMPLE_TUNNEL } },
      tls_settings: { cert_verification_mode: 'verify_ca' },
    });
    expect(updated).toMatchObject({
      service_id: id,
      name: 'web',
      type: 'http',
      http_port: null,
      https_port: 8443,
      host: { ipv4: '10.0.0.1', hostname: null, network: { tunnel_id: EXAMPLE_TUNNEL } },
      tls_settings: { cert_verification_mode: 'verify_ca' },
    });

    await services.delete(id, account);
    await expect(services.get(id, account)).rejects.toThrow(NotFoundError);
    expect((await services.list(account)).result).toEqual([]);
  });
});

test('lists every service once, page by page, until a page is empty', async () => {
  const names = Array.from({ length: 45 }, (_, index) => `db-${index}`);
  const emulator = await emulated({ services: names.map((name) => ({ ...orders, name })) });
  const { services } = sdk(emulator).connectivity.directory;

  const listed: string[] = [];
  for await (const { name } of services.list({ account_id: emulator.accountId, per_page: 20 })) listed.push(name);
  expect(listed).toEqual(names);

  const second = await services.list({ account_id: emulator.accountId, per_page: 20, page: 2 });
  expect(second.result.map(({ name }) => name)).toEqual(names.slice(20, 40));
  expect(second.result_info).toEqual({ count: 20, page: 2, per_page: 20, total_count: 45, total_pages: 3 });
});

test('lists the services of one type', async () => {
  const web = { name: 'web', type: 'http', host: { ipv4: '10.0.0.1', network: { tunnel_id: EXAMPLE_TUNNEL } } };
  const emulator = await emulated({ services: [orders, web] });
  const { services } = sdk(emulator).connectivity.directory;
  const { result } = await services.list({ account_id: emulator.accountId, type: 'http' });
  expect(result.map(({ name }) => name)).toEqual(['web']);
});

describe('the emulator refuses', () => {
  test('a taken name and an unknown tunnel with 400 and code 5101', async () => {
    const emulator = await emulated({ services: [orders] });
    const { services } = sdk(emulator).connectivity.directory;
    const account = { account_id: emulator.accountId };
    const unknown = { ipv4: '10.0.0.1', network: { tunnel_id: '0191dce4-9ab4-7fce-b660-000000000000' } };

    const taken = await caught(services.create({ ...account, ...orders }));
    expect(taken).toBeInstanceOf(BadRequestError);
    expect(taken).toMatchObject({
      status: 400,
      errors: [{ code: 5101, message: "Service name 'orders-db' already exists" }],
    });
    const dangling = await caught(services.create({ ...account, name: 'a', type: 'http', host: unknown }));
    expect(dangling).toBeInstanceOf(BadRequestError);
    expect(dangling).toMatchObject({ errors: [{ code: 5101, message: 'Tunnel ID Not Found' }] });
  });

  test('an invalid field with 400, code 5102 and a pointer to it', async () => {
    const emulator = await emulated();
    const { services } = sdk(emulator).connectivity.directory;
    const error = await caught(services.create({ account_id: emulator.accountId, ...orders, tcp_port: 0 }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ error: { errors: [{ code: 5102, source: { pointer: '/tcp_port' } }] } });
  });

  test('an unknown service with 404 and code 5104', async () => {
    const emulator = await emulated();
    const { services } = sdk(emulator).connectivity.directory;
    const account = { account_id: emulator.accountId };
    const id = '0191e3a4-5b6c-7d8e-9f00-112233445566';
    const calls = [
      () => services.get(id, account),
      () => services.update(id, { ...account, ...orders }),
      () => services.delete(id, account),
    ];
    for (const call of calls) {
      const error = await caught(call());
      expect(error).toBeInstanceOf(NotFoundError);
      expect(error).toMatchObject({ errors: [{ code: 5104 }] });
    }
  });

  test('another account with 404 and code 7003', async () => {
    const emulator = await emulated();
    const { services } = sdk(emulator).connectivity.directory;
    const error = await caught(services.get('x', { account_id: 'f'.repeat(32) }));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ errors: [{ code: 7003 }] });
  });

  test.each<{ credentials: Credentials }>([
    { credentials: { apiToken: 'wrong' } },
    { credentials: { apiEmail: identity.email, apiKey: 'wrong' } },
  ])('wrong credentials with 401 and code 10000 ($credentials)', async ({ credentials }) => {
    const emulator = await emulated();
    const { services } = sdk(emulator, credentials).connectivity.directory;
    const error = await caught(services.get('x', { account_id: emulator.accountId }));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ status: 401, errors: [{ code: 10_000, message: 'Authentication error' }] });
  });

  test('a write with a read-only token with 403 and code 10000', async () => {
    const emulator = await emulated();
    const { services } = sdk(emulator, { apiToken: 'read-only' }).connectivity.directory;
    const account = { account_id: emulator.accountId };
    expect((await services.list(account)).result).toEqual([]);
    const error = await caught(services.create({ ...account, ...orders }));
    expect(error).toBeInstanceOf(PermissionDeniedError);
    expect(error).toMatchObject({ status: 403, errors: [{ code: 10_000, message: 'Forbidden' }] });
  });
});

/** Returns the error that a call is rejected with. */
async function caught(call: PromiseLike<unknown>): Promise<unknown> {
  return call.then(
    (value) => {
      throw new Error(`expected a rejection, found ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}
