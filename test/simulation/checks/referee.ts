import type { PreventedWrite } from '../../../src/core/plan/assertions/violation.ts';
import { describePrevented } from '../../../src/core/plan/assertions/violation.ts';
import type { Report } from '../../../src/core/report/report.ts';
import type { Phase } from '../../../src/core/report/sink.ts';
import type { Settings } from '../../../src/config/settings.ts';
import type { Program } from '../program.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { SentRequest } from '../world/api.ts';
import type { Answered } from '../world/network.ts';
import type { World } from '../world/world.ts';
import { healthRules } from './health-rules.ts';
import { metricsRules } from './metrics-rules.ts';
import { passRules } from './pass-rules.ts';
import { pauseRules } from './pause-rules.ts';
import { repeatRules } from './repeat-rules.ts';
import { reportRules } from './report-rules.ts';
import { secretRules } from './secret-rules.ts';
import { trafficRules } from './traffic-rules.ts';
import { openViews } from './views.ts';
import type { Break } from './violation.ts';
import { writeRules } from './write-rules.ts';

export type RefereeOptions = {
  readonly settings: Settings;
  readonly time: VirtualTime;
  readonly world: Pick<World, 'folder' | 'account' | 'token'>;
  readonly broken: Break;
};

/** Applies all rules to everything that the program does, and to everything that happens to it. */
export type Referee = ReturnType<typeof openReferee>;

export function openReferee({ settings, time, world, broken }: RefereeOptions) {
  const { now, wallNow } = time;
  /** The times that the wall clock has shown during the pass, as far as they matter: at its begin, and around each jump. */
  let shown: number[] = [];
  const walls = () => [...shown, wallNow()];
  const hangs: { readonly at: number; readonly ms: number }[] = [];
  const hungSince = (at: number) => hangs.reduce((sum, hang) => (hang.at + hang.ms >= at ? sum + hang.ms : sum), 0);
  let pacedAt = -Infinity;

  const views = openViews(time);
  const traffic = trafficRules({ settings, now, hungSince, broken });
  const health = healthRules({ settings, now, broken });
  const metrics = metricsRules({ settings, now, wallNow, broken });
  const pauses = pauseRules({ wallNow, broken });
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

  return {
    /** Forgets the program that has ended. */
    reset: () => {
      for (const rules of [traffic, writes, health, reports, passes, repeats, metrics, pauses]) rules.reset();
      views.forget();
      hangs.length = 0;
    },
    onSend: (request: SentRequest) => {
      for (const rules of [traffic, pauses, writes, reports, passes, repeats]) rules.onSend(request);
    },
    onEnd: (request: SentRequest, answer: Answered | null) => {
      for (const rules of [traffic, metrics, writes, passes, repeats]) rules.onEnd(request, answer);
      if (answer !== null) views.onAnswer(answer);
      if (answer?.headers['ratelimit'] !== undefined) pacedAt = now();
    },
    onLine: secrets.check,
    onReport: (report: Report) => {
      secrets.check(JSON.stringify(report));
      for (const rules of [reports, passes, repeats, pauses, health, metrics]) rules.onReport(report);
    },
    onPhase: (phase: Phase) => {
      passes.onPhase(phase);
      repeats.onPhase(phase);
      if (phase.kind !== 'began') return;
      shown = [wallNow()];
      for (const each of [views, reports, pauses, health, metrics]) each.onBegin();
    },
    onBug: (error: unknown) => broken('bug', String(error)),
    onPrevented: (prevented: PreventedWrite) => broken('prevented', describePrevented(prevented)),
    onHang: (ms: number) => {
      hangs.push({ at: now(), ms });
      health.onHang(ms);
    },
    onStop: () => {
      traffic.onStop();
      health.onStop();
    },
    onPause: pauses.onPause,
    onResume: pauses.onResume,
    /** Called before and after each jump of the wall clock. */
    onWallClock: () => void shown.push(wallNow()),
    hungSince,
    checkHealth: (program: Program) => health.check(program.health()),
    /** Compares the metrics, unless too much happens. Nothing must happen until they are complete. */
    checkMetrics: (program: Program): boolean => {
      if (!metrics.isComparable()) return false;
      void program.metrics().then(metrics.check);
      return true;
    },
  };
}
