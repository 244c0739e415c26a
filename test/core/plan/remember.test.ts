import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import { compare } from '../../../src/core/compare/compare.ts';
import type { Finding } from '../../../src/core/compare/compare.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { emptyMemory, findDriftCause, findParked, runsLast } from '../../../src/core/plan/memory.ts';
import type { Memory } from '../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../src/core/plan/outcome.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { findings, id, live, tcp } from '../builders.ts';
import { failed, findingsOf, memoryAfter, outcomesOf, refused, unsettled, updated, withheld } from './passes.ts';
import type { Pass } from './passes.ts';

const rememberFindings = (findings: readonly Finding[], memory: Memory) =>
  remember({ findings, outcomes: new Map(), memory, now: 0 });

/** Returns the findings for a live service whose file has this text. */
const broken = (text: string): readonly Finding[] =>
  compare({ declarations: [], tombstones: [], skipped: parseFile('db.yaml', text).skipped, problems: [] }, [
    live({ tcp_port: 1 }),
  ]);

describe('after a pass', () => {
  test('with a broken file, the service is remembered as before', () => {
    const memory = rememberFindings(
      broken(JSON.stringify({ ...tcp, tcp_port: 0 })),
      memoryAfter({ declared: 1, live: 1 }),
    );
    expect(findingsOf({ declared: 1, live: 2 }).map((finding) => findDriftCause(finding, memory))).toEqual(['live']);
  });

  test.for([
    ['never seen', JSON.stringify({ ...tcp, service_id: id(7), tcp_port: 0 })],
    ['without an id', 'text'],
  ] as const)('an invalid declaration %s is not remembered', ([, text]) => {
    expect([...rememberFindings(broken(text), memoryAfter({ declared: 1, live: 1 })).keys()]).toEqual([]);
  });

  test('missing and unmanaged services are forgotten', () => {
    const memory = memoryAfter({ declared: 1, live: 1 });
    expect(rememberFindings(findings({ declared: [{}] }), memory).size).toBe(0);
    expect(rememberFindings(findings({ live: [{}] }), memory).size).toBe(0);
    expect(rememberFindings([], memory).size).toBe(0);
  });
});

describe('a refused update', () => {
  const MINUTE = 60_000;
  const drifted = { declared: 1, live: 2 };
  type At = Pass & { readonly at: number };
  const parkedAfter = (passes: readonly At[], now: Pass = drifted) => {
    const memory = passes.reduce(
      (before, { at, ...pass }) =>
        remember({
          findings: findingsOf(pass),
          outcomes: outcomesOf(pass),
          memory: before,
          now: at,
        }),
      emptyMemory,
    );
    return findingsOf(now).map((finding) => findParked(finding, memory));
  };

  test('is parked for 15 minutes, then 30, then an hour each time', () => {
    const times = [0, 20, 60, 130, 200].map((minutes) => ({ ...drifted, at: minutes * MINUTE, outcome: refused }));
    const until = times.map((_, index) => parkedAfter(times.slice(0, index + 1))[0]?.until);
    expect(until).toEqual([15, 50, 120, 190, 260].map((minutes) => minutes * MINUTE));
    expect(parkedAfter(times)).toEqual([
      { failure: failure('rejected', 'Tunnel ID Not Found'), times: 5, until: 260 * MINUTE },
    ]);
  });

  test.for<{ what: string; outcome?: Outcome }>([
    { what: 'not retried' },
    { what: 'withheld', outcome: withheld },
    { what: 'retried and fails for another reason', outcome: failed },
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
  ])('is no longer parked after $what has changed, and is counted from one again', ({ now }) => {
    const first = { ...drifted, at: 0, outcome: refused };
    expect(parkedAfter([first], now)).toEqual([null]);
    expect(parkedAfter([first, { ...now, at: MINUTE, outcome: refused }], now)).toMatchObject([
      { times: 1, until: 16 * MINUTE },
    ]);
  });

  test.for<{ what: string; pass: Pass }>([
    { what: 'succeeds', pass: { ...drifted, outcome: updated } },
    { what: 'is unsettled', pass: { ...drifted, outcome: unsettled(2) } },
    { what: 'is in sync', pass: { declared: 1, live: 1 } },
  ])('is forgotten if the service $what', ({ pass }) => {
    expect(
      parkedAfter([
        { ...drifted, at: 0, outcome: refused },
        { ...pass, at: MINUTE },
      ]),
    ).toEqual([null]);
  });

  test('is not reported for a service in sync', () => {
    expect(parkedAfter([{ ...drifted, at: 0, outcome: refused }], { declared: 1, live: 1 })).toEqual([null]);
  });
});

const runsLastAfter = (...passes: readonly Pass[]) =>
  findingsOf({ declared: 1, live: 2 }).map(
    (finding) => finding.kind === 'drifted' && runsLast(finding, memoryAfter(...passes)),
  );

describe('whether an update runs last is', () => {
  const drifted = { declared: 1, live: 2 };

  test.for<{ what: string; passes: Pass[]; last: boolean }>([
    { what: 'nothing was sent', passes: [], last: false },
    { what: 'the last update failed with a transient error', passes: [{ ...drifted, outcome: failed }], last: true },
    {
      what: 'it has not been started since',
      passes: [
        { ...drifted, outcome: failed },
        { ...drifted, outcome: withheld },
      ],
      last: true,
    },
    {
      what: 'it was refused since',
      passes: [
        { ...drifted, outcome: failed },
        { ...drifted, outcome: refused },
      ],
      last: false,
    },
    {
      what: 'it succeeded since',
      passes: [
        { ...drifted, outcome: failed },
        { ...drifted, outcome: updated },
      ],
      last: false,
    },
  ])('$last if $what', ({ passes, last }) => {
    expect(runsLastAfter(...passes)).toEqual([last]);
  });
});
