/** Measurements of one thing, in one unit. */
export type Figure = {
  /** The measured task. */
  readonly cell: string;
  /** The contender. */
  readonly contender: string;
  readonly unit: string;
  readonly median: number;
  readonly least: number;
  readonly worst: number;
  readonly repeats: number;
  /** The ratio to the figure it is compared with; null for that figure itself. */
  readonly ratio: number | null;
  /** Other facts, such as CPU time and requests. */
  readonly notes: readonly string[];
};

/** A target of a benchmark, and the result. */
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

/** Returns the median of `values`, which must not be empty. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (low === undefined || high === undefined) throw new Error('nothing was measured');
  return (low + high) / 2;
}

export type FigureOptions = Partial<Pick<Figure, 'unit' | 'notes'>> & { readonly beside?: Figure | undefined };

/** Summarizes measurements, and compares them with another figure. */
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

/** Returns a target for a number that should be small. */
export function atMost(what: string, found: number, most: number, unit: string): Aim {
  return { what, aim: `≤ ${most}${unit}`, found: `${formatNumber(found)}${unit}`, met: found <= most };
}

/** Rounds to three significant digits; more are not reproducible. */
export function formatNumber(value: number): string {
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(digits, 3));
}
