import { expect } from 'vitest';
import type { Metrics } from '../../src/sinks/metrics.ts';

/** Returns the value of each series of a scrape. A series is written as in the scrape: `name{label="value"}`. */
export async function scrape(metrics: Pick<Metrics, 'read'>): Promise<ReadonlyMap<string, number>> {
  const { text } = await metrics.read();
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [seriesOf(line), Number(line.slice(line.lastIndexOf(' ') + 1))]));
}

/** Returns the values of one metric by their labels: `{label="value"}`, or an empty string. */
export async function valuesOf(metrics: Pick<Metrics, 'read'>, name: string): Promise<Record<string, number>> {
  const series = [...(await scrape(metrics))].filter(([each]) => each === name || each.startsWith(`${name}{`));
  expect(series, name).not.toEqual([]);
  return Object.fromEntries(series.map(([each, value]) => [each.slice(name.length), value]));
}

/** The declaration of a metric: its type, its help text, and the labels of its series. */
export type Declared = { readonly type: string; readonly help: string; readonly labels: readonly string[] };

/** Returns the metrics that a scrape declares, by name. */
export async function declaredBy(metrics: Pick<Metrics, 'read'>): Promise<ReadonlyMap<string, Declared>> {
  const { text } = await metrics.read();
  const series = [...(await scrape(metrics)).keys()];
  const declared = [...text.matchAll(/^# HELP (\w+) (.*)\n# TYPE \1 (\w+)$/gm)];
  return new Map(
    declared.map(([, name = '', help = '', type = '']) => {
      const own = series.filter((each) => new RegExp(`^${name}(_bucket|_sum|_count)?(\\{|$)`).test(each));
      const labels = own.flatMap((each) => [...each.matchAll(/[{,](\w+)="/g)].map(([, label = '']) => label));
      return [name, { type, help, labels: [...new Set(labels)].filter((label) => label !== 'le').sort() }];
    }),
  );
}

function seriesOf(line: string): string {
  return line.slice(0, line.lastIndexOf(' '));
}
