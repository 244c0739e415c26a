import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import * as z from 'zod';

const SCRIPT = new URL('run.ts', import.meta.url).pathname;
const resultsSchema = z.looseObject({
  machine: z.looseObject({ node: z.literal(process.version), run: z.string() }),
  results: z.array(
    z.looseObject({
      name: z.string(),
      figures: z.array(
        z.looseObject({ contender: z.string(), median: z.number(), notes: z.array(z.string()), repeats: z.number() }),
      ),
    }),
  ),
});

test('runs all benchmarks, and writes the results as a table, as JSON and as a picture', async () => {
  const out = mkdtempSync(join(tmpdir(), 'vpc-reconciler-bench-test-'));
  onTestFinished(() => rmSync(out, { recursive: true }));
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, '--quick', '--out', out]);

  const { results } = resultsSchema.parse(JSON.parse(readFileSync(join(out, 'results.json'), 'utf8')));
  const figures = new Map(results.map(({ name, figures }) => [name, figures]));
  const measured = [...figures.keys()];
  expect(measured).toEqual(['planning', 'reading', 'start', 'passes', 'arrival', 'memory', 'concurrency']);
  for (const { name, figures } of results) {
    // The settle time is subtracted from an arrival; a check in progress can find the change earlier.
    const least = name === 'arrival' ? -50 : 0;
    for (const { contender, median } of figures) expect(median, contender).toBeGreaterThan(least);
  }
  const ours = figures.get('passes')?.filter(({ contender }) => /daemon|process/.test(contender)) ?? [];
  expect(ours.map(({ notes }) => notes.slice(0, 2))).toEqual([
    ['requests: 1', 'needless PUTs: 0'],
    ['requests: 1', 'needless PUTs: 0'],
    ['requests: 51', 'needless PUTs: 0'],
    ['requests: 51', 'needless PUTs: 0'],
  ]);
  expect(readdirSync(out).toSorted()).toEqual(['results.json', 'results.md', 'results.svg']);
  expect(readFileSync(join(out, 'results.md'), 'utf8')).toBe(stdout);
  expect(readFileSync(join(out, 'results.svg'), 'utf8')).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
});

test('rejects an unknown benchmark', async () => {
  const ran = promisify(execFile)(process.execPath, [SCRIPT, '--only', 'passes,nosuch']);
  await expect(ran).rejects.toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('found nosuch\n') });
});
