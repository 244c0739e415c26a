import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { compare, findingKey } from '../../../src/core/compare/compare.ts';
import type { Finding } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import {
  QUIET_MS,
  contestsAfter,
  findChangesBack,
  MIN_CHANGES_BACK,
  noContests,
  observeContests,
} from '../../../src/core/plan/contest.ts';
import type { ChangesBack, Contests } from '../../../src/core/plan/contest.ts';
import { emptyMemory } from '../../../src/core/plan/memory.ts';
import type { Memory } from '../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../src/core/plan/outcome.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import type { PlanOptions } from '../../../src/core/plan/plan.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import type { Step } from '../../../src/core/plan/step.ts';
import type { LiveService } from '../../../src/core/service/directory.ts';
import { normalize } from '../../../src/core/service/normalize.ts';
import { http, id, live, planOptions } from '../builders.ts';
import { withheldReasons } from './plan-text.ts';

const MINUTE = 60_000;

/** The changes of the other writer to the account. `round` counts from 0. */
type Rival = (services: Map<string, JsonObject>, round: number) => void;

type Written = { readonly at: number; readonly kind: Step['kind'] };

/** An account, what git declares of it, and passes that write without any failure. */
function openAccount(declarations: readonly JsonObject[], services: readonly JsonObject[]) {
  const account = new Map(services.map((service) => [idOf(service), service]));
  let declared = declarations;
  let known: { memory: Memory; contests: Contests } = { memory: emptyMemory, contests: noContests };
  let created = 100;
  let now = 0;
  const writes: Written[] = [];
  const apply = (step: Step): Outcome => {
    writes.push({ at: now / MINUTE, kind: step.kind });
    const key = findingKey(step.finding);
    if (step.kind === 'delete') {
      account.delete(key);
      return { result: 'deleted', attempts: 1 };
    }
    const service_id = step.kind === 'create' ? id((created += 1)) : key;
    account.set(service_id, { ...step.body, service_id });
    return step.kind === 'create' ? { result: 'created', attempts: 1, service_id } : { result: 'updated', attempts: 1 };
  };
  return {
    writes,
    account,
    commit: (...values: readonly JsonObject[]) => {
      declared = values;
    },
    wait: (ms: number) => {
      now += ms;
    },
    /** Runs a pass. `fail` replaces the outcome of each write, which then changes nothing. */
    pass: (options: Partial<PlanOptions> = {}, fail?: (step: Step) => Outcome) => {
      const findings = compare(
        collect(declared.map((value, index) => parseFile(`${index}.json`, JSON.stringify(value)))),
        [...account.values()].map((value): LiveService => live({ ...http, ...value })),
      );
      const contests = observeContests(known.contests, findings, { now, at: new Date(now).toISOString() });
      const planned = plan(findings, planOptions({ policy: 'sync', ...known, contests, now, ...options }));
      const outcomes = new Map(planned.steps.map((step) => [findingKey(step.finding), (fail ?? apply)(step)]));
      const facts = { findings, outcomes, now };
      known = { memory: remember({ ...facts, memory: known.memory }), contests: contestsAfter(contests, facts) };
      const contested = findings.map((finding: Finding) => findChangesBack(finding, contests));
      return { kinds: findings.map(({ kind }) => kind), reasons: withheldReasons(planned), contested, contests };
    },
    size: () => known.contests.size,
  };
}

function idOf({ service_id }: JsonObject): string {
  return typeof service_id === 'string' ? service_id : '';
}

type Account = ReturnType<typeof openAccount>;

const contested = (opened: Account): ChangesBack | null => opened.pass().contested[0] ?? null;

/** Lets the other writer act before each pass, every five minutes. Returns the minutes of the writes. */
function fight(opened: Account, rival: Rival, rounds: number, options: Partial<PlanOptions> = {}): readonly number[] {
  for (let round = 0; round < rounds; round += 1) {
    rival(opened.account, round);
    opened.pass(options);
    opened.wait(5 * MINUTE);
  }
  return opened.writes.map(({ at }) => at);
}

const web = (fields: JsonObject = {}): JsonObject => ({ ...http, service_id: id(1), name: 'web', ...fields });
const named = (fields: JsonObject = {}): JsonObject => ({ ...http, service_id: null, name: 'web', ...fields });
const set =
  (fields: (round: number) => JsonObject): Rival =>
  (account, round) => {
    for (const [key, value] of account) account.set(key, { ...value, ...fields(round) });
  };
