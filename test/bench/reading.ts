import { rmSync } from 'node:fs';
import * as z from 'zod';
import type { Bench } from './context.ts';
import { atMost, figure } from './figures.ts';
import type { Aim, Figure } from './figures.ts';
import { material } from './material.ts';
import { environmentFor, ranNode } from './processes.ts';

const SCRIPT = new URL('reading-process.ts', import.meta.url).pathname;

/** The output of the script, in milliseconds. */
const timesSchema = z.object({
  bytes: z.number(),
  yaml: z.number(),
  cold: z.number(),
  warm: z.array(z.number()),
  changed: z.array(z.number()),
});
export type ReadingTimes = z.infer<typeof timesSchema>;

/** Measures reading a folder: for the first time in a process, again, and until the plan after one file changed. */
export const reading: Bench = async ({ quick, newFolder, announce }) => {
  const figures: Figure[] = [];
  const aims: Aim[] = [];
  for (const files of quick ? [100] : [1000, 10_000]) {
    announce(`reading ${files} files`);
    const { folder } = material(newFolder(), { services: files, changes: 0 });
    const runs: ReadingTimes[] = [];
    for (let repeat = 0; repeat < (quick ? 1 : 5); repeat += 1) {
      const { stdout } = await ranNode([SCRIPT, folder], environmentFor(null));
      runs.push(timesSchema.parse(JSON.parse(stdout)));
    }
    rmSync(folder, { recursive: true });
    const cell = `${files} files`;
    const changed = runs.flatMap((run) => run.changed);
    const floor = figure(
      cell,
      'floor: readFileSync of each',
      runs.map((run) => run.bytes),
    );
    const one = figure(cell, 'one changed: read, compare, plan', changed, { beside: floor });
    figures.push(
      floor,
      figure(
        cell,
        'readFileSync, and `parse` of yaml',
        runs.map((run) => run.yaml),
        { beside: floor },
      ),
      figure(
        cell,
        'read for the first time',
        runs.map((run) => run.cold),
        { beside: floor },
      ),
      figure(
        cell,
        'read again',
        runs.flatMap((run) => run.warm),
        { beside: floor },
      ),
      one,
    );
    if (files === 10_000) aims.push(atMost('10,000 files, one changed, to the plan', one.median, 250, ' ms'));
  }
  return { name: 'reading', title: 'Reading declarations', figures, aims };
};
