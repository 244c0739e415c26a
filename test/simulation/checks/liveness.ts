import type { Settings } from '../../../src/config/settings.ts';
import type { Report } from '../../../src/core/report/report.ts';
import { expectedFacts, factsOf, isPausedAt, sameMap } from '../world/service.ts';
import type { JsonValue, Wanted } from '../world/service.ts';
import type { World } from '../world/world.ts';

const MINUTE_MS = 60_000;

/**
 * Returns how long it takes at most, once nothing fails any more, until all services are in sync; see "How soon everything is in sync" in
 * config/README.md.
 */
export function boundMs(
  { interval, request_budget, request_timeout, pass_timeout, rescan }: Settings,
  services: number,
): number {
  const silenceMs = 60 * MINUTE_MS;
  const parkedMs = 60 * MINUTE_MS;
  const backOffMs = 5 * MINUTE_MS;
  const slowest = Math.max(...request_budget.map(({ requests, ms }) => ms / requests));
  const window = Math.max(...request_budget.map(({ ms }) => ms));
  const writesMs = window + 2 * (services + 2) * slowest + 2 * request_timeout;
  return silenceMs + parkedMs + backOffMs + 2.2 * interval + rescan + pass_timeout + writesMs;
}

/** Returns the services that are not as the folder declares them, although nothing keeps the program from it. */
export function outOfSync(
  { folder, account, time }: World,
  { policy, allow_empty }: Settings,
  last: Report | null,
): readonly string[] {
  const wall = time.wallNow();
  const declared = folder.declared();
  if (declared?.size === 0 && !allow_empty) return [];
  const isHalted = last?.services.some(({ reason }) => STORED_DIFFERENTLY.test(reason ?? '')) === true;
  const excused = new Set(
    last?.services
      .filter(({ reason }) => EXCUSES.test(reason ?? '') || (isHalted && HALTED.test(reason ?? '')))
      .flatMap(({ service_id, name }) => [service_id, name]),
  );
  const failure = last?.error == null ? [] : [`the last pass failed: ${last.error.message}`];
  const services = [...(declared ?? [])].flatMap(([id, wanted]) => {
    if (wanted === 'skipped' || isPausedAt(wanted, wall) || excused.has(id) || excused.has(wanted.name)) return [];
    const live = wanted.isByName ? findByName(account, wanted.name) : account.get(id);
    if (wanted.isAbsent) return isDeletable(live, wanted) && policy === 'sync' ? [`${wanted.name} (to delete)`] : [];
    if (live === null) return wanted.isByName && policy !== 'update' ? [`${wanted.name} (to create)`] : [];
    const facts = factsOf(live);
    return sameMap(facts.known, expectedFacts(wanted, facts, wall)) ? [] : [wanted.name];
  });
  return [...failure, ...services];
}

/** The reasons that keep the program from a write for good. */
const STORED_DIFFERENTLY = /stored a different value/;
const EXCUSES = new RegExp(
  [
    'fields that this version does not know',
    STORED_DIFFERENTLY.source,
    'max_deletes',
    'the live values of ignored fields .* do not fit',
    'the account has \\d+ services',
  ].join('|'),
);
/** A write that is not settled holds back all others, if there are canaries. */
const HALTED = /^canary: the last/;

/** A tombstone with another name than the service may be a mistake, so a person has to decide. */
function isDeletable(live: JsonValue | null, { name }: Wanted): boolean {
  return live !== null && live['name'] === name;
}

function findByName(account: World['account'], name: string): JsonValue | null {
  const id = account.ids().find((each) => account.get(each)?.['name'] === name);
  return id === undefined ? null : account.get(id);
}
