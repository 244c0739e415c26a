import type { Figures } from './judge.ts';

/** The figures of one seed. */
export type Run = Figures & {
  readonly passes: number;
  readonly crashes: number;
  readonly acts: number;
};

/** Returns the sums of all seeds in words. */
export function describeRuns(runs: readonly Run[]): string {
  const sum = (value: (run: Run) => number) => runs.reduce((total, run) => total + value(run), 0);
  return [
    `${runs.length} seeds: ${sum(({ passes }) => passes)} passes`,
    `${sum(({ requests }) => requests)} requests, ${sum(({ struck }) => struck)} of them struck`,
    ...(['POST', 'PUT', 'DELETE'] as const).map((method) => `${sum(({ writes }) => writes[method])} ${method}`),
    `${sum(({ repeatedAfterLoss }) => repeatedAfterLoss)} repeated after a lost answer`,
    `${sum(({ overtaken }) => overtaken)} overtaken`,
    `${sum(({ crashes }) => crashes)} crashes`,
    `${sum(({ acts }) => acts)} acts in the dashboard`,
  ].join(', ');
}
