import type { Account } from '../config/account.ts';
import { ConfigError } from '../config/load-config.ts';
import { fixedCredentials } from '../core/base/credentials.ts';
import { systemErrorCode } from '../core/base/errno.ts';
import { FailureError } from '../core/base/failure.ts';
import { collect } from '../core/load/collect.ts';
import type { Declaration } from '../core/load/declaration.ts';
import type { Source } from '../core/load/source.ts';
import { normalize, toBody } from '../core/service/normalize.ts';
import { drifted } from '../emulator/drift.ts';
import { startEmulator } from '../emulator/emulator.ts';
import type { Emulator, EmulatorOptions } from '../emulator/emulator.ts';

/** What is live in the emulator to begin with: drifted copies of the declared services, true copies, or nothing. */
export type Seed = 'drifted' | 'in-sync' | 'empty';

export type Rehearsal = {
  readonly emulator: Emulator;
  /** The account to use instead of a real one. */
  readonly account: Account;
  /** A command line that changes one service behind the reconciler's back; null when none is declared. */
  readonly tamper: string | null;
};

/** Starts the emulator with what the folder declares. A folder that cannot be read declares nothing, which the first pass will say. */
export async function startRehearsal(
  source: Source,
  seed: Seed,
  options: Pick<EmulatorOptions, 'port' | 'onRequest' | 'scenario'> = {},
): Promise<Rehearsal> {
  const declarations = await declarationsOf(source);
  const declared = declarations.map(({ service_id, value }) => ({ ...value, service_id }));
  const services = { drifted: drifted(declared).services, 'in-sync': declared, empty: [] }[seed];
  const emulator = await startEmulator({ ...options, services }).catch((error: unknown) => {
    throw portFault(error, options.port);
  });
  const account = {
    accountId: emulator.accountId,
    baseUrl: emulator.url,
    credentials: fixedCredentials({ token: emulator.token }),
  };
  const [first] = declarations;
  return { emulator, account, tamper: first === undefined ? null : tamperLine(first, emulator) };
}

/** A port that somebody else has is the user's to change. */
function portFault(error: unknown, port: number | undefined): unknown {
  const code = systemErrorCode(error);
  if (code !== 'EADDRINUSE' && code !== 'EACCES') return error;
  const reason = code === 'EACCES' ? 'one that needs more rights' : 'one that is in use';
  return new ConfigError(`--port: expected a free port of 127.0.0.1, found ${reason}: ${port}`);
}

async function declarationsOf(source: Source): Promise<readonly Declaration[]> {
  try {
    const { files } = await source.read(new AbortController().signal);
    return collect(files).declarations;
  } catch (error) {
    if (error instanceof FailureError) return [];
    throw error;
  }
}

/** As somebody in the dashboard might: the same service, on another port. */
function tamperLine({ service_id, value }: Declaration, { url, accountId, token }: Emulator): string {
  const port = value['type'] === 'http' ? { http_port: 8081 } : { tcp_port: 15_432 };
  const body = JSON.stringify({ ...toBody(normalize(value).known, new Map()), ...port });
  return [
    `curl -s -X PUT -H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json'`,
    `-d '${body.replaceAll("'", String.raw`'\''`)}'`,
    `${url}/accounts/${accountId}/connectivity/directory/services/${service_id}`,
  ].join(' ');
}
