import { createHash } from 'node:crypto';
import { boundMs, outOfSync } from './checks/liveness.ts';
import { openReferee } from './checks/referee.ts';
import type { Violation } from './checks/violation.ts';
import { programLife } from './program-life.ts';
import type { Scenario } from './scenario/scenario.ts';
import { sometimes } from './sometimes.ts';
import type { Sometimes } from './sometimes.ts';
import { cause } from './scenario/trouble.ts';
import { heal } from './scenario/heal.ts';
import { randomOf } from './time/random.ts';
import { installVirtualTime } from './time/virtual-time.ts';
import type { VirtualTime } from './time/virtual-time.ts';
import type { Report } from '../../src/core/report/report.ts';
import type { Phase } from '../../src/core/report/sink.ts';
import { createWorld } from './world/world.ts';

/** The result of one simulation. */
export type Outcome = {
  readonly violations: readonly Violation[];
  /** Of all requests and reports, in their order: the same for the same scenario. */
  readonly hash: string;
  readonly figures: Figures;
  readonly seen: Sometimes;
};

export type Figures = {
  simulatedMs: number;
  events: number;
  requests: number;
  writes: number;
  faults: number;
  passes: number;
  restarts: number;
  /** How long it took until everything was in sync, once nothing failed any more, and the share of what is allowed. */
  convergedMs: number;
  convergedShare: number;
};

export type SimulationOptions = {
  /** Called with everything that happens, for a person to read. */
  readonly onNote?: (at: number, text: string) => void;
};

/** After this many violations, more tell nothing new. */
const MAX_VIOLATIONS = 20;
/** At the end, nothing must be written for this long. */
const QUIET_MS = 20 * 60_000;

/** Runs a scenario, and checks at every step what the program does. */
export async function simulate(scenario: Scenario, { onNote = () => {} }: SimulationOptions = {}): Promise<Outcome> {
  const time = installVirtualTime(scenario.seed);
  try {
    const simulation = openSimulation(scenario, time, onNote);
    await causeTrouble(simulation);
    await converge(simulation);
    await rest(simulation);
    return simulation.outcome();
  } finally {
    time.killProcess();
    time.uninstall();
  }
}

type Simulation = ReturnType<typeof openSimulation>;

