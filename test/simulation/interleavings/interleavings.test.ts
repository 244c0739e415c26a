import { expect, test } from 'vitest';
import { runScript } from '../run-script.ts';
import { explore, sample } from './explore.ts';
import type { Choose } from './explore.ts';

const isFull = process.env['FULL'] === '1';

test('the order in which things happen never leads to a wrong write or report', { timeout: 3_600_000 }, async () => {
  const flags = isFull ? [] : ['--sample', '40'];
  const { code, output } = await runScript(['test/simulation/interleavings/run.ts', ...flags]);
  expect(code, output).toBe(0);
});

/** Three choices, of which the second depends on the first. Fails if all three are the last one. */
const failing = async (choose: Choose) => {
  const first = choose(['a', 'b']);
  const second = choose(first === 0 ? ['c'] : ['c', 'd', 'e']);
  const third = choose(['f', 'g']);
  return first === 1 && second === 2 && third === 1 ? ['found'] : [];
};

test('an exploration makes every sequence of choices', async () => {
  expect(await explore(async (choose) => (await failing(choose), []))).toEqual({
    runs: 8,
    choices: 3,
    failure: null,
    isComplete: true,
  });
  expect(await explore(failing)).toMatchObject({ runs: 8, failure: { path: ['b', 'e', 'g'], reasons: ['found'] } });
});

test('an exploration refuses a run that is not repeatable', async () => {
  let runs = 0;
  const run = async (choose: Choose) => {
    runs += 1;
    choose(['a', 'b']);
    choose(runs === 1 ? ['c', 'd'] : ['c', 'd', 'e']);
    return [];
  };
  await expect(explore(run)).rejects.toThrow('the same choices led elsewhere after: a');
});

test('a sample finds a failure that is not rare', async () => {
  expect((await sample(failing, 100)).failure?.reasons).toEqual(['found']);
});
