import type { Account } from '../config/account.ts';
import { ConfigError } from '../config/config-error.ts';
import { fixedCredentials } from '../core/base/credentials.ts';
import { systemErrorCode } from '../core/base/errno.ts';
import { FailureError } from '../core/base/failure.ts';
import { collect } from '../core/load/collect.ts';
import type { Declared } from '../core/load/collect.ts';
import type { Declaration } from '../core/load/declaration.ts';
import type { Source } from '../core/load/source.ts';
import { normalize, toBody } from '../core/service/normalize.ts';
import { simulateDrift, withRetired } from '../emulator/drift.ts';
import { EXAMPLE_TUNNEL, startEmulator } from '../emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../emulator/emulator.ts';
import { tunnelsOf } from '../emulator/service-store.ts';

/** The initial live services: drifted copies of the declared services and those to delete, identical copies, or none. */
export const SEEDS = ['drifted', 'in-sync', 'empty'] as const;
export type Seed = (typeof SEEDS)[number];

export type EmulatedAccount = {
  readonly emulator: Emulator;
  /** The account to use instead of a real one. */
  readonly account: Account;
  /** A curl command that changes one service outside git; null if no service is declared. */
  readonly driftCommand: string | null;
};

/** Starts the emulator, seeded from a folder. A folder that cannot be read counts as empty: the first pass reports the problem. */
export async function startEmulatedAccount(
  source: Source,
  seed: Seed,
  options: Pick<EmulatorOptions, 'port' | 'onRequest' | 'scenario'> = {},
): Promise<EmulatedAccount> {
  const { declarations, tombstones } = await readDeclared(source);
  const declared = declarations.map(({ service_id, value }) => ({ ...value, service_id }));
  const retired = tombstones.map(({ service_id, name, value }) => ({ ...value, service_id, name }));
  // A service can be created only in a tunnel that exists.
  const tunnels = [EXAMPLE_TUNNEL, ...declared.flatMap(tunnelsOf)];
  const services = { drifted: withRetired(simulateDrift(declared).services, retired), 'in-sync': declared, empty: [] }[
    seed
  ];
  const emulator = await startEmulator({ ...options, services, tunnels }).catch((error: unknown) => {
    throw portError(error, options.port);
  });
  const account = {
    accountId: emulator.accountId,
    baseUrl: emulator.url,
    credentials: fixedCredentials({ token: emulator.token }),
  };
  const first = declarations.find(({ service_id }) => service_id !== null);
  return { emulator, account, driftCommand: first === undefined ? null : driftCommandFor(first, emulator) };
}

/** Returns a `ConfigError` if the port is not available, and any other error unchanged. */
function portError(error: unknown, port: number | undefined): unknown {
  const code = systemErrorCode(error);
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error;
  const reason = code === 'EACCES' ? 'requires more privileges' : 'is in use';
  return new ConfigError(`--port: expected a free port on 127.0.0.1, found that port ${port} ${reason}`);
}

async function readDeclared(source: Source): Promise<Pick<Declared, 'declarations' | 'tombstones'>> {
  try {
    const { files } = await source.read(new AbortController().signal);
    return collect(files);
  } catch (error) {
    if (error instanceof FailureError) return { declarations: [], tombstones: [] };
    throw error;
  }
}

/** Returns a command that moves a service to another port, as a change in the dashboard would. */
function driftCommandFor({ service_id, value }: Declaration, { url, accountId, token }: Emulator): string {
  const port = value['type'] === 'http' ? { http_port: 8081 } : { tcp_port: 15_432 };
  const body = JSON.stringify({ ...toBody(normalize(value).known, new Map()), ...port });
  return [
    `curl -s -X PUT -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json'`,
    `-d '${body.replaceAll("'", String.raw`'\''`)}'`,
    `${url}/accounts/${accountId}/connectivity/directory/services/${service_id}`,
  ].join(' ');
}
