import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import type { Finding } from '../../../src/core/compare/compare.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { findDriftCause, runsLast, emptyMemory, findParked, findUnsettled } from '../../../src/core/plan/memory.ts';
import type { Memory } from '../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../src/core/plan/outcome.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { normalize } from '../../../src/core/service/normalize.ts';
import { findings, http, id, live, service, tcp } from '../builders.ts';

type Pass = { readonly declared: number; readonly live: number; readonly outcome?: Outcome | undefined };

/** One service with this port on either side. */
const found = ({ declared, live }: Pass) =>
  findings({ declared: [{ tcp_port: declared }], live: [{ tcp_port: live }] });

const remembered = (found: readonly Finding[], memory: Memory, outcomes: ReadonlyMap<string, Outcome> = new Map()) =>
  remember({ findings: found, outcomes, memory, now: 0 });

/** What is known after these passes. */
const after = (...passes: readonly Pass[]): Memory =>
  passes.reduce(
    (memory, pass) =>
      remembered(found(pass), memory, new Map(pass.outcome === undefined ? [] : [[id(1), pass.outcome]])),
    emptyMemory,
  );

const causeAfter = (passes: readonly Pass[], now: Pass) =>
  found(now).map((finding) => findDriftCause(finding, after(...passes)));

const kept = (fields: JsonObject) => normalize(live(fields).value).known;
const updated: Outcome = { result: 'updated', attempts: 1 };
const failed: Outcome = { result: 'failed', attempts: 3, failure: failure('transient', 'timeout') };
const withheld: Outcome = { result: 'withheld', attempts: 0, reason: 'told to stop' };
const unsettled = (port: number): Outcome => ({
  result: 'unsettled',
  attempts: 1,
  paths: ['tcp_port'],
  stored: kept({ tcp_port: port }),
});

describe('the cause of drift', () => {
  const inSync = { declared: 1, live: 1 };
  test.for<{ what: string; passes: Pass[]; now: Pass; cause: string | null }>([
    { what: 'nothing was seen before', passes: [], now: { declared: 1, live: 2 }, cause: null },
    {
      what: 'it was in sync and the file changed',
      passes: [inSync],
      now: { declared: 2, live: 1 },
      cause: 'declaration',
    },
    { what: 'it was in sync and live changed', passes: [inSync], now: { declared: 1, live: 2 }, cause: 'live' },
    { what: 'it was in sync and both changed', passes: [inSync], now: { declared: 2, live: 3 }, cause: 'both' },
    { what: 'it had drifted already', passes: [{ declared: 1, live: 2 }], now: { declared: 1, live: 2 }, cause: null },
    {
      what: 'it had drifted already and the file changed',
      passes: [{ declared: 1, live: 2 }],
      now: { declared: 3, live: 2 },
      cause: 'declaration',
    },
    {
      what: 'it was updated and live changed',
      passes: [{ declared: 1, live: 2, outcome: updated }],
      now: { declared: 1, live: 2 },
      cause: 'live',
    },
    {
      what: 'it was updated and the file changed',
      passes: [{ declared: 1, live: 2, outcome: updated }],
      now: { declared: 2, live: 1 },
      cause: 'declaration',
    },
    {
      what: 'it is still so in the next pass',
      passes: [inSync, { declared: 1, live: 2 }, { declared: 1, live: 2 }],
      now: { declared: 1, live: 2 },
      cause: 'live',
    },
    {
      what: 'the update failed',
      passes: [inSync, { declared: 2, live: 1, outcome: failed }],
      now: { declared: 2, live: 1 },
      cause: 'declaration',
    },
    {
      what: 'the update was withheld',
      passes: [inSync, { declared: 2, live: 1, outcome: withheld }],
      now: { declared: 2, live: 1 },
      cause: 'declaration',
    },
    {
      what: 'the update did not settle',
      passes: [inSync, { declared: 2, live: 1, outcome: unsettled(3) }],
      now: { declared: 2, live: 3 },
      cause: 'declaration',
    },
    {
      what: 'live changed, and the file after it',
      passes: [inSync, { declared: 1, live: 2 }],
      now: { declared: 3, live: 2 },
      cause: 'both',
    },
    {
      what: 'the file changed, and live after it',
      passes: [inSync, { declared: 2, live: 1, outcome: failed }],
      now: { declared: 2, live: 3 },
      cause: 'both',
    },
    {
      what: 'both had changed before',
      passes: [inSync, { declared: 2, live: 3 }],
      now: { declared: 2, live: 3 },
      cause: 'both',
    },
    {
      what: 'it was in sync again in between',
      passes: [inSync, { declared: 2, live: 3 }, inSync],
      now: { declared: 1, live: 2 },
      cause: 'live',
    },
  ])('when $what is $cause', ({ passes, now, cause }) => {
    expect(causeAfter(passes, now)).toEqual([cause]);
  });

  test('of anything but drift is nothing', () => {
    const memory = after(inSync);
    const others = findings({
      declared: [{ tcp_port: 1 }, http],
      live: [{ tcp_port: 1 }, { service_id: id(3), name: 'c' }],
    });
    expect(
      others.map((finding) => [finding.kind, findDriftCause(finding, memory), findUnsettled(finding, memory)]),
    ).toEqual([
      ['in_sync', null, null],
      ['missing', null, null],
      ['unmanaged', null, null],
    ]);
  });

  test('does not see times, nulls or spelling', () => {
    const memory = remembered(findings({ declared: [{}], live: [{}] }), emptyMemory);
    const [finding] = findings({
      declared: [{ tcp_port: 1, host: { ...tcp.host, hostname: 'DB.internal' } }],
      live: [service({ app_protocol: null, updated_at: 'now', weight: 3 })],
    });
    expect(finding && findDriftCause(finding, memory)).toBe('declaration');
  });
});

