import { monotonicMs } from './accounts.ts';
import type { Bench } from './context.ts';
import { atMost, figure, formatNumber } from './figures.ts';
import type { Aim, Figure } from './figures.ts';
import { image } from './image.ts';
import { material } from './material.ts';
import { environmentFor, ranNode } from './processes.ts';

const SDK_SCRIPT = new URL('sdk-script.js', import.meta.url).pathname;

/** Measures the time from the start of a process to its first request, compared with an idle Node. */
export const start: Bench = async ({ quick, bundle, accounts, newFolder, announce }) => {
  announce('cold start to the first request');
  const stuff = material(newFolder(), { services: 10, changes: 0 });
  const account = await accounts.open({ services: stuff.live, tunnels: stuff.tunnels, latencyMs: 0 });
  const environment = environmentFor(account);
  const asImage = { ...environment, ...image.environment, NODE_COMPILE_CACHE: newFolder() };
  const [nothing, ours, inImage, version, theirs]: [number[], number[], number[], number[], number[]] = [
    [],
    [],
    [],
    [],
    [],
  ];
  const untilAsked = async (line: readonly string[], env = environment) => {
    await account.take();
    const begun = monotonicMs();
    await ranNode(line, env);
    return (await account.arrival('GET', 1)) - begun;
  };
  const apply = [bundle, 'apply', `--services=${stuff.folder}`];
  // The first run fills the cache.
  const [repeats, warmUp] = quick ? [1, 1] : [25, 2];
  for (let repeat = -warmUp; repeat < repeats; repeat += 1) {
    const keep = (values: number[], ms: number) => repeat >= 0 && values.push(ms);
    keep(nothing, (await ranNode(['-e', '0'], environment)).ms);
    keep(ours, await untilAsked(apply));
    keep(inImage, await untilAsked([...image.flags, ...apply], asImage));
    keep(theirs, await untilAsked([SDK_SCRIPT, stuff.folder]));
    keep(version, (await ranNode([bundle, '--version'], environment)).ms);
  }
  const cell = 'cold start, 10 services';
  const floor = figure(cell, '`node -e 0` to its end', nothing);
  const compare = (contender: string, values: readonly number[]) => figure(cell, contender, values, { beside: floor });
  const started = compare('`apply` to its first request', ours);
  const startedInImage = compare('the same, as in the image', inImage);
  return {
    name: 'start',
    title: 'Cold start',
    figures: [
      floor,
      started,
      startedInImage,
      compare('SDK script to its first request', theirs),
      compare('`--version` to its end', version),
    ],
    aims: [
      aim('start of the bundle', started, floor),
      aim('start in the image, with its compile cache', startedInImage, floor),
    ],
  };
};

function aim(what: string, { ratio, median }: Figure, floor: Figure): Aim {
  const found = `${formatNumber(ratio ?? Infinity)}× (${formatNumber(median)} ms : ${formatNumber(floor.median)} ms)`;
  return { ...atMost(`${what} to its first request : \`node -e 0\``, ratio ?? Infinity, 5, '×'), found };
}
