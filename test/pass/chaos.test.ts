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
import { stage } from './stage.ts';

/*
 * 150 services of all shapes, 80 of them drifted, before an API of whose requests 30 % go wrong in every way there is, until it has
 * had enough of that. What happens to whom follows from the seed.
 */

const FULL = process.env['FULL'] === '1';
const BATCHES = FULL ? 40 : 4;
const SEEDS = FULL ? 25 : 5;
const AT_ONCE = 8;
const MOST_PASSES = 100;
/** Long enough for a busy machine: an answer that comes later is one that was lost. */
const PATIENCE_MS = 2000;

const pairs = fleet({ drifted: 80, inSync: 70 });
const declared = pairs.map((pair) => pair.declared);
const driftedIds = new Set(declared.slice(0, 80).map(({ service_id }) => service_id));
const legacy: JsonObject = {
  service_id: '0199a0c4-2b10-7c3e-8a51-ffffffffffff',
  name: 'legacy',
  type: 'http',
  host: { ipv4: '10.9.9.9', network: { tunnel_id: fleetTunnels[0] ?? '' } },
};

/** Those whose request was carried out and whose answer did not come back as one. */
const ANSWER_LOST = new Set(['lost', 'truncated', 'garbage', 'null_result', 'late']);
const CARRIED_OUT = new Set([null, 'slow', ...ANSWER_LOST]);

/** Every way of going wrong; what holds the API up for whole seconds, or ends a pass, more seldom than the rest. */
const FAULTS: readonly FaultKind[] = [
  ...Array.from({ length: 4 }, (): readonly FaultKind[] => [...FAULT_NAMES, 408, 500, 502, 503, 504, 520, 524]).flat(),
  400,
  401,
  403,
  409,
  429,
];

/** Ways of writing values back that are none of drift. */
const quirks = fc.record<Partial<Quirks>>({
  resultInfo: fc.constantFrom('full', 'absent', 'empty'),
  // Every page is the first one, which holds all: whoever asks for another must notice.
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

async function survive(seed: number): Promise<Figures> {
  const [drawn] = fc.sample(quirks, { seed, numRuns: 1 });
  const { write, pass, emulator } = await stage({
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
      // Every other one also has a limit that blocks who crosses it; the budget knows it.
      ...(seed % 2 === 0 ? { rate_limit: { requests: 60, ms: 300, text: '60/300ms' }, block: 5000 } : {}),
      ...(drawn === undefined ? {} : { quirks: drawn }),
    },
    rates: seed % 2 === 0 ? ['60/300ms'] : [],
    client: { attempts: 5, requestTimeoutMs: PATIENCE_MS, random: () => 0.01 },
  });
  const before = emulator.services().find(({ name }) => name === 'legacy');
  write('all.yaml', declared);
  const stalls = monitorEventLoopDelay();
  stalls.enable();

  let passes = 0;
  for (let outcome = ''; outcome !== 'in_sync'; passes += 1) {
    expect(passes, `seed ${seed} does not converge`).toBeLessThan(MOST_PASSES);
    // A signal asks for what is parked, too: in a test nobody waits for an hour.
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
  // Where the machine stood still for as long as that, answers that had come were not seen in time: lost, too.
  const mayBeLate = stalls.max / 1e6 > PATIENCE_MS / 2;
  const repeats = repeatsIn(emulator.requests, { seed, mayBeLate });
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

/** Goes through the PUTs in their order, and counts those for a service in sync: they may only repeat one whose answer was lost. */
function repeatsIn(
  requests: readonly HandledRequest[],
  { seed, mayBeLate }: { readonly seed: number; readonly mayBeLate: boolean },
): number {
  const lastDone = new Map<string, string | null>();
  let repeats = 0;
  for (const { method, path, fault } of requests) {
    if (method !== 'PUT') continue;
    const id = (path.split('/').at(-1) ?? '').toLowerCase();
    expect(driftedIds, `seed ${seed}: a PUT for a service that never drifted`).toContain(id);
    if (lastDone.has(id)) repeats += 1;
    if (lastDone.has(id) && !mayBeLate) {
      expect(ANSWER_LOST, `seed ${seed}: ${id} was updated again without need`).toContain(lastDone.get(id));
    }
    if (CARRIED_OUT.has(fault)) lastDone.set(id, fault);
  }
  return repeats;
}

test.for(Array.from({ length: BATCHES }, (_, batch) => batch))(
  'whatever goes wrong, all ends as declared, and nothing is written without need (batch %i)',
  async (batch, { annotate }) => {
    const limit = pLimit(AT_ONCE);
    const seeds = Array.from({ length: SEEDS }, (_, index) => batch * SEEDS + index + 1);
    // All of them to their end, so that nothing of a run outlives the failure of another.
    const ends = await Promise.allSettled(seeds.map((seed) => limit(() => survive(seed))));
    const figures = ends.map((end) => {
      if (end.status === 'rejected') throw end.reason;
      return end.value;
    });
    const sum = (key: keyof Figures) => figures.reduce((total, each) => total + each[key], 0);
    const most = Math.max(...figures.map(({ passes }) => passes));
    await annotate(
      `${SEEDS} seeds: ${sum('passes')} passes (at most ${most}), ${sum('requests')} requests, ${sum('faults')} faults, ${sum('puts')} PUTs, ${sum('repeats')} of them repeats of one whose answer was lost`,
    );
  },
);
