/** Some measurements of one thing, all in one unit. */
export type Figure = {
  /** What was done. */
  readonly cell: string;
  /** By whom. */
  readonly contender: string;
  readonly unit: string;
  readonly median: number;
  readonly least: number;
  readonly worst: number;
  readonly repeats: number;
  /** Against the figure that it is held beside; null for that one. */
  readonly ratio: number | null;
  /** What else is worth knowing of it, such as CPU time and requests. */
  readonly notes: readonly string[];
};

/** What a benchmark is to reach, and what it did. */
export type Aim = { readonly what: string; readonly aim: string; readonly found: string; readonly met: boolean };

/** Points of a curve. */
export type Curve = { readonly name: string; readonly points: readonly (readonly [x: number, y: number])[] };

export type Result = {
  readonly name: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  readonly aims: readonly Aim[];
  readonly curves?: readonly Curve[];
};

/** Of `values`, which may not be empty. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error('expected something to be measured');
  return (low + high) / 2;
}

export type FigureOptions = Partial<Pick<Figure, 'unit' | 'notes'>> & { readonly beside?: Figure | undefined };

/** Sums up measurements, and holds them against another figure. */
export function figure(
  cell: string,
  contender: string,
  values: readonly number[],
  { unit = 'ms', notes = [], beside }: FigureOptions = {},
): Figure {
  const middle = median(values);
  return {
    cell,
    contender,
    unit,
    median: middle,
    least: Math.min(...values),
    worst: Math.max(...values),
    repeats: values.length,
    ratio: beside === undefined ? null : middle / beside.median,
    notes,
  };
}

/** An aim for a number that is to be small. */
export function atMost(what: string, found: number, most: number, unit: string): Aim {
  return { what, aim: `≤ ${most}${unit}`, found: `${spell(found)}${unit}`, met: found <= most };
}

/** Three digits are as many as a machine repeats. */
export function spell(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 3));
}
