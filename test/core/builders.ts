import { isObject } from '../../src/core/base/json.ts';
import type { Json, JsonObject } from '../../src/core/base/json.ts';
import { compare } from '../../src/core/compare/compare.ts';
import type { Finding } from '../../src/core/compare/compare.ts';
import type { Declared } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import type { Declaration } from '../../src/core/load/declaration.ts';
import { noContests } from '../../src/core/plan/contest.ts';
import type { Contests } from '../../src/core/plan/contest.ts';
import { emptyMemory } from '../../src/core/plan/memory.ts';
import { plan } from '../../src/core/plan/plan.ts';
import type { PlanOptions } from '../../src/core/plan/plan.ts';
import type { Step } from '../../src/core/plan/step.ts';
import type { PassFacts } from '../../src/core/report/report.ts';
import type { LiveService, WriteRequest } from '../../src/core/service/directory.ts';

/*
 * Small values for tests. A test passes only the fields that matter to it, as a file or the API would write them; null means unset.
 * Without fields, `declaration()` and `live()` are the same service, in sync.
 */

/** Returns a service_id, such as `…-000000000007` for 7. */
export function id(number: number): string {
  return `0191e3a4-5b6c-7d8e-9f00-${String(number).padStart(12, '0')}`;
}

export const tunnel = '0191dce4-9ab4-7fce-b660-8e5dec5172da';
export const otherTunnel = '0191dce4-9ab4-7fce-b660-8e5dec5172db';
export const certificate = '0d1f6f5e-8a55-4b0e-9d0a-2f1c5a7e9b33';

/** The service `db`: tcp, with a hostname. */
export const tcp = {
  service_id: id(1),
  name: 'db',
  type: 'tcp',
  tcp_port: 5432,
  host: { hostname: 'db.internal', resolver_network: { tunnel_id: tunnel } },
} as const satisfies JsonObject;

/** The service `web`: http, with an address. */
export const http = {
  service_id: id(2),
  name: 'web',
  type: 'http',
  host: { ipv4: '10.0.0.12', network: { tunnel_id: tunnel } },
} as const satisfies JsonObject;

/** Returns the service `tcp`, or `http` if the fields say so, with these fields changed. */
export function service(fields: JsonObject = {}): JsonObject {
  return { ...(fields['type'] === 'http' ? http : tcp), ...fields };
}

/** Returns a valid declaration from a file of its own. */
export function declaration(fields: JsonObject = {}): Declaration {
  const value = service(fields);
  const { declarations, problems } = parseFile(`${textOf(value['name'])}.json`, JSON.stringify(value));
  const [declaration] = declarations;
  if (declaration === undefined) throw new Error(`expected a valid declaration, found ${JSON.stringify(problems)}`);
  return declaration;
}

/** Returns a service as the API lists it. */
export function live(fields: JsonObject = {}): LiveService {
  const value = apiResponse(service(fields));
  return { service_id: textOf(value['service_id']).toLowerCase(), name: textOf(value['name']), value };
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Returns the JSON of a service as the API returns it: with null for unset fields, and with timestamps. */
export function apiResponse(value: JsonObject): JsonObject {
  const { host } = value;
  return {
    ...(value['type'] === 'http' ? { http_port: null, https_port: null } : { tcp_port: null, app_protocol: null }),
    ...value,
    ...(isObject(host) ? { host: { ...unusedHost, ...host } } : {}),
    created_at: '2026-09-14T08:21:44.000Z',
    updated_at: '2026-09-14T08:21:44.000Z',
  };
}

const unusedHost = { ipv4: null, ipv6: null, network: null, hostname: null, resolver_network: null };

/** Returns the declarations of a folder with one file for each service. */
export function declared(...services: readonly JsonObject[]): Declared {
  return { declarations: services.map(declaration), tombstones: [], skipped: [], problems: [] };
}

export type Sides = { readonly declared?: readonly JsonObject[]; readonly live?: readonly JsonObject[] };

/** Returns the findings about declared and live services. */
export function findings(sides: Sides): readonly Finding[] {
  return compare(declared(...(sides.declared ?? [])), (sides.live ?? []).map(live));
}

/** Returns services that change their names: `renames('a→b', 'b→c')` are 1 and 2. */
export function renames(...changes: readonly string[]) {
  const services = changes.map((change, index) => ({ service_id: id(index + 1), names: change.split('→') }));
  return {
    declared: services.map(({ service_id, names: [, name = ''] }) => ({ service_id, name })),
    live: services.map(({ service_id, names: [name = ''] }) => ({ service_id, name })),
  };
}

export function planOptions(fields: Partial<PlanOptions> = {}): PlanOptions {
  return {
    unknownFields: 'preserve',
    maxChanges: null,
    maxChangePercent: null,
    maxDeletes: 3,
    canary: 0,
    policy: 'update',
    at: 0,
    memory: emptyMemory,
    contests: noContests,
    now: 0,
    retryParked: false,
    maxParkedRetries: Infinity,
    only: null,
    ...fields,
  };
}

/** Returns the request of a step in the account `account`. */
export function requestOf(step: Step): WriteRequest {
  const services = '/accounts/account/connectivity/directory/services';
  switch (step.kind) {
    case 'create':
      return { method: 'POST', path: services, body: JSON.stringify(step.body) };
    case 'update':
      return {
        method: 'PUT',
        path: `${services}/${step.finding.live.service_id}`,
        body: JSON.stringify(step.body),
      };
    case 'delete':
      return { method: 'DELETE', path: `${services}/${step.finding.live.service_id}` };
  }
}

/** Returns the facts of a pass that planned for these findings and has applied nothing yet. */
export function facts(fields: Partial<PassFacts> = {}): PassFacts {
  const findings = fields.findings ?? [];
  return {
    run_id: '5f0c4a3e-0000-4000-8000-000000000000',
    trigger: 'command',
    mode: 'apply',
    account_id: 'account',
    source: { path: 'services', revision: null, files: 1 },
    started_at: '2026-11-22T10:00:00.000Z',
    finished_at: '2026-11-22T10:00:01.000Z',
    duration_ms: 1000,
    problems: [],
    declared: findings.filter(({ kind }) => kind !== 'unmanaged').length,
    findings,
    plan: plan(findings, planOptions()),
    memory: emptyMemory,
    contests: noContests,
    paused: null,
    unconfirmed: [],
    next_expiry: null,
    outcomes: new Map(),
    undeclared: new Map(),
    api: { requests: 1, retries: 0, throttled_ms: 0 },
    error: null,
    ...fields,
  };
}

/** Returns the contests of services that another writer has changed back three times, by the keys of their declarations. */
export function contests(...keys: readonly string[]): Contests {
  const changedBack = { times: 3, since: '2026-11-22T09:00:00.000Z' };
  return new Map(keys.map((key) => [key, { declared: '', settled: null, wroteAt: 0, changedBack }]));
}
