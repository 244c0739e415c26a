import { isObject, parseJson, sameJson } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import type { Tombstone } from '../../load/declaration.ts';
import type { ListedItem, LiveService, WriteRequest } from '../../service/directory.ts';
import { isActive } from '../../service/instructions.ts';
import type { Ignored } from '../../service/instructions.ts';
import type { Policy } from '../policy.ts';
import type { StepKind } from '../step.ts';
import type { UnknownFieldsPolicy } from '../withhold.ts';
import { claimsOf } from './claims.ts';
import type { Declarations } from './claims.ts';
import { differingPaths, readService, valueAt } from './reading.ts';
import type { Reading } from './reading.ts';
import type { Violation, WriteAssertion } from './violation.ts';

/** A request, and the step that it is for. */
export type IntendedWrite = {
  readonly request: WriteRequest;
  readonly kind: StepKind;
  /** Null for a create. */
  readonly service_id: string | null;
};

/** The facts at the moment of a write, apart from the plan. */
export type WriteFacts = {
  readonly accountId: string;
  readonly mode: string;
  /** Whether all writes are paused. */
  readonly isPaused: boolean;
  readonly policy: Policy;
  readonly unknownFields: UnknownFieldsPolicy;
  /** The content of the folder when it was last checked. */
  readonly declared: Declarations;
  /** How long ago that was. */
  readonly folderAgeMs: number;
  readonly account: AccountView;
  /** When declared and live services were compared, in milliseconds of Unix time. Instructions hold as of then. */
  readonly at: number;
};

/** The account, as far as the lists of this pass and the answers to its writes show it. */
export type AccountView = {
  /** Returns a service in the last list; null if it is not there. */
  readonly find: (service_id: string) => LiveService | null;
  /** The same; or as it was when it was last listed. */
  readonly lastSeen: (service_id: string) => LiveService | null;
  /**
   * Returns the items of the last list that have a name, except the services that this pass has renamed or deleted, and the services that
   * it has created.
   */
  readonly holdersOf: (name: string) => readonly ListedItem[];
};

/** While a plan is applied, the folder is checked more often than this. */
const MAX_FOLDER_AGE_MS = 2000;

const METHODS = { create: 'POST', update: 'PUT', delete: 'DELETE' } as const satisfies Record<StepKind, string>;

/** Returns the first assertion that a write violates; null if it may be sent. */
export function findViolation(write: IntendedWrite, facts: WriteFacts): Violation | null {
  const live = findLive(write, facts.account);
  return checkMoment(facts) ?? checkAddress(write, live, facts) ?? checkContent(write, live, facts);
}

function findLive({ kind, service_id }: IntendedWrite, { find, lastSeen }: AccountView): LiveService | null {
  if (service_id === null) return null;
  return kind === 'delete' ? lastSeen(service_id) : find(service_id);
}

function checkMoment({ mode, isPaused, folderAgeMs }: WriteFacts): Violation | null {
  if (mode !== 'apply') return violation('mode', `the mode is ${mode}, which writes nothing`);
  if (isPaused) return violation('mode', 'all writes are paused');
  if (folderAgeMs <= MAX_FOLDER_AGE_MS) return null;
  return violation('snapshot', `the folder was last checked ${Math.round(folderAgeMs)} ms ago`);
}

function checkAddress(
  { request: { method, path }, kind, service_id }: IntendedWrite,
  live: LiveService | null,
  { accountId }: WriteFacts,
): Violation | null {
  const services = `/accounts/${encodeURIComponent(accountId)}/connectivity/directory/services`;
  if (path !== services && !path.startsWith(`${services}/`)) {
    return violation('account', `the address ${path} is not in the account ${accountId}`);
  }
  if (kind !== 'create' && live === null) return violation('service', `the last list has no service ${service_id}`);
  const expected = live === null ? services : `${services}/${encodeURIComponent(textOf(live.value['service_id']))}`;
  if (method === METHODS[kind] && path === expected) return null;
  return violation('service', `expected ${METHODS[kind]} ${expected}, found ${method} ${path}`);
}

/** `live` is null if and only if the write is a create. */
function checkContent({ request, kind }: IntendedWrite, live: LiveService | null, facts: WriteFacts): Violation | null {
  const body = parseBody(request.body);
  const identity = live ?? { service_id: null, name: textOf(body?.['name']) };
  const claims = claimsOf(identity, facts.declared);
  const [claim] = claims;
  if (claim === undefined || claims.length > 1) {
    return violation('declared', `the folder has ${claims.length} declarations of it`);
  }
  const { pause, ignore, renamedFrom } = claim.declaration.instructions;
  if (pause !== null && isActive(pause, facts.at)) return violation('declared', 'its declaration pauses it');
  if ((claim.ensure === 'absent') !== (kind === 'delete')) {
    return violation('declared', `it is declared ${claim.ensure}, and the step is "${kind}"`);
  }
  const ignored = ignore.filter((each) => isActive(each, facts.at));
  const reading = { live: readService(live?.value ?? {}), ignored, facts };
  if (claim.ensure === 'absent') return checkDelete(request, claim.declaration, reading);
  if (body === null) return violation('body', 'it is not a JSON object');
  const declared = readService(claim.declaration.value);
  return live === null
    ? checkCreate(body, declared, { names: [identity.name, renamedFrom], facts })
    : checkUpdate(body, declared, reading);
}

