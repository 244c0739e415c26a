/*
 * Tries every order of events in small situations, or some orders of each:
 *
 *   node test/simulation/interleavings/run.ts [--sample 100] [NAME…]
 *
 * See README.md. Exits with 1 if something went wrong.
 */
import { parseArgs } from 'node:util';
import { realMs } from '../time/virtual-time.ts';
import { explore, sample } from './explore.ts';
import type { Choose } from './explore.ts';
import { play } from './play.ts';
import { SITUATIONS } from './situations.ts';
import type { Situation } from './situations.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Try this many random orders of each situation. */
    sample: { type: 'string' },
  },
});

const chosen = SITUATIONS.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
for (const situation of chosen) await tryOrders(situation);

async function tryOrders(situation: Situation): Promise<void> {
  const startedAt = realMs();
  const run = async (choose: Choose) => play(situation, choose);
  const { runs, choices, failure, isComplete } = await (values.sample === undefined
    ? explore(run)
    : sample(run, Number(values.sample)));
  const seconds = ((realMs() - startedAt) / 1000).toFixed(1);
  const extent = isComplete ? 'all orders' : 'orders';
  print(`${String(runs).padStart(8)} ${extent}, up to ${choices} choices, ${seconds} s: ${situation.name}`);
  if (failure === null) return;
  process.exitCode = 1;
  print([...failure.path, ...failure.reasons].map((line) => `          ${line}`).join('\n'));
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
