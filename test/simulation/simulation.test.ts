import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { MUTATIONS } from './mutations/mutations.ts';
import { runScript } from './run-script.ts';
import { recordedScenarios } from './scenario/recorded.ts';
import { EXPECTED, RARE } from './sometimes.ts';

const isFull = process.env['FULL'] === '1';

/** One process for each half of the seeds. In full, they include long seeds, which are thousands of days together. */
const RANGES = isFull ? ['1-1400', '1401-2800'] : ['1-120', '121-240'];
const FLAGS = isFull ? ['--long', '--twice', '50'] : [];
/** How often each branch must be reached. */
const LEAST = isFull ? 10 : 1;

const resultSchema = z.object({ failed: z.number(), counts: z.record(z.string(), z.number()) });

test(
  'no rule is broken in simulations, and everything happens that must happen sometimes',
  { timeout: 3_600_000 },
  async () => {
    const results = await Promise.all(RANGES.map(async (range) => run(['--seeds', range, ...FLAGS])));
    const count = (what: string) => results.reduce((sum, { counts }) => sum + (counts[what] ?? 0), 0);
    const rarely = EXPECTED.filter((what) => count(what) < LEAST);
    const never = isFull ? RARE.filter((what) => count(what) === 0) : [];
    expect(results.flatMap(({ messages }) => messages)).toEqual([]);
    expect(results.map(({ code, failed }) => ({ code, failed }))).toEqual(RANGES.map(() => ({ code: 0, failed: 0 })));
    expect({ rarely, never }).toEqual({ rarely: [], never: [] });
  },
);

test('no rule is broken in the scenarios that have found bugs', { timeout: 300_000 }, async () => {
  const { code, messages } = await run(['--recorded', '--twice', '1']);
  expect(messages).toEqual([]);
  expect(code).toBe(0);
});

test.each(recordedScenarios())(
  'the recorded scenario of seed $seed finds "$fault"',
  { timeout: 300_000 },
  async ({ fault, rule }) => {
    const { code, messages } = await run(['--recorded', '--fault', fault, '--first', '--twice', '2'], fault);
    expect(messages.map((message) => message.split(': ')[1])).toContainEqual(expect.stringMatching(`^\\S+ ${rule}$`));
    expect(code).toBe(1);
  },
);

/** Runs simulations, with a planted fault if it is given. */
async function run(flags: readonly string[], fault?: string) {
  const plant = fault === undefined ? [] : ['--import', './test/simulation/mutations/plant.ts'];
  const command = [...plant, 'test/simulation/run.ts', '--json', ...flags];
  const { code, output } = await runScript(command, { FAULT: fault ?? '' });
  const lines = output.trimEnd().split('\n');
  return { code, messages: lines.slice(0, -1), ...resultSchema.parse(JSON.parse(lines.at(-1) ?? '')) };
}

test.each(MUTATIONS)('the fault "$name" can still be planted', ({ file, find, replace }) => {
  const text = readFileSync(new URL(`../../src/${file}`, import.meta.url), 'utf8');
  expect(text.split(find)).toHaveLength(2);
  expect(find).not.toBe(replace);
});
