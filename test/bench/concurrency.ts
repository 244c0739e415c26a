import { settingsWith } from './contenders.ts';
import type { Bench, BenchContext } from './context.ts';
import { figure, formatNumber } from './figures.ts';
import type { Aim, Curve, Figure } from './figures.ts';
import { material } from './material.ts';
import { mostWithin } from './passes.ts';
import { environmentFor, ranNode } from './processes.ts';

type Point = {
  readonly latencyMs: number;
  readonly concurrency: number;
  readonly ms: number;
  readonly perSecond: number;
  readonly mostInASecond: number;
  readonly mostInFiveMinutes: number;
  readonly refused: number;
};

/** The limits of the API: https://developers.cloudflare.com/fundamentals/api/reference/limits/ */
const LIMIT = { perSecond: 200, perFiveMinutes: 1200 };

/** Measures `apply` with many changes by `--concurrency`, within the default budget. */
export const concurrency: Bench = async (context) => {
  const { quick } = context;
  const changes = quick ? 40 : 1000;
  const latencies = quick ? [20] : [300, 770];
  const points: Point[] = [];
  for (const requests of quick ? [5, 40] : [5, 10, 20, 30, 40, 50, 75, 100]) {
    // In parallel, because they mostly wait.
    points.push(
      ...(await Promise.all(latencies.map((latencyMs) => measure(context, { changes, latencyMs, requests })))),
    );
  }
  const { concurrency: chosen } = settingsWith({});
  const figures = points.map((point): Figure => {
    const { latencyMs, ms, perSecond } = point;
    const fastest = Math.min(...points.filter((each) => each.latencyMs === latencyMs).map((each) => each.ms));
    return {
      ...figure(`${changes} changes, ${latencyMs} ms latency`, `--concurrency ${point.concurrency}`, [ms], {
        notes: [
          `${formatNumber(perSecond)} requests per second`,
          `at most ${point.mostInASecond} in one`,
          `${point.refused} refused`,
          ...(point.concurrency === chosen ? ['the default'] : []),
        ],
      }),
      ratio: ms / fastest,
    };
  });
  const curves = latencies.map((latencyMs): Curve => ({
    name: `${latencyMs} ms`,
    points: points.filter((each) => each.latencyMs === latencyMs).map((each) => [each.concurrency, each.perSecond]),
  }));
  return { name: 'concurrency', title: 'By requests under way', figures, aims: aimsOf(points), curves };
};

async function measure(
  { accounts, bundle, newFolder, announce }: BenchContext,
  { changes, latencyMs, requests }: { readonly changes: number; readonly latencyMs: number; readonly requests: number },
): Promise<Point> {
  announce(`${changes} changes at ${latencyMs} ms, concurrency ${requests}`);
  const stuff = material(newFolder(), { services: changes, changes });
  const { live: services, tunnels } = stuff;
  const account = await accounts.open({ services, tunnels, latencyMs, limit: `${LIMIT.perSecond}/1s` });
  const line = [bundle, 'apply', '--output=json', `--services=${stuff.folder}`, `--concurrency=${requests}`];
  const { ms } = await ranNode(line, environmentFor(account));
  const arrived = await account.take();
  if (arrived.length !== 1 + changes) throw new Error(`expected ${1 + changes} requests, found ${arrived.length}`);
  const [first, last] = [arrived[0]?.atMs ?? 0, Math.max(...arrived.map(({ atMs }) => atMs))];
  return {
    latencyMs,
    concurrency: requests,
    ms,
    perSecond: (1000 * arrived.length) / (last + latencyMs - first),
    mostInASecond: mostWithin(1000, arrived),
    mostInFiveMinutes: mostWithin(300_000, arrived),
    refused: arrived.filter(({ status }) => status !== 200).length,
  };
}

function aimsOf(points: readonly Point[]): readonly Aim[] {
  const most = (each: (point: Point) => number) => Math.max(...points.map(each));
  const [second, fiveMinutes] = [most((each) => each.mostInASecond), most((each) => each.mostInFiveMinutes)];
  return [
    aim(
      'at any concurrency: answers other than 200',
      most((each) => each.refused),
      0,
    ),
    aim('at any concurrency: requests in a second', second, LIMIT.perSecond),
    aim('at any concurrency: requests in five minutes', fiveMinutes, LIMIT.perFiveMinutes),
  ];
}

function aim(what: string, found: number, most: number): Aim {
  return { what, aim: `≤ ${most}`, found: String(found), met: found <= most };
}
