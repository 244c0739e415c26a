import { onTestFinished } from 'vitest';
import { requestBudget } from '../../src/cloudflare/budget/request-budget.ts';
import type { Budget } from '../../src/cloudflare/budget/request-budget.ts';
import { cloudflareDirectory } from '../../src/cloudflare/directory.ts';
import type { DirectoryOptions } from '../../src/cloudflare/directory.ts';
import { fixedCredentials } from '../../src/core/base/credentials.ts';
import type { Credentials, CredentialSource } from '../../src/core/base/credentials.ts';
import { FailureError } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import type { Rate } from '../../src/core/base/rate.ts';
import type { Directory, LiveService, WriteGate, WriteOptions } from '../../src/core/service/directory.ts';
import { EXAMPLE_TUNNEL, FAKE_ACCOUNT_ID, FAKE_TOKEN } from '../../src/emulator/emulator.ts';

/** A gate that lets every write through. */
export const openGate: WriteGate = { enter: () => true, check: async () => {}, applied: () => null };

/** Signals that are never aborted. */
export const never: WriteOptions = signalsOf(new AbortController().signal);

/** Returns signals that stop and kill at the same time, with an open gate. */
export function signalsOf(signal: AbortSignal): WriteOptions {
  return { stop: signal, kill: signal, gate: openGate };
}

/** Returns a budget with the given rates; without any, one that is never used up. */
export function budgetOf(...rates: readonly Rate[]): Budget {
  const plenty = { requests: 100_000, ms: 1000, text: '100000/1s' };
  return requestBudget({ rates: rates.length > 0 ? rates : [plenty], random: () => 0, onWait: () => {} });
}

type ClientOptions = Partial<Omit<DirectoryOptions, 'credentials'>> & {
  readonly credentials?: Credentials;
  /** Replaces `credentials`, for credentials that change. */
  readonly source?: CredentialSource;
};

/** Returns a client of the API at `baseUrl` that does not wait between attempts. It is closed when the test ends. */
export function directoryAt(
  baseUrl: string,
  { credentials = { token: FAKE_TOKEN }, source = fixedCredentials(credentials), ...options }: ClientOptions = {},
): Directory {
  const directory = cloudflareDirectory({
    baseUrl,
    accountId: FAKE_ACCOUNT_ID,
    credentials: source,
    budget: budgetOf(),
    connections: 4,
    requestTimeoutMs: 5000,
    userAgent: 'vpc-reconciler/test',
    attempts: 3,
    random: () => 0,
    ...options,
  });
  onTestFinished(directory.close);
  return directory;
}

/** Returns the `FailureError` with which a call fails. Throws if it ends in any other way. */
export async function failed(call: Promise<unknown>): Promise<FailureError> {
  const result: unknown = await call.then(
    () => 'a success',
    (error: unknown) => error,
  );
  if (result instanceof FailureError) return result;
  throw new Error('expected a FailureError', { cause: result });
}

export const webId = '0191e3a4-5b6c-7d8e-9f00-112233445566';

/** Returns an http service as the API returns it. */
export function web(changes: JsonObject = {}): JsonObject {
  return {
    service_id: webId,
    name: 'web',
    type: 'http',
    host: { ipv4: '10.0.0.1', network: { tunnel_id: EXAMPLE_TUNNEL } },
    ...changes,
  };
}

/** Returns `count` services that all differ. */
export function webs(count: number): JsonObject[] {
  return Array.from({ length: count }, (_, index) => {
    const digits = String(index).padStart(4, '0');
    return web({ service_id: `0191e3a4-5b6c-7d8e-9f00-11223344${digits}`, name: `web-${digits}` });
  });
}

/** Returns a live service as `list` returns it. */
export function live(value: JsonObject): LiveService {
  const { service_id: id, name } = value;
  if (typeof id !== 'string' || typeof name !== 'string') throw new Error('expected a service with an id and a name');
  return { service_id: id.toLowerCase(), name, value };
}

export function idsOf(services: readonly { readonly service_id?: unknown }[]): unknown[] {
  return services.map((service) => service.service_id);
}
