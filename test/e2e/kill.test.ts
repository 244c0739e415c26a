import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/core/base/json.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { accountAt, emulated, folderOf, SECRET } from '../cli/command.ts';
import { documents } from '../pass/fleet.ts';
import { idOf, liveService } from '../pass/watching/web-service.ts';
import { ran, start } from './program.ts';
import type { Program } from './program.ts';

const FULL = process.env['FULL'] === '1';
const ROUNDS = FULL ? 300 : 4;
const SEED = 20_260_722;

const DRIFTED = 200;
const DECLARED = 220;
const LIVE = 240;
/** The number of services in a chain in which each wants the name of the next. */
const CHAIN = 5;

/** A budget that never delays a pass. */
const AT_ONCE = ['--request-budget', '100000/1s'];

const declared = Array.from({ length: DECLARED }, (_, number) => liveService(number, 8080));

/** 200 drifted services, 20 in sync, and 20 unmanaged. */
const live = Array.from({ length: LIVE }, (_, number) =>
  number < DRIFTED ? drifted(number) : liveService(number, 8080),
);

/** Differs in three fields. One is the name, which the next service wants. */
function drifted(number: number): JsonObject {
  const name = number % CHAIN === CHAIN - 1 ? `spare-${number}` : `web-${number + 1}`;
  return { ...liveService(number, 81), name, host: { ...Object(liveService(number, 81)['host']), ipv4: '10.9.9.9' } };
}

/** From 0 to 1: one random moment in each of equal parts. */
const moments = fc
  .sample(fc.noBias(fc.integer({ min: 0, max: 999 })), { numRuns: ROUNDS, seed: SEED })
  .map((chance, round) => (round + chance / 1000) / ROUNDS);

/** The part of the moments before the list request. The others are between that and a while after the report. */
const BEFORE_LIST = 0.3;

test(
  'does no harm when killed at any moment, and converges after a restart',
  { timeout: ROUNDS * 15_000 },
  async () => {
    const folder = folderOf({
      'first.yaml': documents(declared.slice(0, 110)),
      'second.yaml': documents(declared.slice(110)),
    });
    // The declared services as the API returns them.
    const wanted = byId(await emulated({ services: declared }));
    const pace = await paceOf(await begin(folder));

    const killed = { 'at start': 0, 'while listing': 0, 'while updating': 0, 'after the last update': 0 };
    const puts = { answered: 0, 'landed after the end': 0, 'made by the next process': 0 };
    for (const moment of moments) {
      const running = await begin(folder);
      const { emulator } = running;
      const before = byId(emulator);
      await reach(moment, running, pace);
      const answered = putsTo(emulator).length;
      await kill(running);
      await quiet(emulator);

      const landed = putsTo(emulator);
      expect(byId(emulator)).toEqual(updated(before, wanted, landed));
      const isListed = emulator.requests.some(({ path }) => path.includes('per_page'));

      const environment = accountAt(emulator.url);
      const { code, stderr } = await ran(['run', '--once', '--services', folder, ...AT_ONCE], { environment });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(byId(emulator)).toEqual(updated(before, wanted, drifters));
      // Each drifted service received one PUT, no other service did, and none was refused.
      const all = putsTo(emulator);
      expect(all.toSorted()).toEqual(drifters);
      expect(new Set(emulator.requests.map(({ method, status }) => `${method} ${status}`))).toEqual(allowed);
      await emulator.close();

      if (!isListed) killed['at start'] += 1;
      else if (landed.length === 0) killed['while listing'] += 1;
      else if (answered < DRIFTED) killed['while updating'] += 1;
      else killed['after the last update'] += 1;
      puts.answered += answered;
      puts['landed after the end'] += landed.length - answered;
      puts['made by the next process'] += all.length - landed.length;
    }
    if (!FULL) return;
    // Otherwise the process was not killed at the intended moments.
    expect(Math.min(...Object.values(killed))).toBeGreaterThan(0);
    const times = `${Math.round(pace.startMs)} ms to the list, ${Math.round(pace.passMs)} ms from there to the report`;
    process.stdout.write(
      `${ROUNDS} kills (seed ${SEED}; ${times}): ${figures(killed)}; PUTs: ${figures(puts)}, 0 repeated\n`,
    );
  },
);

const drifters: readonly string[] = Array.from({ length: DRIFTED }, (_, number) => idOf(number));
const allowed = new Set(['GET 200', 'PUT 200']);

type Running = {
  readonly program: Program;
  readonly emulator: Emulator;
  /** The time by `performance.now`. */
  readonly begun: number;
  /** Resolves when the emulator is about to return the list. */
  readonly listed: Promise<void>;
};

/** Starts a daemon with a separate account, and few concurrent requests so that a pass takes long enough. */
async function begin(folder: string): Promise<Running> {
  const listed = Promise.withResolvers<void>();
  const emulator = await emulated({ services: live, latencyMs: 8, onRequest: () => listed.resolve() });
  const begun = performance.now();
  const line = ['run', '--services', folder, '--interval', '0', '--concurrency', '6', ...AT_ONCE];
  const program = start(line, { environment: accountAt(emulator.url) });
  return { program, emulator, begun, listed: listed.promise };
}

type Pace = { readonly startMs: number; readonly passMs: number };

/** Measures the time to the list request, and from there to the report, without a kill. */
async function paceOf(running: Running): Promise<Pace> {
  await running.listed;
  const startMs = performance.now() - running.begun;
  await running.program.logged({ event: 'reconciliation_report', outcome: 'converged' });
  const passMs = performance.now() - running.begun - startMs;
  await kill(running);
  return { startMs, passMs };
}

async function reach(moment: number, { listed }: Running, { startMs, passMs }: Pace): Promise<void> {
  if (moment < BEFORE_LIST) return sleep((moment / BEFORE_LIST) * startMs);
  await listed;
  await sleep(((moment - BEFORE_LIST) / (1 - BEFORE_LIST)) * passMs * 1.2);
}

async function kill({ program }: Running): Promise<void> {
  program.send('SIGKILL');
  const { code, stderr } = await program.ended;
  expect({ code, stderr }).toEqual({ code: null, stderr: '' });
}

/** Waits until the requests of a client that is gone are handled, which is when a later request is handled. */
async function quiet({ url, accountId }: Emulator): Promise<void> {
  const answer = await fetch(`${url}/accounts/${accountId}/connectivity/directory/services/${idOf(0)}`, {
    headers: { authorization: `Bearer ${SECRET}` },
  });
  await answer.text();
}

/** Returns the ids of all PUTs so far. */
function putsTo({ requests }: Emulator): string[] {
  return requests.filter(({ method }) => method === 'PUT').map(({ path }) => path.split('/').at(-1) ?? '');
}

/** Returns the live services by id. */
function byId({ services }: Emulator): JsonObject {
  return Object.fromEntries(services().map((service) => [textOf(service['service_id']), service]));
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

/** Returns the same services with these as declared, and every other unchanged, including its timestamps. */
function updated(before: JsonObject, wanted: JsonObject, ids: readonly string[]): Record<string, unknown> {
  const time: unknown = expect.any(String);
  const entries = ids.map((id) => [id, { ...Object(wanted[id]), created_at: time, updated_at: time }] as const);
  return { ...before, ...Object.fromEntries(entries) };
}

function figures(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}
