import type { Settings } from '../../../src/config/settings.ts';
import type { SentRequest } from '../world/api.ts';
import type { Answered } from '../world/network.ts';
import type { WorldFolder } from '../world/folder.ts';
import {
  differences,
  expectedFacts,
  factsOf,
  fromText,
  isMapping,
  isPausedAt,
  keptFields,
  sameMap,
} from '../world/service.ts';
import type { Facts, JsonValue, Wanted } from '../world/service.ts';
import { ACCOUNT_ID } from '../world/world.ts';
import type { Views } from './views.ts';
import type { Break } from './violation.ts';

/** A pass checks the folder at least this often while it writes; see config/README.md. */
const MAX_FOLDER_AGE_MS = 2000;
/** A write needs a list that is not older than this. */
const MAX_LIST_AGE_MS = 5000;
/** A list that was made for a write may become this old while the write waits for its turn. */
const MAX_TURN_MS = 30_000;

export type WriteRulesOptions = {
  readonly settings: Settings;
  readonly folder: WorldFolder;
  readonly views: Views;
  /** Returns the times that the wall clock may have shown to the pass when it made its plan. */
  readonly walls: () => readonly number[];
  readonly now: () => number;
  /** How long the process hung since a moment. */
  readonly hungSince: (at: number) => number;
  /** Whether a write that starts now may have waited for the budget or the API at some time since then. */
  readonly mayHaveWaitedSince: (at: number) => boolean;
  readonly broken: Break;
};

/** Checks a request right when the program sends it. */
export function writeRules(options: WriteRulesOptions) {
  const { settings, folder, views, walls, now, hungSince, broken } = options;
  const creates = createRules(options);
  /** The list that the last write was decided from. */
  let lastServedAt = -Infinity;
  /** The requests of pages after the first one. */
  const pagesInFlight = new Set<SentRequest>();

  /** Returns everything that the folder declared lately and that this write may be for. */
  const wantedLately = (matches: (wanted: Wanted) => boolean): readonly Wanted[] => {
    const ageMs = MAX_FOLDER_AGE_MS + folder.slowestReadMs();
    const since = now() - ageMs - hungSince(now() - ageMs);
    return folder
      .declaredSince(since)
      .flatMap((declared) => [...(declared?.values() ?? [])])
      .filter((wanted): wanted is Wanted => wanted !== 'skipped' && matches(wanted))
      .filter((wanted) => walls().some((wall) => !isPausedAt(wanted, wall)));
  };
  const isFor = (id: string) => {
    const names = new Set(views.of(id).map(({ value }) => value['name']));
    return ({ isByName, id: wantedId, name, renamedFrom }: Wanted) =>
      isByName ? names.has(name) || (renamedFrom !== null && names.has(renamedFrom)) : wantedId === id;
  };

  const checkBody = (
    what: string,
    body: JsonValue,
    candidates: readonly Wanted[],
    live: readonly (Facts | null)[],
  ): ReadonlyMap<string, string> | null => {
    for (const key of ['service_id', 'created_at', 'updated_at', 'reconcile']) {
      if (key in body) broken('body', `${what}: ${key} is sent`);
    }
    const sent = factsOf(body);
    const present = candidates.filter(({ isAbsent }) => !isAbsent);
    const expected = present.flatMap((wanted) =>
      live.flatMap((each) => walls().map((wall) => expectedFacts(wanted, each, wall))),
    );
    const match = expected.find((known) => sameMap(known, sent.known));
    if (match !== undefined) return match;
    const paths = expected.map((known) => differences(known, sent.known).join(', ')).join(' / ');
    broken('declared', `${what}: the body is not what the folder declares: ${paths || 'nothing is declared'}`);
    return null;
  };

  const checkUpdate = (id: string, body: JsonValue) => {
    const what = `update of ${String(body['name'])} (${id})`;
    const sent = factsOf(body);
    const live = views.of(id).map(({ value }) => factsOf(value));
    const wanted = checkBody(what, body, wantedLately(isFor(id)), live);
    if (live.length === 0) broken('listed', `${what}: the program has not seen this service`);
    if (views.of(id).every(({ value }) => value['name'] !== body['name'])) checkName(what, body['name'], id);
    if (wanted === null) return;
    // A list counts once all its pages have arrived.
    if (
      pagesInFlight.size === 0 &&
      live.every(({ known, unknown }) => sameMap(known, wanted) && sameMap(unknown, sent.unknown))
    ) {
      broken('differs', `${what}: nothing differs`);
    }
    const kept = live.map((each) => keptBy(settings, each, { ...sent, known: wanted }));
    if (!kept.some((unknown) => sameMap(unknown, sent.unknown))) {
      const paths = kept.map((unknown) => differences(unknown, sent.unknown).join(', ')).join(' / ');
      broken('unknown fields', `${what}: not carried over as they were: ${paths}`);
    }
    checkListAge(what);
  };

  /** A name is free once the service that has it was renamed or deleted. */
  const checkName = (what: string, name: unknown, own: string | null) => {
    for (const [id] of views.lastList()?.byId ?? []) {
      if (id === own || views.wasDeleted(id) || views.of(id).some(({ value }) => value['name'] !== name)) continue;
      broken('name', `${what}: ${id} still has the name ${String(name)}`);
    }
  };

  /**
   * The first list of a pass is for its plan. Only a later one can be for a write that waits for its turn. If the pages of a list take too
   * long again and again, each list serves one write.
   */
  const checkListAge = (what: string) => {
    const list = views.lastList();
    if (list === null) return broken('list age', `${what}: written without a list`);
    const { at, lastPageAt, number } = list;
    const isFirstWrite = lastServedAt !== at;
    lastServedAt = at;
    // With a budget of a few requests a minute, the one write that a list serves can wait for most of that minute.
    if (number > 2 && isFirstWrite && options.mayHaveWaitedSince(lastPageAt)) return;
    const isForWaiting =
      number > 1 && (now() - lastPageAt <= MAX_LIST_AGE_MS || options.mayHaveWaitedSince(lastPageAt));
    const since = number > 2 && isFirstWrite ? lastPageAt : at;
    const maxMs = (isForWaiting ? MAX_TURN_MS : MAX_LIST_AGE_MS) + hungSince(at);
    if (now() - since <= maxMs + 1) return;
    broken('list age', `${what}: written from list ${number} of the pass, which is ${Math.round(now() - at)} ms old`);
  };

  const checkDelete = (id: string) => {
    const tombstones = wantedLately(isFor(id)).filter(({ isAbsent }) => isAbsent);
    const names = new Set(views.of(id).map(({ value }) => value['name']));
    if (tombstones.length > 0 && !tombstones.some(({ name }) => names.has(name)))
      broken('tombstone', `a delete of ${id}, whose name is not the one of its tombstone`);
    if (settings.policy !== 'sync') broken('policy', `a delete with the policy ${settings.policy}`);
    if (tombstones.length === 0) broken('tombstone', `a delete of ${id}, which is not declared absent`);
    checkListAge(`delete of ${id}`);
  };

  return {
    onSend: (request: SentRequest) => {
      const { method, path, id, text } = request;
      const prefix = `/client/v4/accounts/${ACCOUNT_ID}/connectivity/directory/services`;
      if (!path.startsWith(prefix)) broken('account', `an unexpected path: ${path}`);
      if (method === 'GET') return void (path.includes('page=1&') || pagesInFlight.add(request));
      if (settings.mode !== 'apply') broken('mode', `a write in mode ${settings.mode}`);
      if (method === 'DELETE') return checkDelete(id ?? '');
      const body = fromText(text ?? 'null');
      if (!isMapping(body)) return broken('body', 'expected an object');
      if (method === 'PUT') return checkUpdate(id ?? '', body);
      if (method !== 'POST') return broken('method', `an unexpected ${method} ${path}`);
      const name = String(body['name']);
      if (settings.policy === 'update') broken('policy', 'a create with the policy update');
      const candidates = wantedLately((wanted) => wanted.isByName && wanted.name === name);
      checkBody(`create of ${name}`, body, candidates, [null]);
      checkName(`create of ${name}`, name, null);
      checkListAge(`create of ${name}`);
      return creates.onSend(name, candidates);
    },
    onEnd: (request: SentRequest, answer: Answered | null) => {
      pagesInFlight.delete(request);
      creates.onEnd(request, answer);
    },
    reset: () => {
      pagesInFlight.clear();
      creates.reset();
    },
  };
}