/** Changes a value in one of so many rounds. */
const every =
  (rounds: number): Rival =>
  (account, round) => {
    if (round % rounds === 0) set(() => ({ http_port: 81 }))(account, round);
  };
const declaredWeb = [web({ http_port: 80 })];
const tombstone = { name: 'web', reconcile: { ensure: 'absent' } };

describe('writes against another writer become rare', () => {
  const DAY = (24 * 60) / 5;
  /** The first three at the pace of passes, then after 15 minutes, 30, and every hour. */
  const expected = [0, 5, 10, 25, 55, ...Array.from({ length: 23 }, (_, hour) => 115 + hour * 60)];

  test.for<readonly [what: string, declared: readonly JsonObject[], services: readonly JsonObject[], rival: Rival]>([
    ['the same value', declaredWeb, [web()], set(() => ({ http_port: 81 }))],
    ['another value each time', declaredWeb, [web()], set((round) => ({ http_port: 81 + round }))],
    ['one value of many', declaredWeb, [web()], set((round) => ({ http_port: 81 + (round % 3) }))],
    [
      'another field each time',
      declaredWeb,
      [web()],
      set((round) => ({ [round % 2 ? 'http_port' : 'https_port']: 9 })),
    ],
    ['another name', declaredWeb, [web()], set(() => ({ name: 'other' }))],
    ['another name each time', declaredWeb, [web()], set((round) => ({ name: `other-${round}` }))],
    ['its former name', [named({ reconcile: { renamed_from: 'old' } })], [web()], set(() => ({ name: 'old' }))],
    ['a deletion', [named()], [], (account) => account.clear()],
    ['a new name, so that it is missing', [named()], [], set((round) => ({ name: `taken-away-${round}` }))],
    [
      'a service that is declared absent',
      [tombstone],
      [],
      (account, round) => {
        account.clear();
        account.set(id(round), web({ service_id: id(round) }));
      },
    ],
  ])('%s', ([, declared, services, rival]) => {
    expect(fight(openAccount(declared, services), rival, DAY)).toEqual(expected);
  });

  test('values that the API stores differently', () => {
    const opened = openAccount(declaredWeb, [web()]);
    const sent: number[] = [];
    for (let round = 0; round < DAY; round += 1) {
      opened.account.set(id(1), web({ http_port: 1000 + round }));
      opened.pass({}, ({ finding }) => {
        sent.push(round * 5);
        const { known: stored, unknown } = normalize(web({ http_port: 1 }));
        const { service_id = '' } = finding.kind === 'drifted' ? finding.live : {};
        return { result: 'unsettled', attempts: 1, service_id, paths: ['http_port'], stored, unknown };
      });
      opened.wait(5 * MINUTE);
    }
    expect(sent).toEqual(expected);
  });

  test('the same value, which the API still returns in its answer to each write', () => {
    const opened = openAccount(declaredWeb, [web()]);
    const sent: number[] = [];
    for (let round = 0; round < DAY; round += 1) {
      opened.account.set(id(1), web({ http_port: 81 }));
      opened.pass({}, () => {
        sent.push(round * 5);
        const stored = normalize(web({ http_port: 81 })).known;
        return {
          result: 'unsettled',
          attempts: 1,
          service_id: id(1),
          paths: ['http_port'],
          stored,
          unknown: new Map(),
        };
      });
      opened.account.set(id(1), web({ http_port: 80 }));
      opened.pass();
      opened.wait(5 * MINUTE);
    }
    // The other writer changes it back in every round, so the pauses are the longest ones at once.
    expect(sent).toEqual([0, 5, 10, ...Array.from({ length: 23 }, (_, hour) => 70 + hour * 60)]);
  });

  test('two writers that set the declared value do not', () => {
    const opened = openAccount(declaredWeb, [web()]);
    expect(
      fight(
        opened,
        set((round) => (round === 0 ? {} : { http_port: 80 })),
        DAY,
      ),
    ).toEqual([0]);
    expect(opened.size()).toBe(0);
  });

  test('a slow writer causes no more', () => {
    const opened = openAccount(declaredWeb, [web()]);
    expect(fight(opened, every(12), DAY)).toHaveLength(24);
  });
});

