import { monitorEventLoopDelay } from 'node:perf_hooks';
import * as fc from 'fast-check';
import pLimit from 'p-limit';
import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/base/json.ts';
import { normalize } from '../../src/core/service/normalize.ts';
import { FAULT_NAMES } from '../../src/emulator/scenario/faults.ts';
import type { FaultKind } from '../../src/emulator/scenario/faults.ts';
import type { Quirks } from '../../src/emulator/scenario/quirks.ts';
import type { HandledRequest } from '../../src/emulator/server.ts';
import { fleet, fleetTunnels } from './fleet.ts';
import { openFixture } from './pass-fixture.ts';

/*
 * 150 services of all shapes, 80 of them drifted, and an API that fails 30% of its first requests in every possible way. All faults
 * follow from a seed.
 */

const FULL = process.env['FULL'] === '1';
const BATCHES = FULL ? 40 : 4;
const SEEDS = FULL ? 25 : 5;
const AT_ONCE = 8;
const MAX_PASSES = 100;
/** Long enough for a busy machine. An answer that takes longer counts as lost. */
const REQUEST_TIMEOUT_MS = 2000;

const pairs = fleet({ drifted: 80, inSync: 70 });
const declared = pairs.map((pair) => pair.declared);
const driftedIds = new Set(declared.slice(0, 80).map(({ service_id }) => service_id));
const legacy: JsonObject = {
  service_id: '0199a0c4-2b10-7c3e-8a51-ffffffffffff',
  name: 'legacy',
  type: 'http',
  host: { ipv4: '10.9.9.9', network: { tunnel_id: fleetTunnels[0] ?? '' } },
};

/** Faults with which the API carries out the request but the client receives no valid answer. */
const ANSWER_LOST = new Set(['lost', 'truncated', 'garbage', 'null_result', 'late']);
const CARRIED_OUT = new Set([null, 'slow', ...ANSWER_LOST]);

/** All faults. Those that delay a pass by seconds or end it occur less often. */
const FAULTS: readonly FaultKind[] = [
  ...Array.from({ length: 4 }, (): readonly FaultKind[] => [...FAULT_NAMES, 408, 500, 502, 503, 504, 520, 524]).flat(),
  400,
  401,
  403,
  409,
  429,
];

/** Forms of returned values that are not drift. */
const quirks = fc.record<Partial<Quirks>>({
  resultInfo: fc.constantFrom('full', 'absent', 'empty'),
  // Every page is the first one and holds all services. A client that requests another page must notice.
  ignorePage: fc.boolean(),
  unusedHostKeys: fc.constantFrom('null', 'absent'),
  unsetPorts: fc.constantFrom('null', 'absent'),
  ipv6: fc.constantFrom('as-sent', 'compressed', 'expanded', 'upper'),
  uuids: fc.constantFrom('as-sent', 'upper', 'lower'),
  hostname: fc.constantFrom('lower', 'as-sent'),
  emptyResolvers: fc.constantFrom('absent', 'null', '[]'),
  verifyFull: fc.constantFrom('as-sent', 'absent', 'explicit'),
  tlsNulls: fc.boolean(),
  order: fc.constantFrom('created', 'shuffled'),
});

type Figures = {
  readonly passes: number;
  readonly requests: number;
  readonly faults: number;
  readonly puts: number;
  readonly repeats: number;
};

