import { describe, expect, test } from 'vitest';
import { failure } from '../../../src/core/base/failure.ts';
import type { Finding } from '../../../src/core/compare/compare.ts';
import { emptyMemory } from '../../../src/core/plan/memory.ts';
import type { Memory } from '../../../src/core/plan/memory.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import type { Plan, PlanOptions } from '../../../src/core/plan/plan.ts';
import { remember } from '../../../src/core/plan/remember.ts';
import { stepId } from '../../../src/core/plan/step.ts';
import { normalize } from '../../../src/core/service/normalize.ts';
import { findings, http, id, live, planOptions, service, tcp, tunnel } from '../builders.ts';
import { withheldReasons } from './plan-text.ts';

describe('unknown fields of the live service', () => {
  const drifted = findings({
    declared: [{ tcp_port: 1 }],
    live: [service({ weight: 3, host: { ...tcp.host, zone: 'a' } })],
  });

  test('are carried over with "preserve"', () => {
    expect(plan(drifted, planOptions({ unknownFields: 'preserve' }))).toMatchObject({
      steps: [
        {
          kind: 'update',
          body: { tcp_port: 1, weight: 3, host: { hostname: 'db.internal', zone: 'a' } },
          carriedOver: ['host.zone', 'weight'],
        },
      ],
      withheld: [],
    });
  });

  test('withhold the update with "withhold"', () => {
    const planned = plan(drifted, planOptions({ unknownFields: 'withhold' }));
    expect(planned.steps).toEqual([]);
    expect(withheldReasons(planned)).toEqual([
      '1: the live service has fields that this version does not know: host.zone, weight; set unknown_fields to preserve or drop',
    ]);
  });

  test('are removed with "drop"', () => {
    const { steps, withheld } = plan(drifted, planOptions({ unknownFields: 'drop' }));
    expect(steps.map((step) => ({ body: 'body' in step ? step.body : null, carriedOver: step.carriedOver }))).toEqual([
      {
        body: {
          name: 'db',
          type: 'tcp',
          tcp_port: 1,
          host: { hostname: 'db.internal', resolver_network: { tunnel_id: tunnel } },
        },
        carriedOver: [],
      },
    ]);
    expect(withheld).toEqual([]);
  });

  const moved = findings({
    declared: [tcp],
    live: [{ host: { ...http.host, network: { tunnel_id: tunnel, mtu: 1400, zone: 'a' } } }],
  });

  test('withhold the update if the declared host has no place for them', () => {
    const planned = plan(moved, planOptions({ unknownFields: 'preserve' }));
    expect(planned.steps).toEqual([]);
    expect(withheldReasons(planned)).toEqual([
      '1: the declared host has no place for live fields that this version does not know: host.network.mtu, host.network.zone; to remove them, set unknown_fields to drop',
    ]);
    expect(plan(moved, planOptions({ unknownFields: 'drop' })).steps).toHaveLength(1);
  });

  test('do not matter while the service is in sync', () => {
    const inSync = findings({ declared: [{}], live: [service({ weight: 3 })] });
    expect(plan(inSync, planOptions({ unknownFields: 'withhold' }))).toEqual({ steps: [], withheld: [] });
  });
});

/** Returns the memory after the API answered the first update with the live value from before. */
const unsettled = (found: readonly Finding[]): Memory =>
  remember({
    findings: found,
    outcomes: new Map([
      [
        id(1),
        {
          result: 'unsettled',
          attempts: 1,
          service_id: id(1),
          paths: ['tcp_port'],
          stored: normalize(live().value).known,
          unknown: new Map(),
        },
      ],
    ]),
    memory: emptyMemory,
    now: 0,
  });

describe('an unsettled service', () => {
  const sides = { declared: [{ tcp_port: 1 }], live: [{}] };
  test('is withheld until either side changes', () => {
    const planned = plan(findings(sides), planOptions({ memory: unsettled(findings(sides)) }));
    expect(planned.steps).toEqual([]);
    expect(withheldReasons(planned)).toEqual([
      '1: the API stored a different value than the last update sent (tcp_port); not sent again until the declaration or the live value changes',
    ]);
  });

  test('is withheld with all fields that the API stored differently', () => {
    const found = findings(sides);
    const [last] = unsettled(found).values();
    const paths = ['tcp_port', 'host.hostname'];
    const memory: Memory = new Map(
      last === undefined
        ? []
        : [[id(1), { ...last, unsettled: { paths, liveBefore: last.live, unknownBefore: last.unknown } }]],
    );
    expect(withheldReasons(plan(found, planOptions({ memory })))).toEqual([
      expect.stringContaining('than the last update sent (tcp_port, host.hostname); not sent again'),
    ]);
  });

  test.for([
    ['the declaration', { ...sides, declared: [{ tcp_port: 2 }] }],
    ['the live value', { ...sides, live: [{ tcp_port: 3 }] }],
  ] as const)('is updated again after %s has changed', ([, changed]) => {
    expect(plan(findings(changed), planOptions({ memory: unsettled(findings(sides)) })).steps).toHaveLength(1);
  });
});