describe('a service is contested', () => {
  const fought = (rounds: number) => {
    const opened = openAccount(declaredWeb, [web()]);
    fight(
      opened,
      set(() => ({ http_port: 81 })),
      rounds,
    );
    return opened;
  };
  const edit = ({ account }: Account, http_port: number) => account.set(id(1), web({ http_port }));
  test('once it was changed back three times, with how often and since when', () => {
    const opened = fought(MIN_CHANGES_BACK);
    edit(opened, 81);
    expect(opened.pass()).toMatchObject({
      contested: [{ times: 3, since: '1970-01-01T00:05:00.000Z' }],
      reasons: [
        '1: contested (http_port): another writer, for example a second reconciler, changes it back, or the API does not keep the writes; retried in 10m, on SIGHUP, or once the declaration changes',
      ],
    });
    // It is also in the pass in which it is retried, and while it is in sync.
    opened.wait(10 * MINUTE);
    expect(contested(opened)).toMatchObject({ times: 3 });
    expect(contested(opened)).toMatchObject({ times: 3 });
    edit(opened, 82);
    expect(contested(opened)).toEqual({ times: 4, since: '1970-01-01T00:05:00.000Z' });
  });

  test('also if its declaration changes another field at the same time', () => {
    const opened = fought(MIN_CHANGES_BACK);
    edit(opened, 81);
    opened.commit(web({ http_port: 80, https_port: 9 }));
    expect(contested(opened)).toMatchObject({ times: 3 });
  });

  test('and waits although it ignores another field', () => {
    const opened = openAccount([web({ http_port: 80, reconcile: { ignore: ['https_port'] } })], [web()]);
    expect(fight(opened, every(1), 5)).toEqual([0, 5, 10]);
  });

  test('and other services that are declared by name are not', () => {
    const opened = openAccount([named({ http_port: 80 }), named({ name: 'api', http_port: 80 })], []);
    opened.pass();
    for (let round = 0; round < MIN_CHANGES_BACK; round += 1) {
      const [key = '', service] = [...opened.account].find(([, { name }]) => name === 'web') ?? [];
      opened.account.set(key, { ...service, http_port: 81 });
      expect(opened.pass().kinds.toSorted()).toEqual(['drifted', 'in_sync']);
    }
    expect(opened.pass().contested.filter((each) => each !== null)).toEqual([{ times: 3, since: expect.any(String) }]);
  });

  test('with a reason that names all fields that differ', () => {
    const opened = fought(4);
    opened.account.set(id(1), web({ http_port: 81, https_port: 9 }));
    expect(opened.pass().reasons).toEqual([expect.stringContaining('contested (http_port, https_port): ')]);
  });

  test('and a paused one beside it is not', () => {
    const paused = web({ service_id: id(2), name: 'api', http_port: 80, reconcile: { pause: true } });
    const opened = openAccount([...declaredWeb, paused], [web(), web({ service_id: id(2), name: 'api' })]);
    fight(opened, every(1), 4);
    expect(opened.pass().contested).toEqual([expect.objectContaining({ times: 3 }), null]);
    expect(opened.size()).toBe(1);
  });

  test('with a reason that names no fields if it was deleted', () => {
    const opened = openAccount([named()], []);
    fight(opened, (account) => account.clear(), 4);
    opened.account.clear();
    expect(opened.pass().reasons).toEqual([expect.stringMatching(/^b: contested: another writer/)]);
  });

  test('also if passes find it in sync in between', () => {
    const opened = openAccount(declaredWeb, [web()]);
    expect(fight(opened, every(3), 24)).toEqual([0, 15, 30, 45, 75]);
    expect(contested(opened)).toMatchObject({ times: 5 });
  });

  test('neither after one nor after two changes by a person', () => {
    const opened = fought(0);
    for (const http_port of [81, 82, 83]) {
      edit(opened, http_port);
      expect(opened.pass()).toMatchObject({ contested: [null], reasons: [] });
      opened.wait(5 * MINUTE);
    }
  });

  test('not by differences that are only reported', () => {
    const opened = openAccount(declaredWeb, [web()]);
    fight(
      opened,
      set((round) => ({ http_port: 81 + (round % 2) })),
      20,
      { policy: 'update', maxChanges: 0 },
    );
    expect(opened.writes).toEqual([]);
    expect(opened.size()).toBe(0);
  });

  test('not by new declarations', () => {
    const opened = fought(0);
    for (let round = 0; round < 20; round += 1) {
      opened.commit(web({ http_port: 90 + round }));
      expect(opened.pass()).toMatchObject({ contested: [null], reasons: [] });
    }
    expect(opened.writes).toHaveLength(20);
  });

  test('not by services that are declared absent, then present', () => {
    const opened = openAccount([named()], []);
    for (let round = 0; round < 20; round += 1) {
      opened.commit(round % 2 === 0 ? named() : tombstone);
      expect(opened.pass()).toMatchObject({ contested: [null], reasons: [] });
    }
    expect(opened.writes).toHaveLength(20);
  });

  test('not by changes of an ignored field', () => {
    const ignoring = (https_port: number) => web({ http_port: 80, https_port, reconcile: { ignore: ['http_port'] } });
    const opened = openAccount([ignoring(1)], [web({ http_port: 80 })]);
    for (let round = 0; round < 20; round += 1) {
      const service = opened.account.get(id(1));
      opened.account.set(id(1), { ...service, http_port: 100 + round });
      opened.commit(ignoring(2 + round));
      expect(opened.pass()).toMatchObject({ contested: [null], reasons: [] });
    }
    expect(opened.writes).toHaveLength(20);
  });

  test('not by a change that was ignored when it was made', () => {
    const opened = openAccount([web({ https_port: 1, reconcile: { ignore: ['http_port'] } })], [web()]);
    opened.pass();
    opened.account.set(id(1), web({ https_port: 1, http_port: 81 }));
    expect(opened.pass()).toMatchObject({ kinds: ['in_sync'] });
    opened.commit(web({ https_port: 1 }));
    opened.pass();
    expect([...opened.pass().contests.values()]).toMatchObject([{ changedBack: { times: 0 } }]);
  });

  test('until it has stayed in sync for three hours', () => {
    const opened = fought(12);
    expect(opened.writes.at(-1)).toEqual({ at: 55, kind: 'update' });
    opened.wait(QUIET_MS - 5 * MINUTE);
    expect(contested(opened)).toMatchObject({ times: 4 });
    opened.wait(1);
    expect(contested(opened)).toBeNull();
    expect(opened.size()).toBe(0);
  });

  test('also if the other writer deletes it again', () => {
    const opened = openAccount([tombstone], []);
    const creates: Rival = (account, round) => {
      account.clear();
      account.set(id(round), web({ service_id: id(round) }));
    };
    fight(opened, creates, 8);
    expect(opened.pass()).toMatchObject({ kinds: ['unwanted'], contested: [{ times: 4 }] });
    opened.account.clear();
    expect(opened.pass()).toMatchObject({ kinds: ['gone'], contested: [{ times: 4 }] });
    opened.account.set(id(10), web({ service_id: id(10) }));
    expect(contested(opened)).toMatchObject({ times: 5 });
  });

  test('also if the API removes unknown fields with each write', () => {
    const opened = openAccount(declaredWeb, [web()]);
    for (let pass = 0; pass < 4; pass += 1) {
      edit(opened, 81);
      opened.pass({}, () => ({
        result: 'unsettled',
        attempts: 1,
        service_id: id(1),
        paths: [],
        stored: new Map(),
        unknown: new Map(),
        lost: ['zone'],
      }));
    }
    expect(contested(opened)).toMatchObject({ times: 3 });
  });

  test('also if the other writer yields, until three hours after that', () => {
    const opened = fought(8);
    edit(opened, 81);
    expect(contested(opened)).toMatchObject({ times: 4 });
    edit(opened, 80);
    opened.pass();
    opened.wait(QUIET_MS);
    edit(opened, 81);
    expect(contested(opened)).toMatchObject({ times: 5 });
    edit(opened, 80);
    opened.pass();
    opened.wait(QUIET_MS + 1);
    expect(contested(opened)).toBeNull();
  });

  test('also if passes are so rare that each finds it changed back', () => {
    const opened = openAccount(declaredWeb, [web()]);
    for (let pass = 0; pass < 4; pass += 1) {
      edit(opened, 81);
      expect(opened.pass()).toMatchObject({ reasons: [], contested: [pass < 3 ? null : { times: 3 }] });
      opened.wait(4 * QUIET_MS);
    }
  });

  test('as long as it differs, even if nothing is written for days', () => {
    const opened = fought(8);
    edit(opened, 81);
    opened.wait(100 * QUIET_MS);
    const { contested, reasons } = opened.pass({ maxChanges: 0 });
    expect(contested).toMatchObject([{ times: 4 }]);
    expect(reasons).toEqual([expect.stringContaining('max_changes is 0')]);
  });

  test.for([
    ['by id', web],
    ['by name', named],
  ] as const)('while the file that declares it %s is broken', ([, declare]) => {
    const opened = openAccount([declare({ http_port: 80 })], [web()]);
    fight(
      opened,
      set((round) => ({ http_port: 81 + round })),
      8,
    );
    opened.commit(declare({ http_port: 'none' }));
    expect(opened.pass()).toMatchObject({ kinds: ['invalid'], contested: [{ times: 4 }] });
    opened.commit(declare({ http_port: 80 }));
    expect(contested(opened)).toMatchObject({ times: 4 });
  });

  test('while its live service cannot be read', () => {
    const declared = named({ http_port: 80 });
    const opened = openAccount([declared], [web()]);
    fight(opened, every(1), 4);
    const { contests } = opened.pass();
    const unusable = { service_id: id(1), name: 'web', value: null, reason: 'expected a type' };
    const findings = compare(collect([parseFile('0.json', JSON.stringify(declared))]), [unusable]);
    expect(contests.size).toBe(1);
    expect(observeContests(contests, findings, { now: 0, at: '' })).toEqual(contests);
  });

  test('no longer once its file is so broken that nothing says which service it is for', () => {
    const opened = fought(8);
    opened.commit({ type: 'tcp' });
    expect(opened.pass()).toMatchObject({ kinds: ['invalid', 'unmanaged'], contested: [null, null] });
    expect(opened.size()).toBe(0);
  });

  test('no longer once it is not declared', () => {
    const opened = fought(8);
    opened.commit({ ...http, service_id: id(7) });
    expect(opened.pass().contested).toEqual([null, null]);
    expect(opened.size()).toBe(0);
  });
});

