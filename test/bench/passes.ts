import type { Arrived } from './accounts.ts';
import { contenders, NAMES } from './contenders.ts';
import type { Bench, BenchContext } from './context.ts';
import { atMost, figure, median, formatNumber } from './figures.ts';
import type { Aim, Figure } from './figures.ts';
import { material } from './material.ts';
import type { Sizes } from './material.ts';

type Cell = Sizes & {
  readonly latencyMs: number;
  readonly repeats: number;
  /** Warm-up repetitions of contenders that stay alive: code is compiled and caches fill. A daemon lives for months. */
  readonly warmUp: number;
};

/*
 * Each cell has a target, or shows how something grows:
 *   nothing to do      by the number of services, without latency to show our own work, and once with latency
 *   10 of 1,000        a typical commit: with latency only its three rounds of requests matter
 *   1,000 of 1,000     without latency it shows our own work on an update; with latency, whether requests run in parallel
 * Left out: 10 and 1,000 changes in smaller accounts (a change costs the same there), and smaller accounts with latency (they
 * would show only the latency).
 */
const FULL: readonly Cell[] = [
  { services: 10, changes: 0, latencyMs: 0, repeats: 15, warmUp: 150 },
  { services: 100, changes: 0, latencyMs: 0, repeats: 15, warmUp: 150 },
  { services: 1000, changes: 0, latencyMs: 0, repeats: 31, warmUp: 150 },
  { services: 1000, changes: 0, latencyMs: 300, repeats: 5, warmUp: 1 },
  { services: 1000, changes: 10, latencyMs: 0, repeats: 15, warmUp: 3 },
  { services: 1000, changes: 10, latencyMs: 300, repeats: 5, warmUp: 1 },
  { services: 1000, changes: 1000, latencyMs: 0, repeats: 7, warmUp: 2 },
  { services: 1000, changes: 1000, latencyMs: 300, repeats: 3, warmUp: 0 },
];
const QUICK: readonly Cell[] = [
  { services: 50, changes: 0, latencyMs: 0, repeats: 1, warmUp: 1 },
  { services: 50, changes: 50, latencyMs: 5, repeats: 1, warmUp: 0 },
];

type Sample = {
  readonly ms: number;
  readonly cpuMs: number | null;
  readonly requests: number;
  readonly puts: number;
  readonly needless: number;
  readonly refused: number;
  readonly mostInASecond: number;
};

type Measured = { readonly cell: Cell; readonly name: string; readonly samples: readonly Sample[] };

/** Measures no-op passes and updates by the daemon, the process and the SDK script, compared with the floor. */
export const passes: Bench = async (context) => {
  const measured: Measured[] = [];
  for (const cell of context.quick ? QUICK : FULL) measured.push(...(await measure(cell, context)));
  const figures = measured.map((each) => toFigure(each, measured));
  return { name: 'passes', title: 'Passes and updates', figures, aims: aimsOf(measured) };
};

async function measure(cell: Cell, context: BenchContext): Promise<readonly Measured[]> {
  context.announce(describe(cell));
  const stuff = material(context.newFolder(), cell);
  const account = await context.accounts.open({
    services: stuff.live,
    tunnels: stuff.tunnels,
    latencyMs: cell.latencyMs,
  });
  const budget =
    cell.latencyMs === 0
      ? { ofPass: '1000000/1s', ofProcess: '1000000/1s' }
      : // A process has a budget of its own; that of a daemon would be spent by the repeats.
        { ofPass: '1000000/5m, 150/1s', ofProcess: '1100/5m, 150/1s' };
  const all = contenders({ account, material: stuff, bundle: context.bundle, budget });
  const samples = new Map(all.map(({ name }) => [name, [] as Sample[]]));
  // Contenders that stay alive take turns among themselves: a process in between would leave cold CPU caches.
  for (const startsAnew of [false, true]) {
    const group = all.filter((each) => (each.startsAnew ?? false) === startsAnew);
    for (let repeat = -Math.min(cell.warmUp, startsAnew ? 1 : Infinity); repeat < cell.repeats; repeat += 1) {
      for (const { name, run, rest } of group) {
        if (cell.changes > 0) await account.restore();
        const begun = performance.now();
        const { cpuMs } = await run();
        const ms = performance.now() - begun;
        const requests = await account.take();
        const sample = { ms, cpuMs, ...countsOf(requests, stuff.bodies) };
        // A benchmark of a contender that does not do its work is worthless.
        if (sample.puts - sample.needless !== cell.changes || sample.refused > 0) {
          throw new Error(`${describe(cell)}, ${name}: expected ${cell.changes} PUTs, found ${JSON.stringify(sample)}`);
        }
        if (cell.changes > 0) await rest?.();
        if (repeat >= 0) samples.get(name)?.push(sample);
      }
    }
  }
  await Promise.all(all.map(({ close }) => close()));
  return [...samples].map(([name, each]) => ({ cell, name, samples: each }));
}