/** Connects a world, a program and the rules. Nothing happens yet. */
function openSimulation(scenario: Scenario, time: VirtualTime, onNote: NonNullable<SimulationOptions['onNote']>) {
  const { seed, settings } = scenario;
  const hash = createHash('sha256');
  const violations: Violation[] = [];
  const note = (text: string) => onNote(time.now(), text);
  const broken = (rule: string, message: string) => {
    note(`VIOLATION of "${rule}": ${message}`);
    if (violations.length < MAX_VIOLATIONS) violations.push({ at: time.now(), rule, message });
  };
  const figures: Figures = {
    simulatedMs: 0,
    events: 0,
    requests: 0,
    writes: 0,
    faults: 0,
    passes: 0,
    restarts: 0,
    convergedMs: 0,
    convergedShare: 0,
  };
  const seen = sometimes();
  const random = randomOf(seed, 'checks');
  let lastReport: Report | null = null;

  const world = createWorld(scenario, time, {
    onSend: (request) => {
      const { number, at, method, path, id, text } = request;
      note(`→ ${method} ${id ?? path.split('?')[1] ?? text ?? ''} #${number}`);
      figures.requests += 1;
      if (method !== 'GET') figures.writes += 1;
      hash.update(`${at} ${method} ${path} ${text ?? ''}\n`);
      referee.onSend(request);
    },
    onArrive: () => {},
    onHeaders: () => {},
    onEnd: (request, answer) => {
      note(`← ${answer?.status ?? 'no answer'} #${request.number}`);
      referee.onEnd(request, answer);
      if (answer !== null) seen.onAnswer(answer);
    },
    onFault: (request, fault) => {
      note(`  fault of #${request.number}: ${fault}`);
      figures.faults += 1;
      seen.onFault(fault);
    },
  });
  const referee = openReferee({ settings, time, world, broken });
  const checkMetrics = () => {
    const program = life.current();
    if (program !== null && referee.checkMetrics(program)) seen.add('the metrics are compared');
  };
  const observer = {
    onLine: (line: string) => {
      referee.onLine(line);
      seen.onLine(line);
      hash.update(line);
      note(`  log ${line.trim().slice(0, 3000)}`);
    },
    onReport: (report: Report) => {
      figures.passes += 1;
      lastReport = report;
      hash.update(JSON.stringify(report));
      seen.onReport(report);
      referee.onReport(report);
      if (random.chance(0.02)) time.inWorld(1, checkMetrics);
    },
    onPhase: (phase: Phase) => {
      seen.onPhase(phase);
      referee.onPhase(phase);
    },
    onBug: referee.onBug,
    onPrevented: referee.onPrevented,
  };
  const life = programLife({ settings, time, world, referee, seen, observer, broken, note });
  return {
    scenario,
    time,
    world,
    life,
    figures,
    seen,
    note,
    broken,
    checkMetrics,
    /** Returns what is not as declared. */
    remaining: () => outOfSync(world, settings, lastReport),
    /** Called after each event. */
    onEvent: () => {
      const program = life.current();
      if (program !== null && random.chance(0.02)) referee.checkHealth(program);
    },
    outcome: (): Outcome => {
      figures.simulatedMs = time.now();
      figures.events = time.eventCount();
      figures.restarts = life.restarts();
      return { violations, hash: hash.digest('hex'), figures, seen };
    },
  };
}

/** Starts the program, and lets the events of the scenario happen. */
async function causeTrouble({ scenario, time, world, life, seen, note, onEvent }: Simulation): Promise<void> {
  const { seed, events, troubleMs } = scenario;
  life.start();
  for (const event of events) {
    time.inWorld(event.at, () => {
      seen.add(`event: ${event.kind}`);
      const { control } = life;
      cause(event, { seed, endAt: troubleMs, world, control, note: (text) => note(`* ${text}`) });
    });
  }
  await time.runUntil(troubleMs, onEvent);
  // Conditions end at the latest now; answers on their way still arrive.
  heal(world);
  life.control.resumeWrites();
  note('* nothing fails any more');
}

/** Waits until everything is as declared. That must be so within the time that the manual promises. */
async function converge({ scenario, time, world, figures, broken, remaining, onEvent }: Simulation): Promise<void> {
  const { settings } = scenario;
  const healedAt = time.now();
  const bound = boundMs(settings, world.repository.services().length);
  let left = remaining();
  let syncedAt = healedAt;
  for (let at = healedAt; at < healedAt + bound; at += 60_000) {
    await time.runUntil(at + 60_000, onEvent);
    left = remaining();
    if (left.length > 0) syncedAt = time.now();
    else if (time.now() - syncedAt > 600_000) break;
  }
  const { mode, max_changes, max_change_percent } = settings;
  if (mode !== 'apply' || max_changes !== null || max_change_percent !== null) return;
  if (left.length > 0) broken('liveness', `not in sync after ${Math.round(bound / 60_000)} min: ${left.join(', ')}`);
  figures.convergedMs = syncedAt - healedAt;
  figures.convergedShare = figures.convergedMs / bound;
}

/** Once everything is as declared, nothing must be written. */
async function rest({ time, figures, broken, remaining, checkMetrics, onEvent }: Simulation): Promise<void> {
  const isSynced = remaining().length === 0;
  const before = figures.writes;
  await time.runUntil(time.now() + QUIET_MS, onEvent);
  if (isSynced && figures.writes > before) broken('quiet', 'writes although everything is in sync');
  checkMetrics();
  await time.runUntil(time.now() + 1, onEvent);
}