describe('what did not settle', () => {
  const unsettledAfter = (passes: readonly Pass[], now: Pass) =>
    found(now).map((finding) => findUnsettled(finding, after(...passes))?.paths ?? null);

  test.for<{ what: string; passes: Pass[]; now: Pass; fields: string[] | null }>([
    { what: 'nothing was sent', passes: [], now: { declared: 1, live: 2 }, fields: null },
    {
      what: 'it did not settle',
      passes: [{ declared: 1, live: 2, outcome: unsettled(3) }],
      now: { declared: 1, live: 3 },
      fields: ['tcp_port'],
    },
    {
      what: 'it is still so passes later',
      passes: [
        { declared: 1, live: 2, outcome: unsettled(3) },
        { declared: 1, live: 3 },
        { declared: 1, live: 3, outcome: withheld },
      ],
      now: { declared: 1, live: 3 },
      fields: ['tcp_port'],
    },
    {
      what: 'the file changed',
      passes: [{ declared: 1, live: 2, outcome: unsettled(3) }],
      now: { declared: 4, live: 3 },
      fields: null,
    },
    {
      what: 'live changed',
      passes: [{ declared: 1, live: 2, outcome: unsettled(3) }],
      now: { declared: 1, live: 4 },
      fields: null,
    },
    {
      what: 'live changed there and back',
      passes: [
        { declared: 1, live: 2, outcome: unsettled(3) },
        { declared: 1, live: 4 },
      ],
      now: { declared: 1, live: 3 },
      fields: null,
    },
    {
      what: 'the list does not show what the answer did',
      passes: [{ declared: 1, live: 2, outcome: unsettled(3) }],
      now: { declared: 1, live: 2 },
      fields: ['tcp_port'],
    },
    {
      what: 'nor does it passes later',
      passes: [
        { declared: 1, live: 2, outcome: unsettled(3) },
        { declared: 1, live: 2, outcome: withheld },
        { declared: 1, live: 2 },
      ],
      now: { declared: 1, live: 2 },
      fields: ['tcp_port'],
    },
    {
      what: 'it settled at last',
      passes: [
        { declared: 1, live: 2, outcome: unsettled(3) },
        { declared: 4, live: 3, outcome: updated },
      ],
      now: { declared: 1, live: 3 },
      fields: null,
    },
  ])('is known when $what: $fields', ({ passes, now, fields }) => {
    expect(unsettledAfter(passes, now)).toEqual([fields]);
  });
});