/** Checks that a create leads to one service at most. */
function createRules({ views, now, broken }: WriteRulesOptions) {
  /** When a create of a name ended without a clear answer. */
  const unsure = new Map<string, number>();
  return {
    onSend: (name: string, candidates: readonly Wanted[]) => {
      const list = views.lastList();
      const names = new Map([...(list?.byId ?? [])].map(([id, value]) => [value['name'], id]));
      const holder = names.get(name);
      if (holder !== undefined && !views.wasDeleted(holder) && views.written(holder) === null) {
        broken('create', `${name} is created although it was listed`);
      }
      // In a storm of commits, only some of the last ones may have named the former name.
      const isRename = ({ renamedFrom }: Wanted) => {
        const before = renamedFrom === null ? undefined : names.get(renamedFrom);
        return before !== undefined && views.of(before).some(({ value }) => value['name'] === renamedFrom);
      };
      if (candidates.length > 0 && candidates.every(isRename)) {
        broken(
          'create',
          `${name} is created although ${String(candidates[0]?.renamedFrom)}, its former name, was listed`,
        );
      }
      const unsureAt = unsure.get(name);
      if (unsureAt !== undefined && (list === null || list.at < unsureAt)) {
        broken('create', `${name} is created again without a list`);
      }
      unsure.delete(name);
    },
    onEnd: ({ method, text }: SentRequest, answer: Answered | null) => {
      if (method !== 'POST') return;
      const isDenied = answer?.status === 401 || answer?.status === 403;
      const isComplete = answer !== null && answer.text !== null;
      const isClear = answer?.status === 429 || (isComplete && (isDenied || answer.status < 400));
      const body = fromText(text ?? '');
      if (!isClear && isMapping(body)) unsure.set(String(body['name']), now());
    },
    reset: () => unsure.clear(),
  };
}

function keptBy({ unknown_fields }: Settings, live: Facts, wanted: Facts): ReadonlyMap<string, string> {
  if (unknown_fields === 'drop') return new Map();
  if (unknown_fields === 'withhold') return live.unknown.size === 0 ? new Map() : new Map([['(withheld)', '']]);
  return keptFields(live, wanted);
}
