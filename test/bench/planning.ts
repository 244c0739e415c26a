import { isDeepStrictEqual } from 'node:util';
import { compare } from '../../src/core/compare/compare.ts';
import { collect } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import { plan } from '../../src/core/plan/plan.ts';
import type { LiveService } from '../../src/core/service/directory.ts';
import { planOptions } from '../core/builders.ts';
import { documents, fleet } from '../pass/fleet.ts';
import type { Bench } from './context.ts';
import { figure } from './figures.ts';

/** Measures comparing and planning alone, in memory. */
export const planning: Bench = async ({ quick, announce }) => {
  announce('compare and plan');
  const services = quick ? 50 : 1000;
  const repeats = quick ? 2 : 41;
  const figures = [services, 0].flatMap((changes) => {
    const pairs = fleet({ drifted: changes, inSync: services - changes }).map(({ declared, live }) => ({
      declared,
      live: structuredClone(live),
    }));
    const declared = collect([parseFile('all.yaml', documents(pairs.map((pair) => pair.declared)))]);
    const live = pairs.map(({ declared: { service_id }, live: value }): LiveService => ({
      service_id,
      name: typeof value['name'] === 'string' ? value['name'] : '',
      value,
    }));
    const ours: number[] = [];
    const floor: number[] = [];
    for (let repeat = -3; repeat < repeats; repeat += 1) {
      const begun = performance.now();
      const { steps } = plan(compare(declared, live), planOptions());
      const planned = performance.now();
      const unlike = pairs.filter((pair) => !isDeepStrictEqual(pair.live, pair.declared)).length;
      const compared = performance.now();
      if (steps.length !== changes) throw new Error(`expected ${changes} updates, found ${steps.length}`);
      if (unlike < changes) throw new Error(`expected at least ${changes} that differ, found ${unlike}`);
      if (repeat < 0) continue;
      ours.push(planned - begun);
      floor.push(compared - planned);
    }
    const cell = `${services} × ${services}, ${changes === 0 ? 'nothing' : 'everything'} different`;
    const beside = figure(cell, 'floor: isDeepStrictEqual of each', floor);
    return [beside, figure(cell, 'compare and plan', ours, { beside })];
  });
  return { name: 'planning', title: 'Comparing and planning', figures, aims: [] };
};
