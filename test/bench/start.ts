import { monotonicMs } from './accounts.ts';
import type { Bench } from './context.ts';
import { atMost, figure, spell } from './figures.ts';
import { material } from './material.ts';
import { environmentFor, ranNode } from './processes.ts';

const SDK_SCRIPT = new URL('sdk-script.js', import.meta.url).pathname;

/** From the start of a process until the API hears of it, beside a Node that does nothing. */
export const start: Bench = async ({ quick, bundle, accounts, newFolder, tell }) => {
  tell('cold start to the first request');
  const stuff = material(newFolder(), { services: 10, changes: 0 });
  const account = await accounts.open({ services: stuff.live, tunnels: stuff.tunnels, latencyMs: 0 });
  const environment = environmentFor(account);
  const [nothing, ours, validate, theirs]: [number[], number[], number[], number[]] = [[], [], [], []];
  const untilAsked = async (line: readonly string[]) => {
    await account.take();
    const begun = monotonicMs();
    await ranNode(line, environment);
    return (await account.arrival('GET', 1)) - begun;
  };
  const [repeats, warmUp] = quick ? [1, 0] : [25, 2];
  for (let repeat = -warmUp; repeat < repeats; repeat += 1) {
    const keep = (values: number[], ms: number) => repeat >= 0 && values.push(ms);
    keep(nothing, (await ranNode(['-e', '0'], environment)).ms);
    keep(ours, await untilAsked([bundle, 'apply', `--services=${stuff.folder}`]));
    keep(theirs, await untilAsked([SDK_SCRIPT, stuff.folder]));
    keep(validate, (await ranNode([bundle, '--version'], environment)).ms);
  }
  const cell = 'cold start, 10 services';
  const floor = figure(cell, '`node -e 0` to its end', nothing);
  const figures = [
    floor,
    figure(cell, '`apply` to its first request', ours, { beside: floor }),
    figure(cell, 'SDK script to its first request', theirs, { beside: floor }),
    figure(cell, '`--version` to its end', validate, { beside: floor }),
  ];
  const [, mine] = figures;
  const ratio = mine?.ratio ?? Infinity;
  return {
    name: 'start',
    title: 'Cold start',
    figures,
    aims: [
      {
        ...atMost('start of the bundle to its first request : `node -e 0`', ratio, 5, '×'),
        found: `${spell(ratio)}× (${spell(mine?.median ?? 0)} ms : ${spell(floor.median)} ms)`,
      },
    ],
  };
};