async function runUntilInSync(seed: number): Promise<Figures> {
  const [drawn] = fc.sample(quirks, { seed, numRuns: 1 });
  const { write, pass, emulator } = await openFixture({
    services: [...pairs.map(({ live }) => live), legacy],
    tunnels: fleetTunnels,
    scenario: {
      seed,
      share: 0.3,
      faults: FAULTS,
      methods: ['GET', 'PUT'],
      stops_after: 120,
      retry_after: 0,
      slow_by: 20,
      // Every second seed also has a rate limit with a block. The budget respects it.
      ...(seed % 2 === 0 ? { rate_limit: { requests: 60, ms: 300, text: '60/300ms' }, block: 5000 } : {}),
      ...(drawn === undefined ? {} : { quirks: drawn }),
    },
    rates: seed % 2 === 0 ? ['60/300ms'] : [],
    client: { attempts: 5, requestTimeoutMs: REQUEST_TIMEOUT_MS, random: () => 0.01 },
  });
  const before = emulator.services().find(({ name }) => name === 'legacy');
  write('all.yaml', declared);
  const stalls = monitorEventLoopDelay();
  stalls.enable();

  let passes = 0;
  for (let outcome = ''; outcome !== 'in_sync'; passes += 1) {
    expect(passes, `seed ${seed} does not converge`).toBeLessThan(MAX_PASSES);
    // A signal also retries parked updates, which would otherwise take up to an hour.
    ({ outcome } = await pass({ trigger: 'signal' }));
  }

  const live = new Map(emulator.services().map((service) => [lowerCase(service['service_id']), service]));
  expect(live.size).toBe(declared.length + 1);
  for (const service of declared) {
    const found = normalize(live.get(service.service_id) ?? {}).known;
    expect(found, `seed ${seed}, ${service.service_id}`).toEqual(normalize(service).known);
  }
  expect(live.get(lowerCase(legacy['service_id']))).toEqual(before);
  expect(new Set(emulator.requests.map(({ method }) => method))).toEqual(new Set(['GET', 'PUT']));
  expect(emulator.requests.filter(({ fault }) => fault === 'limited')).toEqual([]);
  stalls.disable();
  // On a busy machine, an answer can arrive late although the API was fast. A request needs about eight turns of the event loop.
  const mayBeLate = stalls.max / 1e6 > REQUEST_TIMEOUT_MS / 8;
  const repeats = countRepeats(emulator.requests, { seed, mayBeLate });
  return {
    passes,
    requests: emulator.requests.length,
    faults: emulator.requests.filter(({ fault }) => fault !== null).length,
    puts: emulator.requests.filter(({ method }) => method === 'PUT').length,
    repeats,
  };
}

function lowerCase(value: Json | undefined): string {
  return typeof value === 'string' ? value.toLowerCase() : '';
}

/** Returns the number of PUTs for services already in sync. Each must follow a PUT whose answer was lost. */
function countRepeats(
  requests: readonly HandledRequest[],
  { seed, mayBeLate }: { readonly seed: number; readonly mayBeLate: boolean },
): number {
  const lastFaults = new Map<string, string | null>();
  let repeats = 0;
  for (const { method, path, fault } of requests) {
    if (method !== 'PUT') continue;
    const id = (path.split('/').at(-1) ?? '').toLowerCase();
    expect(driftedIds, `seed ${seed}: a PUT for a service that never drifted`).toContain(id);
    if (lastFaults.has(id)) repeats += 1;
    if (lastFaults.has(id) && !mayBeLate) {
      expect(ANSWER_LOST, `seed ${seed}: ${id} was updated again needlessly`).toContain(lastFaults.get(id));
    }
    if (CARRIED_OUT.has(fault)) lastFaults.set(id, fault);
  }
  return repeats;
}

test.for(Array.from({ length: BATCHES }, (_, batch) => batch))(
  'converges despite every kind of fault and writes nothing needlessly (batch %i)',
  async (batch, { annotate }) => {
    const limit = pLimit(AT_ONCE);
    const seeds = Array.from({ length: SEEDS }, (_, index) => batch * SEEDS + index + 1);
    // Waits for all runs, so that none continues after another has failed.
    const results = await Promise.allSettled(seeds.map((seed) => limit(() => runUntilInSync(seed))));
    const figures = results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    const sum = (key: keyof Figures) => figures.reduce((total, each) => total + each[key], 0);
    const maxPasses = Math.max(...figures.map(({ passes }) => passes));
    await annotate(
      `${SEEDS} seeds: ${sum('passes')} passes (at most ${maxPasses}), ${sum('requests')} requests, ${sum('faults')} faults, ${sum('puts')} PUTs, ${sum('repeats')} of them repeated after a lost answer`,
    );
  },
);