/** Counts needless requests: a PUT to a service in sync, a repeated PUT, and any unexpected request. */
function countsOf(requests: readonly Arrived[], bodies: ReadonlyMap<string, string>) {
  const due = new Set(bodies.keys());
  const isDue = ({ path }: Arrived) => due.delete(path.split('/').at(-1) ?? '');
  const puts = requests.filter(({ method }) => method === 'PUT');
  return {
    requests: requests.length,
    puts: puts.length,
    needless: puts.filter((put) => !isDue(put)).length,
    refused: requests.filter(({ status }) => status !== 200).length,
    mostInASecond: mostWithin(1000, requests),
  };
}

/** Returns the maximum number of requests in any window of this length. */
export function mostWithin(ms: number, requests: readonly Arrived[]): number {
  const times = requests.map(({ atMs }) => atMs).toSorted((a, b) => a - b);
  let from = 0;
  let most = 0;
  for (const [index, time] of times.entries()) {
    while ((times[from] ?? 0) <= time - ms) from += 1;
    most = Math.max(most, index - from + 1);
  }
  return most;
}

function describe({ services, changes, latencyMs }: Cell): string {
  const what = changes === 0 ? `no change in ${services}` : `${changes} updates in ${services}`;
  return `${what}, ${latencyMs} ms latency`;
}

function toFigure({ cell, name, samples }: Measured, all: readonly Measured[]): Figure {
  const times = (other: string) =>
    all.find((each) => each.cell === cell && each.name === other)?.samples.map(({ ms }) => ms) ?? [];
  const cpu = samples.flatMap(({ cpuMs }) => cpuMs ?? []);
  const needless = samples.reduce((sum, each) => sum + each.needless, 0);
  return figure(describe(cell), name, times(name), {
    ...(name === NAMES.undici ? {} : { beside: figure('', '', times(NAMES.undici)) }),
    notes: [
      `requests: ${median(samples.map(({ requests }) => requests))}`,
      `needless PUTs: ${needless}`,
      ...(cpu.length === 0 ? [] : [`CPU ${Math.round(median(cpu))} ms`]),
      ...(cell.changes > 100 && cell.latencyMs > 0
        ? [`at most ${Math.max(...samples.map((each) => each.mostInASecond))} in a second`]
        : []),
    ],
  });
}

function aimsOf(measured: readonly Measured[]): readonly Aim[] {
  const ours = measured.filter(({ name }) => name === NAMES.pass || name === NAMES.process);
  const needless = ours.flatMap(({ samples }) => samples).reduce((sum, each) => sum + each.needless, 0);
  const samplesOf = (name: string, { services, changes, latencyMs }: Omit<Cell, 'repeats' | 'warmUp'>) =>
    measured.find(
      ({ name: each, cell }) =>
        each === name && cell.services === services && cell.changes === changes && cell.latencyMs === latencyMs,
    )?.samples;
  const compare = (
    what: string,
    cell: Omit<Cell, 'repeats' | 'warmUp'>,
    [one, other]: readonly [string, string],
    most: number,
  ): Aim[] => {
    const [mine, theirs] = [samplesOf(one, cell), samplesOf(other, cell)];
    if (mine === undefined || theirs === undefined) return [];
    const [a, b] = [mine, theirs].map((each) => median(each.map(({ ms }) => ms)));
    return a === undefined || b === undefined
      ? []
      : [
          {
            ...atMost(what, a / b, most, '×'),
            found: `${formatNumber(a / b)}× (${formatNumber(a)} ms : ${formatNumber(b)} ms)`,
          },
        ];
  };
  const noop = { services: 1000, changes: 0, latencyMs: 0 };
  const fullAt300 = { services: 1000, changes: 1000, latencyMs: 300 };
  const noopPass = samplesOf(NAMES.pass, noop);
  const applied = samplesOf(NAMES.process, fullAt300);
  const [ourCpu, theirCpu] = [NAMES.process, NAMES.sdk].map((name) =>
    (samplesOf(name, noop) ?? []).flatMap(({ cpuMs }) => cpuMs ?? []),
  );
  return [
    { what: 'needless PUTs ever', aim: '0', found: String(needless), met: needless === 0 },
    ...(noopPass === undefined
      ? []
      : [atMost('API calls of a no-op pass, 1,000 services', median(noopPass.map((each) => each.requests)), 1, '')]),
    ...compare('no-op pass of 1,000 in the daemon : floor', noop, [NAMES.pass, NAMES.undici], 1.5),
    ...compare('no-op `apply` of 1,000 : SDK script, time', noop, [NAMES.process, NAMES.sdk], 0.5),
    ...(ourCpu?.length && theirCpu?.length
      ? [atMost('no-op `apply` of 1,000 : SDK script, CPU', median(ourCpu) / median(theirCpu), 0.5, '×')]
      : []),
    ...compare('1,000 changes at 300 ms, daemon : floor', fullAt300, [NAMES.pass, NAMES.undici], 1.05),
    ...compare('1,000 changes at 300 ms, `apply` : SDK script', fullAt300, [NAMES.process, NAMES.sdk], 0.4),
    ...(applied === undefined
      ? []
      : [
          atMost(
            '1,000 changes at 300 ms: answers other than 200',
            Math.max(...applied.map((each) => each.refused)),
            0,
            '',
          ),
          atMost(
            '1,000 changes at 300 ms: requests in a second',
            Math.max(...applied.map((each) => each.mostInASecond)),
            199,
            '',
          ),
        ]),
  ];
}
