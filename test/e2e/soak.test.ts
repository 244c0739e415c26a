import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { accountAt, emulated } from '../cli/command.ts';
import { declaration, idOf, liveService } from '../pass/watching/web-service.ts';
import { replace, temporaryFolder } from '../source/folders.ts';
import { nodeWith, root, start } from './program.ts';
import type { Program } from './program.ts';

const FULL = process.env['FULL'] === '1';
const PASSES = FULL ? 10_000 : 200;
const SAMPLES = FULL ? 50 : 10;
const SERVICES = 200;
/** The passes in which code is compiled and caches fill. */
const WARM = 0.2;
/** At most how much the heap may grow with each pass. The memory of one service takes more. */
const MAX_BYTES_PER_PASS = 50;

const event = 'reconciliation_report';

test.runIf(existsSync('/proc/self/fd'))('does not use more memory with more passes', async () => {
  const folder = temporaryFolder();
  const numbers = Array.from({ length: SERVICES }, (_, number) => number);
  for (const number of numbers) writeFileSync(join(folder, `${number}.yaml`), declaration(number, 1000));
  const emulator = await emulated({ services: numbers.map((number) => liveService(number, 1000)) });
  const program = start(['run', '--services', folder, '--interval', '0', '--request-budget', '100000/1s'], {
    environment: accountAt(emulator.url),
    // Otherwise V8 drops code that has not run for a while, and these megabytes hide a leak.
    command: nodeWith('--no-flush-bytecode', '--expose-gc', '--import', `${root}test/e2e/measure.ts`),
  });
  await program.logged({ event, trigger: 'startup', outcome: 'in_sync' });

  const samples: Sample[] = [];
  const begun = performance.now();
  for (let pass = 1; pass <= PASSES; pass += 1) {
    const number = pass % SERVICES;
    if (pass % 50 === 25) {
      replace(folder, `${number}.yaml`, declaration(number, 1000 + pass));
      await program.logged({ event, trigger: 'change', outcome: 'converged' });
    } else {
      const isDrifting = pass % 10 === 0;
      if (isDrifting) emulator.change(idOf(number), (service) => ({ ...service, http_port: 81 }));
      program.send('SIGHUP');
      await program.logged({ event, trigger: 'signal', outcome: isDrifting ? 'converged' : 'in_sync' });
    }
    if (pass % (PASSES / SAMPLES) === 0) samples.push(await sample(program, pass));
  }
  const seconds = (performance.now() - begun) / 1000;
  program.send('SIGTERM');
  expect(await program.ended).toMatchObject({ code: 0, stderr: '' });

  const warm = samples.filter(({ pass }) => pass >= WARM * PASSES);
  const slope = slopeOf(warm.map(({ pass, heapUsed }) => [pass, heapUsed]));
  if (FULL) process.stdout.write(table(samples, seconds, slope));
  const held = warm.map(({ files, threads, resources }) => ({ files, threads, resources }));
  expect(held.at(-1)).toEqual(held[0]);
  // A few hundred passes still run code for the first time.
  if (FULL) expect(slope).toBeLessThan(MAX_BYTES_PER_PASS);
  expect(emulator.requests.filter(({ status }) => status !== 200)).toEqual([]);
});

const measuredSchema = z.looseObject({
  heapUsed: z.number(),
  external: z.number(),
  resources: z.record(z.string(), z.number()),
});

type Sample = z.infer<typeof measuredSchema> & {
  readonly pass: number;
  /** In bytes, including garbage. */
  readonly resident: number;
  readonly files: number;
  readonly threads: number;
};

async function sample(program: Program, pass: number): Promise<Sample> {
  const place = `/proc/${program.pid}`;
  const status = readFileSync(`${place}/status`, 'utf8');
  const figure = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1]);
  const files = readdirSync(`${place}/fd`).length;
  program.send('SIGUSR2');
  const measured = measuredSchema.parse(await program.logged({ event: 'measured' }));
  return { ...measured, pass, resident: figure('VmRSS') * 1024, threads: figure('Threads'), files };
}

/** The slope of the line of least squares. */
function slopeOf(points: readonly (readonly [x: number, y: number])[]): number {
  const middle = mean(points.map(([x]) => x));
  const level = mean(points.map(([, y]) => y));
  const covariance = mean(points.map(([x, y]) => (x - middle) * (y - level)));
  return covariance / mean(points.map(([x]) => (x - middle) ** 2));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function table(samples: readonly Sample[], seconds: number, slope: number): string {
  return [
    row(['passes', 'RSS MB', 'heap MB', 'extern MB', 'files', 'threads', '  resources']),
    ...samples.map(({ pass, resident, heapUsed, external, files, threads, resources }) =>
      row([pass, ...[resident, heapUsed, external].map(megabytes), files, threads, `  ${JSON.stringify(resources)}`]),
    ),
    `${PASSES} passes in ${seconds.toFixed(0)} s; of the heap after collection, ${slope.toFixed(1)} bytes a pass behind the first ${WARM * 100} %`,
    '',
  ].join('\n');
}

function row(cells: readonly unknown[]): string {
  return cells.map((cell) => String(cell).padStart(10)).join('');
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