const broken = (text: string): readonly Finding[] =>
  compare({ declarations: [], skipped: parseFile('db.yaml', text).skipped, problems: [] }, [live({ tcp_port: 1 })]);

describe('after a pass', () => {
  test('in which the file was broken, the service is known as before', () => {
    const memory = remembered(broken(JSON.stringify({ ...tcp, tcp_port: 0 })), after({ declared: 1, live: 1 }));
    expect(found({ declared: 1, live: 2 }).map((finding) => findDriftCause(finding, memory))).toEqual(['live']);
  });

  test.for([
    ['never seen', JSON.stringify({ ...tcp, service_id: id(7), tcp_port: 0 })],
    ['without an id', 'text'],
  ] as const)('a broken service %s is not known', ([, text]) => {
    expect([...remembered(broken(text), after({ declared: 1, live: 1 })).keys()]).toEqual([]);
  });

  test('what is missing or unmanaged is forgotten', () => {
    const memory = after({ declared: 1, live: 1 });
    expect(remembered(findings({ declared: [{}] }), memory).size).toBe(0);
    expect(remembered(findings({ live: [{}] }), memory).size).toBe(0);
    expect(remembered([], memory).size).toBe(0);
  });
});

describe('an update that does not last', () => {
  const undone = { declared: 1, live: 2, outcome: updated };
  const unsettledNow = (passes: readonly Pass[], now: Pass) =>
    found(now).map((finding) => findUnsettled(finding, after(...passes)));

  test('three times in a row from one live value is believed to be the API', () => {
    expect(unsettledNow([undone, undone], undone)).toEqual([null]);
    expect(unsettledNow([undone, undone, undone], undone)).toEqual([{ paths: ['tcp_port'], seenIn: 'list' }]);
    expect(unsettledNow([undone, undone, undone, { ...undone, outcome: withheld }], undone)).toEqual([
      { paths: ['tcp_port'], seenIn: 'list' },
    ]);
  });

  test.for<{ what: string; passes: Pass[]; now: Pass }>([
    { what: 'from another live value', passes: [undone, undone, { ...undone, live: 3 }], now: undone },
    { what: 'of another declaration', passes: [undone, undone, undone], now: { declared: 4, live: 2 } },
    { what: 'that was in sync between', passes: [undone, undone, { declared: 1, live: 1 }, undone], now: undone },
  ])('but not one $what', ({ passes, now }) => {
    expect(unsettledNow(passes, now)).toEqual([null]);
  });
});

