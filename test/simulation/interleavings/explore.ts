import { randomOf } from '../time/random.ts';

/** Chooses one of several possibilities, which are named for a person to read. Returns its index. */
export type Choose = (names: readonly string[]) => number;

export type Exploration = {
  readonly runs: number;
  /** Of the longest run. */
  readonly choices: number;
  /** The first run that failed; null if none did. */
  readonly failure: { readonly path: readonly string[]; readonly reasons: readonly string[] } | null;
  /** Whether every run was made. */
  readonly isComplete: boolean;
};

/** A run makes choices and returns the faults that it found. The same choices must always lead to the same run. */
export type Run = (choose: Choose) => Promise<readonly string[]>;

type Choice = { index: number; readonly count: number };

/** Repeats a run with every sequence of choices that it can make, depth first. Stops at the first failure. */
export async function explore(run: Run): Promise<Exploration> {
  const choices: Choice[] = [];
  let longest = 0;
  for (let runs = 1; ; runs += 1) {
    const path: string[] = [];
    const reasons = await run((names) => {
      const known = choices[path.length];
      const choice = known ?? { index: 0, count: names.length };
      if (known === undefined) choices.push(choice);
      if (choice.count !== names.length) throw new Error(`the same choices led elsewhere after: ${path.join(', ')}`);
      path.push(names[choice.index] ?? '');
      return choice.index;
    });
    longest = Math.max(longest, path.length);
    if (reasons.length > 0) return { runs, choices: longest, failure: { path, reasons }, isComplete: false };
    while (choices.length > 0 && isLast(choices.at(-1))) choices.pop();
    const next = choices.at(-1);
    if (next === undefined) return { runs, choices: longest, failure: null, isComplete: true };
    next.index += 1;
  }
}

/** Repeats a run with random choices, the same ones each time it is called. Stops at the first failure. */
export async function sample(run: Run, count: number): Promise<Exploration> {
  let longest = 0;
  for (let runs = 1; runs <= count; runs += 1) {
    const random = randomOf(runs, 'choices');
    const path: string[] = [];
    const reasons = await run((names) => {
      const index = random.int(0, names.length - 1);
      path.push(names[index] ?? '');
      return index;
    });
    longest = Math.max(longest, path.length);
    if (reasons.length > 0) return { runs, choices: longest, failure: { path, reasons }, isComplete: false };
  }
  return { runs: count, choices: longest, failure: null, isComplete: false };
}

function isLast(choice: Choice | undefined): boolean {
  return choice !== undefined && choice.index === choice.count - 1;
}
