import { describe, expect, test } from 'vitest';
import { emptyMemory, findDriftCause, findParked, findUnsettled } from '../../../src/core/plan/memory.ts';
import type { Outcome } from '../../../src/core/plan/outcome.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { findings, http, id, service, tcp } from '../builders.ts';
import { failed, findingsOf, memoryAfter, refused, unsettled, updated, withheld } from './passes.ts';
import type { Pass } from './passes.ts';

const causeAfter = (passes: readonly Pass[], now: Pass) =>
  findingsOf(now).map((finding) => findDriftCause(finding, memoryAfter(...passes)));

describe('the cause of drift is', () => {
  const inSync = { declared: 1, live: 1 };
  test.for<{ what: string; passes: Pass[]; now: Pass; cause: string | null }>([
    { what: 'nothing is remembered', passes: [], now: { declared: 1, live: 2 }, cause: null },
    {
      what: 'the service was in sync and its file changed',
      passes: [inSync],
      now: { declared: 2, live: 1 },
      cause: 'declaration',
    },
    {
      what: 'the service was in sync and live changed',
      passes: [inSync],
      now: { declared: 1, live: 2 },
      cause: 'live',
    },
    {
      what: 'the service was in sync and both sides changed',
      passes: [inSync],
      now: { declared: 2, live: 3 },
      cause: 'both',
    },
    {
      what: 'the service had already drifted',
      passes: [{ declared: 1, live: 2 }],
      now: { declared: 1, live: 2 },
      cause: null,
    },
    {
      what: 'the service had already drifted and its file changed',
      passes: [{ declared: 1, live: 2 }],
      now: { declared: 3, live: 2 },
      cause: 'declaration',
    },
    {
      what: 'the service was updated and live changed',
      passes: [{ declared: 1, live: 2, outcome: updated }],
      now: { declared: 1, live: 2 },
      cause: 'live',
    },
    {
      what: 'the service was updated and its file changed',
      passes: [{ declared: 1, live: 2, outcome: updated }],
      now: { declared: 2, live: 1 },
      cause: 'declaration',
    },
    {
      what: 'live changed two passes ago',
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
      what: 'live changed and then the file',
      passes: [inSync, { declared: 1, live: 2 }],
      now: { declared: 3, live: 2 },
      cause: 'both',
    },
    {
      what: 'the file changed and then live',
      passes: [inSync, { declared: 2, live: 1, outcome: failed }],
      now: { declared: 2, live: 3 },
      cause: 'both',
    },
    {
      what: 'both sides changed two passes ago',
      passes: [inSync, { declared: 2, live: 3 }],
      now: { declared: 2, live: 3 },
      cause: 'both',
    },
    {
      what: 'the service was in sync in between',
      passes: [inSync, { declared: 2, live: 3 }, inSync],
      now: { declared: 1, live: 2 },
      cause: 'live',
    },
  ])('$cause if $what', ({ passes, now, cause }) => {
    expect(causeAfter(passes, now)).toEqual([cause]);
  });

  test('null for every finding except drift', () => {
    const memory = memoryAfter(inSync);
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

  test('not affected by times, nulls or equivalent forms', () => {
    const memory = remember({
      findings: findings({ declared: [{}], live: [{}] }),
      outcomes: new Map(),
      memory: emptyMemory,
      now: 0,
    });
    const [finding] = findings({
      declared: [{ tcp_port: 1, host: { ...tcp.host, hostname: 'DB.internal' } }],
      live: [service({ app_protocol: null, updated_at: 'now', weight: 3 })],
    });
    expect(finding && findDriftCause(finding, memory)).toBe('declaration');
  });
});

const unsettledAfter = (passes: readonly Pass[], now: Pass) =>
  findingsOf(now).map((finding) => findUnsettled(finding, memoryAfter(...passes)));

describe('the unsettled fields are', () => {
  test.for<{ what: string; passes: Pass[]; now: Pass; fields: string[] | null }>([
    { what: 'nothing was sent', passes: [], now: { declared: 1, live: 2 }, fields: null },
    {
      what: 'the API stored another value',
      passes: [{ declared: 1, live: 2, outcome: unsettled(3) }],
      now: { declared: 1, live: 3 },
      fields: ['tcp_port'],
    },
    {
      what: 'the API stored another value three passes ago',
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
      what: 'live changed and changed back',
      passes: [
        { declared: 1, live: 2, outcome: unsettled(3) },
        { declared: 1, live: 4 },
      ],
      now: { declared: 1, live: 3 },
      fields: null,
    },
    {
      what: 'the list still shows the value before the update',
      passes: [{ declared: 1, live: 2, outcome: unsettled(3) }],
      now: { declared: 1, live: 2 },
      fields: ['tcp_port'],
    },
    {
      what: 'the list shows the value before the update several passes later',
      passes: [
        { declared: 1, live: 2, outcome: unsettled(3) },
        { declared: 1, live: 2, outcome: withheld },
        { declared: 1, live: 2 },
      ],
      now: { declared: 1, live: 2 },
      fields: ['tcp_port'],
    },
    {
      what: 'a later update settled',
      passes: [
        { declared: 1, live: 2, outcome: unsettled(3) },
        { declared: 4, live: 3, outcome: updated },
      ],
      now: { declared: 1, live: 3 },
      fields: null,
    },
  ])('$fields if $what', ({ passes, now, fields }) => {
    expect(unsettledAfter(passes, now)).toEqual([fields]);
  });
});

test('an update that only lost unknown fields is remembered as done', () => {
  const lost: Outcome = {
    result: 'unsettled',
    attempts: 1,
    service_id: id(1),
    paths: [],
    stored: new Map(),
    unknown: new Map(),
    lost: ['labels'],
  };
  const pass = { declared: 1, live: 2 };
  expect(memoryAfter({ ...pass, outcome: lost })).toEqual(memoryAfter({ ...pass, outcome: updated }));
});

const withField = (weight: number) =>
  findings({ declared: [{ tcp_port: 1 }], live: [{ tcp_port: 2, labels: { weight } }] });

const memoryAfterOutcome = (outcome: Outcome) =>
  remember({ findings: withField(1), outcomes: new Map([[id(1), outcome]]), memory: emptyMemory, now: 0 });

describe('a changed unknown field of the live service', () => {
  test('that an unsettled update changed itself allows no other update, whether or not the list shows it yet', () => {
    const memory = memoryAfterOutcome(unsettled(2, { labels: { weight: 2 } }));
    for (const weight of [1, 2]) {
      expect(withField(weight).map((finding) => findUnsettled(finding, memory))).toEqual([['tcp_port']]);
    }
    expect(withField(3).map((finding) => findUnsettled(finding, memory))).toEqual([null]);
  });

  test('ends parking and allows another update of an unsettled service', () => {
    const parked = memoryAfterOutcome(refused);
    expect(withField(1).map((finding) => findParked(finding, parked)?.times)).toEqual([1]);
    expect(withField(2).map((finding) => findParked(finding, parked))).toEqual([null]);
    const memory = memoryAfterOutcome(unsettled(2, { labels: { weight: 1 } }));
    expect(withField(1).map((finding) => findUnsettled(finding, memory))).toEqual([['tcp_port']]);
    expect(withField(2).map((finding) => findUnsettled(finding, memory))).toEqual([null]);
  });
});
