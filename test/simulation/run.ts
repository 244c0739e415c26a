/*
 * Runs simulations:
 *
 *   npm run simulate -- --seed 7 [--timeline] [--only 1,4,7] [--services 2]
 *   npm run simulate -- --seeds 1-300 [--long] [--twice 20] [--sometimes 1]
 *   npm run simulate -- --seeds 10-500 --step 10 --long
 *   npm run simulate -- --recorded [--fault 'forget the budget']
 *
 * See README.md. Exits with 1 if a rule was broken.
 */
import { parseArgs } from 'node:util';
import { recordedScenarios, toRecorded } from './scenario/recorded.ts';
import { scenarioOf } from './scenario/scenario.ts';
import type { Scenario } from './scenario/scenario.ts';
import { shrink } from './scenario/shrink.ts';
import { simulate } from './simulation.ts';
import type { Figures, Outcome } from './simulation.ts';
import { EXPECTED } from './sometimes.ts';
import { realMs } from './time/virtual-time.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string' },
    /** Leave out all events but these. */
    only: { type: 'string' },
    services: { type: 'string' },
    timeline: { type: 'boolean', default: false },
    /** Include seeds of a month, one in ten. */
    long: { type: 'boolean', default: false },
    /** Of a range, run one seed in so many. */
    step: { type: 'string', default: '1' },
    /** Run one in so many seeds twice. */
    twice: { type: 'string', default: '10' },
    /** Fail if something that must happen sometimes happened less often. */
    sometimes: { type: 'string', default: '0' },
    /** Run the recorded scenarios that have found bugs. */
    recorded: { type: 'boolean', default: false },
    /** Of these, run only those that find this fault. */
    fault: { type: 'string' },
    /** Print the scenario, to record it. */
    print: { type: 'boolean', default: false },
    /** Stop at the first seed that fails. */
    first: { type: 'boolean', default: false },
    /** Print the totals as JSON. */
    json: { type: 'boolean', default: false },
  },
});

const DAY_MS = 86_400_000;

const KEYS: readonly (keyof Figures)[] = [
  'simulatedMs',
  'events',
  'requests',
  'writes',
  'faults',
  'passes',
  'restarts',
  'convergedMs',
  'convergedShare',
];

const print = (text: string) => void process.stdout.write(`${text}\n`);

if (values.seed !== undefined) await runOne(Number(values.seed));
else await runMany(values.recorded ? recorded() : scenariosOf(values.seeds ?? '1-20'));

/** Runs one seed and prints its timeline. */
async function runOne(seed: number): Promise<void> {
  const scenario = restricted(scenarioOf(seed));
  if (values.print) return print(toRecorded(scenario));
  const lines: string[] = [];
  const outcome = await simulate(scenario, {
    onNote: (at, text) => lines.push(`${timeOf(at)}  ${text}`),
  });
  if (values.timeline || outcome.violations.length > 0) print(lines.join('\n'));
  describe(seed, outcome);
  print(JSON.stringify(outcome.figures));
  if (outcome.violations.length > 0) process.exitCode = 1;
}

function restricted(scenario: Scenario): Scenario {
  const only = values.only?.split(',').map(Number);
  return {
    ...scenario,
    services: values.services === undefined ? scenario.services : Number(values.services),
    events: only === undefined ? scenario.events : scenario.events.filter(({ number }) => only.includes(number)),
  };
}

function recorded(): readonly Scenario[] {
  return recordedScenarios().filter(({ fault }) => values.fault === undefined || fault === values.fault);
}

function* scenariosOf(range: string): Generator<Scenario> {
  const [first = 1, last = first] = range.split('-').map(Number);
  for (let seed = first; seed <= last; seed += Number(values.step)) {
    const scenario = scenarioOf(seed);
    if (!scenario.isLong || values.long) yield scenario;
  }
}

/** Runs scenarios and prints the totals. */
async function runMany(scenarios: Iterable<Scenario>): Promise<void> {
  const startedAt = realMs();
  const totals: Partial<Record<keyof Figures, number>> = {};
  const counts = new Map<string, number>();
  let seeds = 0;
  let failed = 0;
  for (const scenario of scenarios) {
    seeds += 1;
    const outcome = await simulate(scenario);
    for (const key of KEYS) totals[key] = combine(key, totals[key] ?? 0, outcome.figures[key]);
    for (const [what, count] of outcome.seen.counts()) counts.set(what, (counts.get(what) ?? 0) + count);
    if (seeds % Number(values.twice) === 0) await compareRuns(scenario, outcome);
    if (outcome.violations.length === 0) continue;
    failed += 1;
    describe(scenario.seed, outcome);
    process.exitCode = 1;
    if (values.first) break;
    await printShrunk(scenario, outcome);
  }
  printTotals({ seeds, failed, seconds: (realMs() - startedAt) / 1000, totals, counts });
}

function combine(key: keyof Figures, total: number, figure: number): number {
  return key.startsWith('converged') ? Math.max(total, figure) : total + figure;
}

/** The same seed must lead to the same run; otherwise a failure could not be replayed. */
async function compareRuns(scenario: Scenario, { hash }: Outcome): Promise<void> {
  const again = await simulate(scenario);
  if (again.hash === hash) return;
  print(`seed ${scenario.seed}: two runs differ`);
  process.exitCode = 1;
}

function describe(seed: number, { violations }: Outcome): void {
  for (const { at, rule, message } of violations) print(`seed ${seed}: ${timeOf(at)} ${rule}: ${message}`);
}

/** Prints the shortest scenario that breaks the same rule, and the command that replays it. */
async function printShrunk(scenario: Scenario, { violations }: Outcome): Promise<void> {
  const rule = violations[0]?.rule ?? '';
  const small = await shrink(scenario, rule);
  const numbers = small.events.map(({ number }) => number).join(',');
  print(`  replay: npm run simulate -- --seed ${small.seed} --services ${small.services} --only ${numbers || 'none'}`);
}

type Totals = {
  readonly seeds: number;
  readonly failed: number;
  readonly seconds: number;
  readonly totals: Partial<Record<keyof Figures, number>>;
  readonly counts: ReadonlyMap<string, number>;
};

function printTotals({ seeds, failed, seconds, totals, counts }: Totals): void {
  const least = Number(values.sometimes);
  const missing: readonly string[] = EXPECTED.filter((what) => (counts.get(what) ?? 0) < least);
  if (values.json) {
    print(JSON.stringify({ seeds, failed, seconds, totals, counts: Object.fromEntries(counts) }));
  } else {
    for (const [what, count] of [...counts].sort(([a], [b]) => (a < b ? -1 : 1)))
      print(`${String(count).padStart(9)}  ${what}`);
    const days = (totals.simulatedMs ?? 0) / DAY_MS;
    print(
      `${seeds} seeds, ${failed} failed, ${days.toFixed(1)} days in ${seconds.toFixed(0)} s: ${JSON.stringify(totals)}`,
    );
  }
  if (missing.length === 0) return;
  print(`happened less than ${least} times: ${missing.join('; ')}`);
  process.exitCode = 1;
}

/** Returns a time as `3d 04:05:06.789`. */
function timeOf(ms: number): string {
  const rest = new Date(ms % DAY_MS).toISOString().slice(11, 23);
  return ms >= DAY_MS ? `${Math.floor(ms / DAY_MS)}d ${rest}` : rest;
}