const ids = ({ steps }: Plan) => steps.map(stepId);

describe('a parked service', () => {
  const sides = { declared: [{ tcp_port: 1 }], live: [{}] };
  const refusal = failure('rejected', 'HTTP 400, code 5101: Tunnel ID Not Found');
  const memory = remember({
    findings: findings(sides),
    outcomes: new Map([[id(1), { result: 'failed', attempts: 1, failure: refusal }]]),
    memory: emptyMemory,
    now: 0,
  });
  const after = (minutes: number, retryParked = false) =>
    plan(findings(sides), planOptions({ memory, now: minutes * 60_000, retryParked }));

  test('is withheld with the refusal and the time until the retry', () => {
    expect(after(3)).toEqual({
      steps: [],
      withheld: [
        {
          finding: findings(sides)[0],
          result: 'withheld',
          failure: refusal,
          reason:
            'parked because the API refused the last update: HTTP 400, code 5101: Tunnel ID Not Found; retried in 12m, on SIGHUP, or once the declaration or the live value changes',
        },
      ],
    });
  });

  test('is retried when its time has come or a person requests a pass', () => {
    expect(after(14.99).steps).toHaveLength(0);
    expect(after(15).steps).toHaveLength(1);
    expect(after(1, true).steps).toHaveLength(1);
  });

  test('is retried after one that has waited longer, if only some may be retried', () => {
    const three = {
      declared: [1, 2, 3].map((number) => ({ service_id: id(number), name: `db-${number}`, tcp_port: 1 })),
      live: [1, 2, 3].map((number) => ({ service_id: id(number), name: `db-${number}` })),
    };
    const refusedAt = (now: number, memory: Memory, ...numbers: number[]) =>
      remember({
        findings: findings(three),
        outcomes: new Map(numbers.map((number) => [id(number), { result: 'failed', attempts: 1, failure: refusal }])),
        memory,
        now,
      });
    const parked = refusedAt(2000, refusedAt(1000, emptyMemory, 2, 3), 1);
    const retried = (maxParkedRetries: number, options: Partial<PlanOptions>) =>
      plan(findings(three), planOptions({ memory: parked, maxParkedRetries, ...options }));
    expect(ids(retried(2, { now: 3000, retryParked: true }))).toEqual([id(2), id(3)]);
    expect(ids(retried(1, { now: 30 * 60_000 }))).toEqual([id(2)]);
    expect(ids(retried(3, { now: 30 * 60_000 }))).toEqual([id(1), id(2), id(3)]);
    expect(withheldReasons(retried(2, { now: 30 * 60_000 }))).toEqual([
      '1: parked because the API refused the last update: HTTP 400, code 5101: Tunnel ID Not Found; retried when less of the request budget is used, or once the declaration or the live value changes',
    ]);
  });

  test('gives way to other retries if it is withheld for another reason', () => {
    const found = findings({
      declared: [{ tcp_port: 1 }, { service_id: id(2), name: 'b', tcp_port: 1 }],
      live: [service({ weight: 3 }), { service_id: id(2), name: 'b' }],
    });
    const outcomes = new Map(
      [1, 2].map((number) => [id(number), { result: 'failed', attempts: 1, failure: refusal }] as const),
    );
    const parked = remember({ findings: found, outcomes, memory: emptyMemory, now: 0 });
    const options = { memory: parked, retryParked: true, maxParkedRetries: 1, unknownFields: 'withhold' } as const;
    expect(ids(plan(found, planOptions(options)))).toEqual([id(2)]);
  });

  test('is retried after all other updates', () => {
    const two = {
      declared: [{ tcp_port: 1 }, { service_id: id(2), name: 'b', tcp_port: 5432 }],
      live: [{}, { service_id: id(2), name: 'b', tcp_port: 1 }],
    };
    expect(ids(plan(findings(two), planOptions({ memory, retryParked: true })))).toEqual([id(2), id(1)]);
  });

  test('keeps its name, so a service that waits for the name is also withheld', () => {
    const two = {
      declared: [{ name: 'b' }, { service_id: id(2), name: 'a', tcp_port: 5432 }],
      live: [{ name: 'a' }, { service_id: id(2), name: 'c' }],
    };
    const remembered = remember({
      findings: findings(two),
      outcomes: new Map([[id(1), { result: 'failed', attempts: 1, failure: refusal }]]),
      memory: emptyMemory,
      now: 0,
    });
    expect(withheldReasons(plan(findings(two), planOptions({ memory: remembered })))).toEqual([
      expect.stringMatching(/^1: parked/),
      expect.stringMatching(/^2: waits for the name "a", whose holder .* is withheld$/),
    ]);
  });
});