/** Returns an account with a service that was changed back four times, and waits. */
function openContested(): Account {
  const opened = openAccount(declaredWeb, [web()]);
  fight(
    opened,
    set(() => ({ http_port: 81 })),
    8,
  );
  opened.account.set(id(1), web({ http_port: 81 }));
  expect(opened.pass().reasons).toEqual([expect.stringContaining('contested')]);
  return opened;
}

const stopped = (): Outcome => ({ result: 'withheld', attempts: 0, reason: 'stopped' });
const refused = (): Outcome => ({ result: 'failed', attempts: 1, failure: failure('rejected', 'no') });

describe('a new declaration of a contested service', () => {
  test('is written at once, and the contest goes on', () => {
    const opened = openContested();
    opened.commit(web({ http_port: 99 }));
    expect(opened.pass()).toMatchObject({ reasons: [], contested: [{ times: 4 }] });
    expect(opened.account.get(id(1))).toMatchObject({ http_port: 99 });
    opened.account.set(id(1), web({ http_port: 81 }));
    expect(opened.pass()).toMatchObject({
      reasons: [expect.stringContaining('retried in 1h,')],
      contested: [{ times: 5 }],
    });
  });

  test.for([
    ['has the live value', web({ http_port: 81 })],
    ['ignores the field', web({ http_port: 80, reconcile: { ignore: ['http_port'] } })],
  ] as const)('that %s ends the contest', ([, value]) => {
    const opened = openContested();
    opened.commit(value);
    expect(opened.pass()).toMatchObject({ kinds: ['in_sync'], contested: [null] });
    expect(opened.size()).toBe(0);
  });
});

describe('a contested write', () => {
  test('is sent on request', () => {
    expect(openContested().pass({ retryParked: true }).reasons).toEqual([]);
  });

  test('that fails is retried, and does not count as changed back', () => {
    const opened = openContested();
    opened.wait(30 * MINUTE);
    const before = opened.writes.length;
    expect(opened.pass({}, stopped).contested).toMatchObject([{ times: 4 }]);
    expect(opened.pass().contested).toMatchObject([{ times: 4 }]);
    expect(opened.writes).toHaveLength(before + 1);
  });

  test('gives way to others if only some may be retried', () => {
    const opened = openContested();
    opened.wait(30 * MINUTE);
    expect(opened.pass({ maxParkedRetries: 0 }).reasons).toEqual([
      expect.stringContaining('retried when less of the request budget is used, or once the declaration changes'),
    ]);
  });

  test('that the API refuses says so first', () => {
    const opened = openContested();
    opened.wait(30 * MINUTE);
    opened.pass({}, refused);
    expect(opened.pass()).toMatchObject({ reasons: [expect.stringContaining('parked')], contested: [{ times: 4 }] });
  });
});
