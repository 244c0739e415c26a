import { createHash } from 'node:crypto';
import { healthRules } from './checks/health-rules.ts';
import { boundMs, outOfSync } from './checks/liveness.ts';
import { metricsRules } from './checks/metrics-rules.ts';
import { passRules } from './checks/pass-rules.ts';
import { pauseRules } from './checks/pause-rules.ts';
import { repeatRules } from './checks/repeat-rules.ts';
import { reportRules } from './checks/report-rules.ts';
import { secretRules } from './checks/secret-rules.ts';
import { trafficRules } from './checks/traffic-rules.ts';
import { openViews } from './checks/views.ts';
import type { Violation } from './checks/violation.ts';
import { writeRules } from './checks/write-rules.ts';
import { startProgram } from './program.ts';
import type { Program } from './program.ts';
import type { Scenario } from './scenario/scenario.ts';
import { sometimes } from './sometimes.ts';
import type { Sometimes } from './sometimes.ts';
import { cause } from './scenario/trouble.ts';
import { heal } from './scenario/heal.ts';
import { randomOf } from './time/random.ts';
import { installVirtualTime } from './time/virtual-time.ts';
import { describePrevented } from '../../src/core/plan/assertions/violation.ts';
import type { Report } from '../../src/core/report/report.ts';
import type { Fault } from './world/network.ts';
import { ACCOUNT_ID, createWorld } from './world/world.ts';

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
  const { seed, settings } = scenario;
  const time = installVirtualTime(seed);
  try {
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
    const now = time.now;
    const hangs: { readonly at: number; readonly ms: number }[] = [];
    const hungSince = (at: number) => hangs.reduce((sum, hang) => (hang.at + hang.ms >= at ? sum + hang.ms : sum), 0);
    const views = openViews(time);
    const traffic = trafficRules({ settings, now, hungSince, broken });
    const health = healthRules({ settings, now, broken });
    const metrics = metricsRules({ settings, now, wallNow: time.wallNow, broken });
    const pauses = pauseRules({ wallNow: time.wallNow, broken });
    /** The times that the wall clock has shown during the pass, as far as they matter: at its begin, and around each jump. */
    let shown: number[] = [];
    const walls = () => [...shown, time.wallNow()];
    let lastReport: Report | null = null;
    let pacedAt = -Infinity;

    const world = createWorld(scenario, time, {
      onSend: (request) => {
        note(
          `→ ${request.method} ${request.id ?? request.path.split('?')[1] ?? request.text ?? ''} #${request.number}`,
        );
        figures.requests += 1;
        if (request.method !== 'GET') figures.writes += 1;
        hash.update(`${request.at} ${request.method} ${request.path} ${request.text ?? ''}\n`);
        traffic.onSend(request);
        pauses.onSend(request);
        writes.onSend(request);
        reports.onSend(request);
        passes.onSend(request);
        repeats.onSend(request);
      },
      onArrive: () => {},
      onHeaders: () => {},
      onEnd: (request, answer) => {
        note(`← ${answer?.status ?? 'no answer'} #${request.number}`);
        traffic.onEnd(request, answer);
        metrics.onEnd(request, answer);
        writes.onEnd(request, answer);
        passes.onEnd(request, answer);
        repeats.onEnd(request, answer);
        if (answer !== null) views.onAnswer(answer);
        if (answer !== null) seen.onAnswer(answer);
        if (answer?.headers['ratelimit'] !== undefined) pacedAt = now();
      },
      onFault: (request, fault: Fault) => {
        note(`  fault of #${request.number}: ${fault}`);
        figures.faults += 1;
        seen.onFault(fault);
      },
    });
    const writes = writeRules({
      settings,
      folder: world.folder,
      views,
      walls,
      now,
      hungSince,
      mayHaveWaitedSince: (at) => now() - pacedAt < 60_000 || traffic.mayHaveWaitedSince(at),
      broken,
    });
    const reports = reportRules({ folder: world.folder, views, walls, now, broken });
    const passes = passRules({ settings, account: world.account, now, hungSince, broken });
    const repeats = repeatRules({ views, now, broken });
    const secrets = secretRules({ tokens: world.token.all, broken });

    let program: Program | null = null;
    const checkRandom = randomOf(seed, 'checks');
    /** Nothing happens until the metrics are complete. */
    const checkMetrics = () => {
      if (program === null || !metrics.isComparable()) return;
      seen.add('the metrics are compared');
      void program.metrics().then(metrics.check);
    };
    const start = () => {
      traffic.reset();
      writes.reset();
      health.reset();
      reports.reset();
      passes.reset();
      repeats.reset();
      metrics.reset();
      pauses.reset();
      views.forget();
      hangs.length = 0;
      time.startProcess();
      program = startProgram({
        settings,
        accountId: ACCOUNT_ID,
        folder: world.folder,
        token: world.token,
        openDispatcher: world.network.openDispatcher(figures.restarts),
        observer: {
          onLine: (line) => {
            secrets.check(line);
            seen.onLine(line);
            hash.update(line);
            note(`  log ${line.trim().slice(0, 3000)}`);
          },
          onReport: (report) => {
            figures.passes += 1;
            lastReport = report;
            const text = JSON.stringify(report);
            secrets.check(text);
            hash.update(text);
            seen.onReport(report);
            reports.onReport(report);
            passes.onReport(report);
            repeats.onReport(report);
            pauses.onReport(report);
            health.onReport(report);
            metrics.onReport(report);
            if (checkRandom.chance(0.02)) time.inWorld(1, checkMetrics);
          },
          onPhase: (phase) => {
            seen.onPhase(phase);
            passes.onPhase(phase);
            repeats.onPhase(phase);
            if (phase.kind !== 'began') return;
            shown = [time.wallNow()];
            views.onBegin();
            reports.onBegin();
            pauses.onBegin();
            health.onBegin();
            metrics.onBegin();
          },
          onBug: (error) => broken('bug', String(error)),
          onPrevented: (prevented) => broken('prevented', describePrevented(prevented)),
        },
      });
      note('the program starts');
      watchEnd(program);
    };
    const watchEnd = (started: Program) => {
      started.ended
        .then(() => {
          if (program === started) program = null;
          return null;
        })
        .catch((error: unknown) =>
          broken('crash', error instanceof Error ? (error.stack ?? error.message) : String(error)),
        );
    };
    const kill = (downMs: number) => {
      time.killProcess();
      program = null;
      figures.restarts += 1;
      const process = figures.restarts;
      time.inWorld(downMs, () => {
        if (process === figures.restarts) start();
      });
    };
    const control = {
      hangUp: () => program?.hangUp(),
      requestPass: () => program?.requestPass(),
      pauseWrites: (ms: number | null) => {
        if (program === null) return;
        const until = ms === null ? null : time.wallNow() + Math.ceil(ms);
        pauses.onPause(until);
        program.pauseWrites(until);
      },
      resumeWrites: () => {
        pauses.onResume();
        program?.resumeWrites();
      },
      moveWallClock: (ms: number) => {
        shown.push(time.wallNow());
        time.moveWallClock(ms);
        shown.push(time.wallNow());
      },
      onHang: (ms: number) => {
        hangs.push({ at: now(), ms });
        health.onHang(ms);
      },
      kill: (downMs: number) => {
        seen.add(program === null ? 'killed while down' : 'killed');
        kill(downMs);
      },
      stop: (downMs: number) => {
        const stopped = program;
        if (stopped === null) return;
        seen.add('stopped');
        traffic.onStop();
        health.onStop();
        stopped.stop();
        const stuckMs = settings.grace_period + 1000 + hungSince(now());
        time.inWorld(stuckMs, () => {
          if (program === stopped) broken('stop', `the program has not stopped after ${stuckMs} ms`);
          if (program === stopped || program === null) kill(downMs);
        });
      },
    };

    start();
    for (const event of scenario.events) {
      time.inWorld(event.at, () => {
        seen.add(`event: ${event.kind}`);
        cause(event, { seed, endAt: scenario.troubleMs, world, control, note: (text) => note(`* ${text}`) });
      });
    }
    const onEvent = () => {
      if (program !== null && checkRandom.chance(0.02)) health.check(program.health());
    };
    await time.runUntil(scenario.troubleMs, onEvent);

    // Conditions end at the latest now; answers on their way still arrive.
    heal(world);
    control.resumeWrites();
    note('* nothing fails any more');
    const healedAt = now();
    const bound = boundMs(settings, world.repository.services().length);
    const mustConverge =
      settings.mode === 'apply' && settings.max_changes === null && settings.max_change_percent === null;
    let remaining = outOfSync(world, settings, lastReport);
    let syncedAt = healedAt;
    for (let at = healedAt; at < healedAt + bound; at += 60_000) {
      await time.runUntil(at + 60_000, onEvent);
      remaining = outOfSync(world, settings, lastReport);
      if (remaining.length > 0) syncedAt = now();
      else if (now() - syncedAt > 600_000) break;
    }
    if (remaining.length > 0 && mustConverge) {
      broken('liveness', `not in sync after ${Math.round(bound / 60_000)} min: ${remaining.join(', ')}`);
    }
    const writesBefore = figures.writes;
    await time.runUntil(now() + QUIET_MS, onEvent);
    if (remaining.length === 0 && figures.writes > writesBefore)
      broken('quiet', 'writes although everything is in sync');
    checkMetrics();
    await time.runUntil(now() + 1, onEvent);
    if (mustConverge) figures.convergedMs = syncedAt - healedAt;
    figures.convergedShare = figures.convergedMs / bound;
    figures.simulatedMs = now();
    figures.events = time.eventCount();
    return { violations, hash: hash.digest('hex'), figures, seen };
  } finally {
    time.killProcess();
    time.uninstall();
  }
}
