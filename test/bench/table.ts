import { cpus, release, totalmem, type } from 'node:os';
import packageJson from '../../package.json' with { type: 'json' };
import { formatNumber } from './figures.ts';
import type { Result } from './figures.ts';

/** The machine and versions that the figures depend on. */
export type Machine = Readonly<Record<string, string>>;

const LIBRARIES = ['undici', 'zod', 'yaml', 'chokidar', 'pino'] as const;

export function describeMachine({ quick }: { readonly quick: boolean }): Machine {
  const [processor] = cpus();
  return {
    at: new Date().toISOString(),
    run: quick ? 'quick: checks only that everything works' : 'full',
    machine: `${cpus().length} × ${processor?.model.trim() ?? 'unknown'}, ${Math.round(totalmem() / 1e9)} GB`,
    system: `${type()} ${release()}`,
    node: process.version,
    libraries: LIBRARIES.map((name) => `${name} ${packageJson.dependencies[name]}`).join(', '),
    beside: `cloudflare ${packageJson.devDependencies.cloudflare}`,
  };
}

/** Renders Markdown: the targets, then every figure. */
export function renderTable(machine: Machine, results: readonly Result[]): string {
  const aims = results.flatMap((result) => result.aims);
  return [
    '# Benchmarks',
    '',
    ...Object.entries(machine).map(([key, value]) => `- ${key}: ${value}`),
    '',
    ...(aims.length === 0
      ? []
      : [
          '## Aims',
          '',
          ...table(
            ['', 'aim', 'found', ''],
            aims.map(({ what, aim, found, met }) => [what, aim, found, met ? 'met' : '**missed**']),
          ),
          '',
        ]),
    ...results.flatMap(({ title, figures }) => [
      `## ${title}`,
      '',
      ...table(
        ['', 'who', 'median', 'least', 'worst', 'repeats', 'ratio', ''],
        figures.map((each) => [
          each.cell,
          each.contender,
          `${formatNumber(each.median)} ${each.unit}`,
          formatNumber(each.least),
          formatNumber(each.worst),
          String(each.repeats),
          each.ratio === null ? '' : `${each.ratio.toFixed(2)}×`,
          each.notes.join(', '),
        ]),
      ),
      '',
    ]),
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`);
}