describe('a refused update', () => {
  const MINUTE = 60_000;
  const refusal = failure('rejected', 'Tunnel ID Not Found');
  const refused: Outcome = { result: 'failed', attempts: 1, failure: refusal };
  const drifted = { declared: 1, live: 2 };
  type At = Pass & { readonly at: number };
  const parkedAfter = (passes: readonly At[], now: Pass = drifted) => {
    const memory = passes.reduce(
      (before, { at, ...pass }) =>
        remember({
          findings: found(pass),
          outcomes: new Map(pass.outcome === undefined ? [] : [[id(1), pass.outcome]]),
          memory: before,
          now: at,
        }),
      emptyMemory,
    );
    return found(now).map((finding) => findParked(finding, memory));
  };

  test('is parked for a quarter of an hour, then twice as long, up to an hour', () => {
    const times = [0, 20, 60, 130, 200].map((minutes) => ({ ...drifted, at: minutes * MINUTE, outcome: refused }));
    const until = times.map((_, index) => parkedAfter(times.slice(0, index + 1))[0]?.until);
    expect(until).toEqual([15, 50, 120, 190, 260].map((minutes) => minutes * MINUTE));
    expect(parkedAfter(times)).toEqual([{ failure: refusal, times: 5, until: 260 * MINUTE }]);
  });

  test.for<{ what: string; outcome?: Outcome }>([
    { what: 'left alone' },
    { what: 'withheld', outcome: withheld },
    { what: 'tried in vain for another reason', outcome: failed },
  ])('stays parked while it is $what', ({ outcome }) => {
    const passes = [
      { ...drifted, at: 0, outcome: refused },
      { ...drifted, at: MINUTE, outcome },
    ];
    expect(parkedAfter(passes)).toMatchObject([{ times: 1, until: 15 * MINUTE }]);
  });

  test.for<{ what: string; now: Pass }>([
    { what: 'the declaration', now: { declared: 3, live: 2 } },
    { what: 'the live value', now: { declared: 1, live: 3 } },
  ])('is parked no longer once $what has changed, and begins anew', ({ now }) => {
    const first = { ...drifted, at: 0, outcome: refused };
    expect(parkedAfter([first], now)).toEqual([null]);
    expect(parkedAfter([first, { ...now, at: MINUTE, outcome: refused }], now)).toMatchObject([
      { times: 1, until: 16 * MINUTE },
    ]);
  });

  test.for<{ what: string; pass: Pass }>([
    { what: 'worked', pass: { ...drifted, outcome: updated } },
    { what: 'did not settle', pass: { ...drifted, outcome: unsettled(2) } },
    { what: 'is in sync', pass: { declared: 1, live: 1 } },
  ])('is forgotten when it $what', ({ pass }) => {
    expect(
      parkedAfter([
        { ...drifted, at: 0, outcome: refused },
        { ...pass, at: MINUTE },
      ]),
    ).toEqual([null]);
  });

  test('is of drifted services only', () => {
    expect(parkedAfter([{ ...drifted, at: 0, outcome: refused }], { declared: 1, live: 1 })).toEqual([null]);
  });
});

const withField = (weight: number) =>
  findings({ declared: [{ tcp_port: 1 }], live: [{ tcp_port: 2, labels: { weight } }] });

const afterwards = (outcome: Outcome) =>
  remember({ findings: withField(1), outcomes: new Map([[id(1), outcome]]), memory: emptyMemory, now: 0 });

describe('a live field that this version does not know', () => {
  test('is a part of the live value: its change frees what was refused, and what did not settle', () => {
    const refused = afterwards({ result: 'failed', attempts: 1, failure: failure('rejected', 'no') });
    expect(withField(1).map((finding) => findParked(finding, refused)?.times)).toEqual([1]);
    expect(withField(2).map((finding) => findParked(finding, refused))).toEqual([null]);
    const kept = afterwards(unsettled(2));
    expect(withField(1).map((finding) => findUnsettled(finding, kept)?.seenIn)).toEqual(['answer']);
    expect(withField(2).map((finding) => findUnsettled(finding, kept))).toEqual([null]);
  });
});

describe('a service has stumbled', () => {
  const stumbledAfter = (...passes: readonly Pass[]) =>
    found({ declared: 1, live: 2 }).map((finding) => finding.kind === 'drifted' && runsLast(finding, after(...passes)));
  const drifted = { declared: 1, live: 2 };
  const refused: Outcome = { result: 'failed', attempts: 1, failure: failure('rejected', 'no') };

  test.for<{ what: string; passes: Pass[]; stumbled: boolean }>([
    { what: 'nothing was tried', passes: [], stumbled: false },
    { what: 'its update failed for a while', passes: [{ ...drifted, outcome: failed }], stumbled: true },
    {
      what: 'nothing was begun since',
      passes: [
        { ...drifted, outcome: failed },
        { ...drifted, outcome: withheld },
      ],
      stumbled: true,
    },
    {
      what: 'it was refused',
      passes: [
        { ...drifted, outcome: failed },
        { ...drifted, outcome: refused },
      ],
      stumbled: false,
    },
    {
      what: 'it worked',
      passes: [
        { ...drifted, outcome: failed },
        { ...drifted, outcome: updated },
      ],
      stumbled: false,
    },
  ])('when $what: $stumbled', ({ passes, stumbled }) => {
    expect(stumbledAfter(...passes)).toEqual([stumbled]);
  });
});