type ReadFacts = {
  readonly live: Reading;
  readonly ignored: readonly Ignored[];
  readonly facts: WriteFacts;
};

function checkDelete({ body }: WriteRequest, tombstone: Tombstone, { live, ignored, facts }: ReadFacts) {
  if (facts.policy !== 'sync') return violation('policy', `a delete, and the policy is ${facts.policy}`);
  if (body !== undefined) return violation('body', 'a delete with a body');
  const { known } = readService(tombstone.value);
  const contradicted = [...tombstone.fieldPositions.keys()].filter(
    (path) => !isIgnored(path, ignored) && !sameJson(valueAt(known, path), valueAt(live.known, path)),
  );
  if (contradicted.length === 0) return null;
  return violation('declared', `the live service contradicts its declaration at ${list(contradicted)}`);
}

type CreateFacts = {
  /** The names that a live service of the declaration could have. */
  readonly names: readonly (string | null)[];
  readonly facts: WriteFacts;
};

function checkCreate(body: JsonObject, { known }: Reading, { names, facts }: CreateFacts): Violation | null {
  if (facts.policy === 'update') return violation('policy', 'a create, and the policy is update');
  const wrong = checkBody(body, { known, unknown: new Map() });
  if (wrong !== null) return wrong;
  const [holder] = names.flatMap((each) => (each === null ? [] : facts.account.holdersOf(each)));
  if (holder === undefined) return null;
  return violation('name', `a service is already named ${JSON.stringify(holder.name)}: ${holder.service_id}`);
}

function checkUpdate(body: JsonObject, declared: Reading, { live, ignored, facts }: ReadFacts): Violation | null {
  const known = ignored.length === 0 ? declared.known : withIgnored(declared.known, live.known, ignored);
  if (facts.unknownFields === 'withhold' && live.unknown.size > 0) {
    return violation('unknown_fields', `the live service has unknown fields: ${list([...live.unknown.keys()])}`);
  }
  const wrong = checkBody(body, { known, unknown: facts.unknownFields === 'drop' ? new Map() : keep(live, known) });
  if (wrong !== null) return wrong;
  return differingPaths(known, live.known).length > 0 ? null : violation('differs', 'it changes nothing');
}

/** Returns the declared values, with the live ones of ignored fields. */
function withIgnored(
  declared: Reading['known'],
  live: Reading['known'],
  ignored: readonly Ignored[],
): Reading['known'] {
  const paths = [...declared.keys(), ...live.keys()].filter((path) => isIgnored(path, ignored));
  return new Map([...declared, ...paths.map((path) => [path, valueAt(live, path)] as const)]);
}

/** Returns the unknown fields that belong to the type and to the kind of host that are declared. */
function keep(live: Reading, known: Reading['known']): Reading['unknown'] {
  const isSameType = sameJson(valueAt(known, 'type'), valueAt(live.known, 'type'));
  const isSameHost = (valueAt(known, 'host.hostname') === null) === (valueAt(live.known, 'host.hostname') === null);
  return new Map(
    [...live.unknown].filter(([, { mapping }]) =>
      mapping === '' ? isSameType : mapping === 'host' ? isSameHost : true,
    ),
  );
}

function checkBody(body: JsonObject, expected: Pick<Reading, 'known' | 'unknown'>): Violation | null {
  const sent = readService(body);
  if (sent.others.length > 0) return violation('body', `it contains ${list(sent.others)}`);
  const paths = differingPaths(sent.known, expected.known);
  if (paths.length > 0) return violation('body', `it differs from what is declared at ${list(paths)}`);
  const unknown = [...new Set([...sent.unknown.keys(), ...expected.unknown.keys()])].filter(
    (path) => !sameJson(sent.unknown.get(path)?.value ?? null, expected.unknown.get(path)?.value ?? null),
  );
  if (unknown.length === 0) return null;
  return violation('unknown_fields', `they are not sent as they are live: ${list(unknown)}`);
}

function parseBody(body: string | undefined): JsonObject | null {
  if (body === undefined) return null;
  try {
    const value = parseJson(body);
    return isObject(value) ? value : null;
  } catch {
    return null; // The caller reports what was expected.
  }
}

function isIgnored(path: string, ignored: readonly Ignored[]): boolean {
  return ignored.some((each) => path === each.path || path.startsWith(`${each.path}.`));
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** A message names at most this many fields. */
const MAX_PATHS = 10;

function list(paths: readonly string[]): string {
  const more = paths.length - MAX_PATHS;
  return `${paths.slice(0, MAX_PATHS).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function violation(assertion: WriteAssertion, message: string): Violation {
  return { assertion, message };
}
