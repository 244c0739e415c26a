import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Signals } from '../../src/core/base/abort.ts';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { Failure } from '../../src/core/base/failure.ts';
import { noContests } from '../../src/core/plan/contest.ts';
import { emptyMemory } from '../../src/core/plan/memory.ts';
import type { Trigger } from '../../src/core/report/pass.ts';
import { toReport } from '../../src/core/report/report.ts';
import type { Report } from '../../src/core/report/report.ts';
import type { ServiceReport } from '../../src/core/report/service-report.ts';
import type { Phase } from '../../src/core/report/sink.ts';
import { daemon } from '../../src/daemon/daemon.ts';
import type { DaemonOptions } from '../../src/daemon/daemon.ts';
import type { Schedule } from '../../src/daemon/schedule.ts';
import {
  credentialChangeTrigger,
  expiryTrigger,
  folderChangeTrigger,
  intervalTrigger,
  requestTrigger,
  scheduleTrigger,
  signalTrigger,
  startupTrigger,
  supersededTrigger,
} from '../../src/daemon/triggers.ts';
import type { IntervalOptions, RequestPass } from '../../src/daemon/triggers.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
});

/** The report of a pass that ended with this error. */
function reportOf(trigger: Trigger, error: Failure | null = null): Report {
  return toReport({
    run_id: 'run',
    trigger,
    mode: 'apply',
    account_id: 'account',
    source: { path: 'services', revision: null, files: 0 },
    started_at: '2026-01-02T03:04:05.000Z',
    finished_at: '2026-01-02T03:04:05.000Z',
    duration_ms: 0,
    api: { requests: 1, retries: 0, throttled_ms: 0 },
    paused: null,
    problems: [],
    declared: 0,
    findings: [],
    plan: { steps: [], withheld: [] },
    memory: emptyMemory,
    contests: noContests,
    unconfirmed: [],
    next_expiry: null,
    outcomes: new Map(),
    undeclared: new Map(),
    error,
  });
}

const drifted: ServiceReport = {
  service_id: '0191e3a4-5b6c-7d8e-9f00-112233445566',
  name: 'web',
  file: 'services/web.yaml',
  line: 1,
  finding: 'drifted',
  contested: null,
  cause: null,
  action: 'update',
  changes: [],
  ignored: [],
  unknown_fields: [],
  result: null,
  reason: null,
  hint: null,
  attempts: 1,
  error: null,
};

const down = failure('transient', 'the API is down');

type StageOptions = Partial<
  Omit<DaemonOptions, 'triggers' | 'sinks'> &
    IntervalOptions & {
      readonly schedule: Schedule;
      readonly onReport: (report: Report) => void;
      readonly close: () => Promise<void>;
    }
>;

/** A daemon with every trigger. The test ends its passes and advances its clock. */
function staged({
  schedule,
  intervalMs = 60_000,
  heldMs = () => 0,
  random = () => 0.5,
  ...options
}: StageOptions = {}) {
  const controller = new AbortController();
  const begun: { readonly trigger: Trigger; readonly signals: Signals; readonly at: number }[] = [];
  const reports: Report[] = [];
  const bugs: unknown[] = [];
  const ends: ((error: Failure | null) => void)[] = [];
  const start = Date.now();
  let change: (() => void) | undefined;
  let signal: (() => void) | undefined;
  let request: RequestPass | undefined;
  const phases: Phase[] = [];
  let credential: (() => void) | undefined;
  const unwatch = vi.fn<() => void>();
  const close = vi.fn<() => Promise<void>>(options.close ?? (async () => {}));
  let ended = false;
  const running = daemon({
    pass: async (trigger, signals) => {
      begun.push({ trigger, signals, at: Date.now() - start });
      return new Promise((resolve) => ends.push((error) => resolve(reportOf(trigger, error))));
    },
    triggers: [
      startupTrigger(),
      signalTrigger((onSignal) => {
        signal = onSignal;
      }),
      requestTrigger((requestPass) => {
        request = requestPass;
      }),
      credentialChangeTrigger((onChange) => {
        credential = onChange;
        return unwatch;
      }),
      ...(schedule === undefined ? [] : [scheduleTrigger(schedule)]),
      folderChangeTrigger((onChange) => {
        change = onChange;
        return { close };
      }),
      supersededTrigger(50),
      intervalTrigger({ intervalMs, heldMs, random }),
    ],
    sinks: [
      {
        onReport: options.onReport ?? ((report) => void reports.push(report)),
        onPhase: (phase) => void phases.push(phase),
      },
    ],
    onBug: (error) => void bugs.push(error),
    gracePeriodMs: 20_000,
    stop: controller.signal,
    ...options,
  }).finally(() => {
    ended = true;
  });
  return {
    begun,
    reports,
    bugs,
    close,
    running,
    ended: () => ended,
    change: () => change?.(),
    signal: () => signal?.(),
    request: async () => request?.(),
    phases,
    /** Returns the time until the next scheduled pass, as the last phase reports it. */
    scheduleMs: () => {
      const phase = phases.at(-1);
      return phase?.kind === 'waiting' ? phase.scheduleMs() : undefined;
    },
    credential: () => credential?.(),
    unwatch,
    /** Ends the pass in progress. */
    end: async (error: Failure | null = null) => {
      ends.shift()?.(error);
      await vi.advanceTimersByTimeAsync(0);
    },
    /** Advances the clock. */
    wait: async (ms: number) => vi.advanceTimersByTimeAsync(ms),
    stop: async () => {
      controller.abort(new FailureError(failure('interrupted', 'stopped')));
      await vi.advanceTimersByTimeAsync(0);
    },
  };
}

type Staged = ReturnType<typeof staged>;

const triggersOf = ({ begun }: Staged) => begun.map(({ trigger }) => trigger);

test('begins with a pass', async () => {
  const stage = staged();
  await stage.wait(0);
  expect(triggersOf(stage)).toEqual(['startup']);
  await stage.stop();
  await stage.end();
  await stage.running;
});

test('reports every pass before the next one begins', async () => {
  const order: string[] = [];
  const stage = staged({
    onReport: ({ trigger }) => void order.push(`${trigger} reported, ${stage.begun.length} begun`),
  });
  await stage.wait(0);
  stage.change();
  await stage.end();
  await stage.end();
  expect(order).toEqual(['startup reported, 1 begun', 'change reported, 2 begun']);
});

test('runs one pass at once after a change', async () => {
  const stage = staged();
  await stage.wait(0);
  await stage.end();
  await stage.wait(1000);
  stage.change();
  stage.change();
  await stage.wait(0);
  await stage.end();
  expect(triggersOf(stage)).toEqual(['startup', 'change']);
  expect(stage.begun[1]?.at).toBe(1000);
});

test('never runs two passes at the same time, and answers all requests during a pass with one more pass', async () => {
  const stage = staged({ intervalMs: 1000 });
  await stage.wait(0);
  stage.change();
  await stage.wait(5000);
  stage.change();
  stage.change();
  expect(triggersOf(stage)).toEqual(['startup']);
  await stage.end();
  expect(triggersOf(stage)).toEqual(['startup', 'change']);
  await stage.end();
  expect(triggersOf(stage)).toEqual(['startup', 'change']);
});

test('does not lose a change at the end of a pass', async () => {
  const stage = staged({ onReport: ({ trigger }) => void (trigger === 'startup' && stage.change()) });
  await stage.wait(0);
  await stage.end();
  expect(triggersOf(stage)).toEqual(['startup', 'change']);
});

test.for([
  { random: 0, after: 54_000 },
  { random: 0.5, after: 60_000 },
  { random: 0.999_999, after: 65_999 },
])('runs a pass after the interval, with 10 % of jitter: random $random, $after ms', async ({ random, after }) => {
  const stage = staged({ random: () => random });
  await stage.wait(0);
  await stage.end();
  await stage.wait(after - 1);
  expect(triggersOf(stage)).toEqual(['startup']);
  await stage.wait(2);
  expect(triggersOf(stage)).toEqual(['startup', 'interval']);
});

test('measures the interval from the end of the last pass, whatever its trigger was', async () => {
  const stage = staged();
  await stage.wait(0);
  await stage.wait(10_000);
  await stage.end();
  await stage.wait(50_000);
  stage.change();
  await stage.wait(0);
  await stage.end();
  await stage.wait(59_999);
  expect(stage.begun).toHaveLength(2);
  await stage.wait(1);
  expect(stage.begun.map(({ at }) => at)).toEqual([0, 60_000, 120_000]);
});

test('runs no pass by interval if it is 0, but still runs one after a change', async () => {
  const stage = staged({ intervalMs: 0 });
  await stage.wait(0);
  await stage.end();
  expect(vi.getTimerCount()).toBe(0);
  await stage.wait(1_000_000_000);
  expect(triggersOf(stage)).toEqual(['startup']);
  stage.change();
  await stage.wait(0);
  expect(triggersOf(stage)).toEqual(['startup', 'change']);
});

test('supports the longest interval with jitter', async () => {
  const stage = staged({ intervalMs: 480 * 3_600_000, random: () => 0.999 });
  await stage.wait(0);
  await stage.end();
  await stage.wait(24 * 3_600_000);
  expect(triggersOf(stage)).toEqual(['startup']);
});

test('doubles the back-off while passes fail, up to five minutes', async () => {
  const stage = staged({ intervalMs: 0, random: () => 0.999_999_999 });
  await stage.wait(0);
  for (let failures = 1; failures <= 12; failures += 1) {
    await stage.end(down);
    await stage.wait(300_000);
    expect(stage.begun).toHaveLength(failures + 1);
  }
  const waits = stage.begun.slice(1).map(({ at }, index) => Math.round((at - index * 300_000) / 100) / 10);
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
});

test('adds jitter to the back-off, down to half of it', async () => {
  const stage = staged({ random: () => 0 });
  await stage.wait(0);
  await stage.end(down);
  await stage.wait(499);
  expect(stage.begun).toHaveLength(1);
  await stage.wait(1);
  expect(triggersOf(stage)).toEqual(['startup', 'interval']);
});

test('waits for the back-off even if the interval is shorter', async () => {
  const stage = staged({ intervalMs: 300, random: () => 0 });
  await stage.wait(0);
  for (let failures = 1; failures <= 4; failures += 1) {
    await stage.end(down);
    await stage.wait(4000);
  }
  expect(stage.begun.map(({ at }) => at % 4000)).toEqual([0, 500, 1000, 2000, 0]);
});

test('runs a pass at once after a signal, even during a back-off', async () => {
  const stage = staged({ intervalMs: 0 });
  await stage.wait(0);
  await stage.end(down);
  stage.signal();
  await stage.wait(0);
  expect(triggersOf(stage)).toEqual(['startup', 'signal']);
});

test('runs a pass at the times of a schedule, in its time zone', async () => {
  // 06:30 in Kolkata, which is five and a half hours ahead, is 01:00 UTC.
  vi.setSystemTime('2026-01-02T00:58:30Z');
  const stage = staged({ intervalMs: 0, schedule: { pattern: '30 6 * * *', timezone: 'Asia/Kolkata' } });
  await stage.wait(0);
  await stage.end();
  await stage.wait(89_000);
  expect(triggersOf(stage)).toEqual(['startup']);
  await stage.wait(2000);
  expect(triggersOf(stage)).toEqual(['startup', 'schedule']);
  await stage.end();
  await stage.wait(24 * 3_600_000);
  expect(triggersOf(stage)).toEqual(['startup', 'schedule', 'schedule']);
});

describe('when the wall clock is set', () => {
  const at = { intervalMs: 0, schedule: { pattern: '0 6 * * *', timezone: 'UTC' } };

  test.for([
    { to: '2026-01-02T05:59:00Z', after: 60_000, reason: 'the schedule follows the new time' },
    { to: '2026-01-02T08:00:00Z', after: 30_000, reason: 'a scheduled time that was skipped causes a pass' },
    { to: '2027-03-04T05:00:00Z', after: 30_000, reason: 'many skipped times cause one pass' },
    { to: '2026-01-01T05:58:00Z', after: 120_000, reason: 'a scheduled time that comes again causes a pass' },
  ])('to $to, $reason', async ({ to, after }) => {
    vi.setSystemTime('2026-01-02T05:00:10Z');
    const stage = staged(at);
    await stage.wait(0);
    await stage.end();
    await stage.wait(60_000);
    vi.setSystemTime(to);
    await stage.wait(after - 30_000);
    expect(triggersOf(stage)).toEqual(['startup']);
    await stage.wait(30_000);
    expect(triggersOf(stage)).toEqual(['startup', 'schedule']);
    await stage.end();
    await stage.wait(20 * 60_000);
    expect(triggersOf(stage)).toEqual(['startup', 'schedule']);
    await stage.stop();
  });

  test.for(['2026-01-02T08:00:00Z', '2026-01-01T01:00:00Z'])('to %s, the interval does not change', async (to) => {
    vi.setSystemTime('2026-01-02T05:00:10Z');
    const stage = staged({ intervalMs: 600_000 });
    await stage.wait(0);
    await stage.end();
    await stage.wait(60_000);
    vi.setSystemTime(to);
    await stage.wait(539_999);
    expect(triggersOf(stage)).toEqual(['startup']);
    await stage.wait(1);
    expect(triggersOf(stage)).toEqual(['startup', 'interval']);
    await stage.end();
    await stage.stop();
  });
});

test('runs a pass at once after a change during a back-off, and resets the back-off after a good pass', async () => {
  const stage = staged({ random: () => 0.5 });
  await stage.wait(0);
  for (let failures = 1; failures <= 6; failures += 1) {
    await stage.end(down);
    await stage.wait(25_000);
  }
  const before = stage.begun.length;
  await stage.end(down);
  await stage.wait(10_000);
  expect(stage.begun).toHaveLength(before);
  stage.change();
  await stage.wait(0);
  expect(stage.begun).toHaveLength(before + 1);
  await stage.end();
  await stage.wait(59_999);
  expect(stage.begun).toHaveLength(before + 1);
  await stage.wait(1);
  await stage.end(down);
  await stage.wait(750);
  expect(stage.begun).toHaveLength(before + 3);
});

test.for([
  { kind: 'transient', first: 1000 },
  { kind: 'source', first: 1000 },
  { kind: 'internal', first: 1000 },
  { kind: 'denied', first: 10_000, reason: 'permissions take longer than a second to change' },
] as const)('retries a pass that failed with kind $kind within $first ms', async ({ kind, first }) => {
  const stage = staged({ random: () => 0.999_999 });
  await stage.wait(0);
  await stage.end(failure(kind, 'no'));
  await stage.wait(first / 2);
  expect(stage.begun).toHaveLength(1);
  await stage.wait(first / 2);
  expect(stage.begun).toHaveLength(2);
});

test('does not call the API while it asks the client to wait, unless a pass is requested', async () => {
  let heldMs = 20 * 60_000;
  const stage = staged({ heldMs: () => heldMs });
  await stage.wait(0);
  await stage.end(failure('transient', 'HTTP 429'));
  await stage.wait(20 * 60_000);
  expect(stage.begun).toHaveLength(1);
  await stage.wait(750);
  expect(stage.begun).toHaveLength(2);
  await stage.end(); // The API can ask the client to wait even in a good pass.
  await stage.wait(20 * 60_000 - 1);
  expect(stage.begun).toHaveLength(2);
  stage.change();
  await stage.wait(0);
  expect(stage.begun).toHaveLength(3);
  heldMs = 0;
  await stage.end();
  await stage.wait(60_000);
  expect(stage.begun).toHaveLength(4);
});

test('runs a pass at once after a credential change, even during a back-off', async () => {
  const stage = staged();
  await stage.wait(0);
  await stage.end(failure('denied', 'HTTP 401'));
  stage.credential();
  await stage.wait(0);
  expect(triggersOf(stage)).toEqual(['startup', 'change']);
  expect(stage.unwatch).not.toHaveBeenCalled();
  await stage.stop();
  await stage.end();
  await stage.running;
  expect(stage.unwatch).toHaveBeenCalledOnce();
});

test('reports a signal as the trigger even if a change came before it', async () => {
  const stage = staged();
  await stage.wait(0);
  stage.change();
  stage.signal();
  stage.change();
  await stage.end();
  expect(triggersOf(stage)).toEqual(['startup', 'signal']);
});

test.for([
  { kind: 'transient', soon: true },
  { kind: 'rejected', soon: false },
] as const)('retries an update that failed with kind $kind before the interval: $soon', async ({ kind, soon }) => {
  const error = failure(kind, 'no');
  let passes = 0;
  const stage = staged({
    pass: async (trigger) => {
      passes += 1;
      return { ...reportOf(trigger), outcome: 'partial', services: [{ ...drifted, result: 'failed', error }] };
    },
  });
  await stage.wait(1000);
  expect(passes).toBe(soon ? 2 : 1);
  await stage.stop();
  await stage.running;
});

test('runs a pass soon after one that was superseded, without a back-off, and stops with it', async () => {
  const outcomes: boolean[] = [];
  const stage = staged({
    pass: async (trigger) => {
      outcomes.push(outcomes.length < 3);
      const superseded = outcomes.length <= 3;
      return { ...reportOf(trigger), outcome: 'partial', superseded, services: [{ ...drifted, result: 'withheld' }] };
    },
  });
  await stage.wait(160);
  expect(outcomes).toHaveLength(4);
  await stage.stop();
  await stage.running;
});

test('retries an update that was not started before the interval', async () => {
  let passes = 0;
  const stage = staged({
    pass: async (trigger) => {
      passes += 1;
      return { ...reportOf(trigger), outcome: 'partial', services: [{ ...drifted, result: 'withheld' }] };
    },
  });
  await stage.wait(750);
  expect(passes).toBe(2);
  await stage.stop();
});

describe('when passes are requested without end', () => {
  const GAP_MS = 1500;
  const storms = { change: 'change', signal: 'signal', request: 'request', credential: 'change' } as const;

  /** Starts a daemon whose passes take 20 ms. */
  const startStorm = async () => {
    const begun: { readonly trigger: Trigger; readonly at: number }[] = [];
    const stage = staged({
      intervalMs: 0,
      gapMs: () => GAP_MS,
      pass: async (trigger) => {
        begun.push({ trigger, at: Date.now() });
        await new Promise((resolve) => setTimeout(resolve, 20));
        return reportOf(trigger);
      },
    });
    await stage.wait(1000);
    return { ...stage, begun };
  };

  test.for(['change', 'signal', 'request', 'credential'] as const)(
    'begins at most 50 passes in a minute of a %s every 120 ms',
    async (cause) => {
      const { begun, wait, stop, phases, ...stage } = await startStorm();
      const start = Date.now();
      for (let ms = 0; ms < 60_000; ms += 120) {
        void stage[cause]();
        await wait(120);
      }
      const stormy = begun.slice(1);
      expect(stormy.length).toBeLessThanOrEqual(10 + 60_000 / GAP_MS);
      expect(stormy.length).toBeGreaterThanOrEqual(60_000 / GAP_MS);
      expect(new Set(stormy.map(({ trigger }) => trigger))).toEqual(new Set([storms[cause]]));
      // A request at any time is answered by a pass that begins within a gap, and the first few at once.
      const starts = stormy.map(({ at }) => at);
      expect(starts.slice(0, 10).every((at, index) => at - start <= 120 * (index + 1))).toBe(true);
      for (const [index, at] of starts.slice(1).entries())
        expect(at - (starts[index] ?? 0)).toBeLessThanOrEqual(GAP_MS + 1);
      expect(phases).toContainEqual({ kind: 'delayed', trigger: storms[cause], ms: expect.any(Number) });
      await stop();
      await wait(20);
      await stage.running;
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  test('begins a pass at once for a first change after a quiet time', async () => {
    const { begun, wait, stop, change } = await startStorm();
    for (let times = 0; times < 100; times += 1) {
      change();
      await wait(120);
    }
    await wait(2 * GAP_MS);
    const before = begun.length;
    change();
    await wait(0);
    expect(begun).toHaveLength(before + 1);
    await stop();
  });

  test('answers every request that waits for the gap with the report of one pass', async () => {
    const { wait, stop, request } = await startStorm();
    const answers = [];
    for (let times = 0; times < 40; times += 1) {
      answers.push(request());
      await wait(30);
    }
    await wait(GAP_MS);
    const reports = await Promise.all(answers);
    expect(reports.every((report) => report?.trigger === 'request')).toBe(true);
    expect(new Set(reports).size).toBeLessThan(15);
    await stop();
  });

  test('ends at once when stopped during a gap', async () => {
    const { wait, stop, change, request, running, begun } = await startStorm();
    for (let times = 0; times < 12; times += 1) {
      change();
      await wait(50);
    }
    const answer = request();
    await wait(50);
    const before = begun.length;
    await stop();
    await running;
    expect(await answer).toBeNull();
    expect(begun).toHaveLength(before);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a request', () => {
  test('resolves to the report of a pass that begins after it', async () => {
    const stage = staged();
    await stage.wait(0);
    const answer = stage.request();
    await stage.end(down);
    expect(triggersOf(stage)).toEqual(['startup', 'request']);
    await stage.end();
    expect(await answer).toMatchObject({ trigger: 'request', outcome: 'in_sync' });
    await stage.stop();
  });

  test('shares a pass with other requests', async () => {
    const stage = staged();
    await stage.wait(0);
    const answers = [stage.request(), stage.request()];
    stage.change();
    await stage.end();
    await stage.end();
    const [one, other] = await Promise.all(answers);
    expect(one).toBe(other);
    expect(triggersOf(stage)).toEqual(['startup', 'request']);
    await stage.stop();
  });

  test('ends a wait', async () => {
    const stage = staged();
    await stage.wait(0);
    await stage.end();
    void stage.request();
    await stage.wait(0);
    expect(triggersOf(stage)).toEqual(['startup', 'request']);
    await stage.stop();
    await stage.end();
    await stage.running;
  });

  test('resolves to null if no pass begins after it', async () => {
    const stage = staged();
    await stage.wait(0);
    const answer = stage.request();
    await stage.stop();
    await stage.end();
    await stage.running;
    expect(await answer).toBeNull();
    expect(await stage.request()).toBeNull();
  });
});

describe('phases', () => {
  test('are reported when they begin', async () => {
    const stage = staged();
    await stage.wait(0);
    expect(stage.phases).toEqual([{ kind: 'requested' }, { kind: 'began', trigger: 'startup' }]);
    await stage.end();
    expect(stage.phases[2]).toEqual({ kind: 'waiting', timerMs: 60_000, scheduleMs: expect.any(Function) });
    expect(stage.scheduleMs()).toBeNull();
    await stage.wait(60_000);
    expect(stage.phases.slice(3)).toEqual([{ kind: 'requested' }, { kind: 'began', trigger: 'interval' }]);
    await stage.stop();
  });

  test('include the time until the next scheduled pass, even after the clock is set', async () => {
    vi.setSystemTime('2026-01-02T03:04:05Z');
    const stage = staged({ intervalMs: 0, schedule: { pattern: '0 4 * * *', timezone: 'UTC' } });
    await stage.wait(0);
    await stage.end();
    expect(stage.scheduleMs()).toBe((55 * 60 + 55) * 1000);
    vi.setSystemTime('2026-01-02T03:59:00Z');
    expect(stage.scheduleMs()).toBe(60_000);
    vi.setSystemTime('2026-01-01T22:00:00Z');
    expect(stage.scheduleMs()).toBe(6 * 3_600_000);
    await stage.stop();
  });
});

test('ends after the grace period if the watch cannot be closed, as on an unreachable file system', async () => {
  const stage = staged({ close: () => new Promise(() => {}) });
  await stage.wait(0);
  await stage.end();
  await stage.stop();
  await stage.wait(19_999);
  expect(stage.ended()).toBe(false);
  await stage.wait(1);
  expect(stage.ended()).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('closes the watch and every timer and ends at once when stopped while waiting', async () => {
  const stage = staged();
  await stage.wait(0);
  await stage.end();
  expect(stage.ended()).toBe(false);
  await stage.stop();
  await stage.running;
  expect(stage.close).toHaveBeenCalledOnce();
  expect(triggersOf(stage)).toEqual(['startup']);
  expect(vi.getTimerCount()).toBe(0);
});

test('ends after the pass in progress when stopped during it', async () => {
  const stage = staged();
  await stage.wait(0);
  stage.change();
  await stage.stop();
  expect(stage.begun[0]?.signals.stop.aborted).toBe(true);
  expect(stage.begun[0]?.signals.kill.aborted).toBe(false);
  await stage.wait(19_999);
  expect(stage.ended()).toBe(false);
  await stage.end();
  await stage.running;
  expect(stage.reports).toHaveLength(1);
  expect(stage.close).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('aborts the pass in progress after the grace period', async () => {
  const stage = staged({ gracePeriodMs: 500 });
  await stage.wait(0);
  await stage.stop();
  await stage.wait(499);
  const kill = stage.begun[0]?.signals.kill;
  expect(kill?.aborted).toBe(false);
  await stage.wait(1);
  expect(kill?.reason).toMatchObject({ failure: { kind: 'interrupted', message: expect.stringContaining('500ms') } });
  await stage.end();
  await stage.running;
});

test('runs no pass when stopped before the start', async () => {
  const stage = staged({ stop: AbortSignal.abort() });
  await stage.running;
  expect(stage.begun).toEqual([]);
  expect(stage.close).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

const throwing = (name: string) => ({
  onReport: () => {
    throw new Error(`${name}, report`);
  },
  onPhase: ({ kind }: Phase) => {
    throw new Error(`${name}, ${kind}`);
  },
});

test('continues when sinks and triggers throw, and calls the others', async () => {
  const calls: string[] = [];
  const bugs: string[] = [];
  const record = (name: string) => ({
    onReport: ({ trigger }: Report) => void calls.push(`${name}: report of ${trigger}`),
    onPhase: ({ kind }: Phase) => void calls.push(`${name}: ${kind}`),
  });
  let passes = 0;
  const controller = new AbortController();
  await daemon({
    pass: async (trigger) => reportOf(trigger),
    triggers: [
      {
        trigger: 'signal',
        start: (requestPass) => {
          void requestPass();
          return { ...throwing('trigger'), stop: () => {} };
        },
      },
    ],
    sinks: [throwing('sink'), record('next')],
    onBug: (error) => {
      bugs.push(String(error));
      throw error;
    },
    gracePeriodMs: 0,
    stop: controller.signal,
    afterPass: () => ((passes += 1) === 2 ? 'end' : 'repeat'),
  });
  expect(calls.filter((call) => call.includes('report'))).toEqual(['next: report of signal', 'next: report of signal']);
  expect(bugs).toContain('Error: sink, report');
  expect(bugs).toContain('Error: trigger, report');
  expect(bugs).toContain('Error: sink, requested');
  expect(bugs).toContain('Error: trigger, began');
});

test('plans the next pass although a sink throws', async () => {
  const stage = staged({
    onReport: () => {
      throw new Error('no');
    },
  });
  await stage.wait(0);
  await stage.end();
  await stage.wait(60_000);
  expect(triggersOf(stage)).toEqual(['startup', 'interval']);
  expect(stage.bugs).toEqual([new Error('no')]);
  await stage.end();
  await stage.stop();
  await stage.running;
  expect(stage.close).toHaveBeenCalledOnce();
});

test('repeats a pass or ends as afterPass decides', async () => {
  const answers = ['repeat', 'repeat', 'end'] as const;
  const stage = staged({ afterPass: () => answers[stage.reports.length - 1] ?? 'wait' });
  await stage.wait(0);
  await stage.end();
  await stage.end();
  await stage.end();
  await stage.running;
  expect(triggersOf(stage)).toEqual(['startup', 'startup', 'startup']);
  expect(stage.close).toHaveBeenCalledOnce();
});

test('does not run an additional pass for a change during a pass that is repeated', async () => {
  const answers = ['repeat', 'wait'] as const;
  const stage = staged({ afterPass: () => answers[stage.reports.length - 1] ?? 'wait' });
  await stage.wait(0);
  stage.change();
  await stage.end();
  await stage.end();
  expect(triggersOf(stage)).toEqual(['startup', 'change']);
});

test('takes any trigger and any sink: both receive phases and reports, the sinks first, in order', async () => {
  const calls: string[] = [];
  const record = (name: string) => ({
    onReport: ({ trigger }: Report) => void calls.push(`${name}: report of ${trigger}`),
    onPhase: ({ kind }: Phase) => void calls.push(`${name}: ${kind}`),
  });
  await daemon({
    pass: async (trigger) => reportOf(trigger),
    triggers: [
      {
        trigger: 'command',
        start: (requestPass) => {
          void requestPass();
          return { ...record('trigger'), stop: () => void calls.push('trigger: stopped') };
        },
      },
    ],
    sinks: [record('first'), { onReport: () => {} }, record('second')],
    onBug: () => {},
    gracePeriodMs: 0,
    stop: new AbortController().signal,
    afterPass: () => 'end',
  });
  expect(calls).toEqual([
    'first: requested',
    'second: requested',
    'first: began',
    'second: began',
    'trigger: began',
    'first: report of command',
    'second: report of command',
    'trigger: report of command',
    'trigger: stopped',
  ]);
});

test('answers the callers of a pass that throws, and stops every trigger', async () => {
  let throwNow: ((error: Error) => void) | undefined;
  let passes = 0;
  const stage = staged({
    pass: async (trigger) => {
      passes += 1;
      if (passes === 1) return reportOf(trigger);
      return new Promise((_, reject) => {
        throwNow = reject;
      });
    },
  });
  await stage.wait(0);
  const answers = [stage.request(), stage.request()];
  await stage.wait(0);
  const later = stage.request();
  const end = expect(stage.running).rejects.toThrow('a bug');
  throwNow?.(new TypeError('a bug'));
  await stage.wait(0);
  await end;
  expect(await Promise.all([...answers, later])).toEqual([null, null, null]);
  expect(stage.unwatch).toHaveBeenCalledOnce();
  expect(stage.close).toHaveBeenCalledOnce();
  expect(vi.getTimerCount()).toBe(0);
});

test('stops the triggers that were started if a later one cannot start, even if one cannot be stopped', async () => {
  const stopped: string[] = [];
  const bugs: unknown[] = [];
  const running = daemon({
    pass: async (trigger) => reportOf(trigger),
    triggers: [
      scheduleTrigger({ pattern: '0 4 * * *', timezone: 'UTC' }),
      {
        trigger: 'change',
        start: () => ({
          stop: () => {
            throw new Error('cannot stop');
          },
        }),
      },
      credentialChangeTrigger(() => () => void stopped.push('credential')),
      { trigger: 'change', start: () => ({ stop: async () => void stopped.push('other') }) },
      folderChangeTrigger(() => {
        throw new Error('cannot watch');
      }),
    ],
    sinks: [],
    onBug: (error) => void bugs.push(error),
    gracePeriodMs: 0,
    stop: new AbortController().signal,
  });
  await expect(running).rejects.toThrow('cannot watch');
  expect(stopped).toEqual(['credential', 'other']);
  expect(bugs).toEqual([new Error('cannot stop')]);
  expect(vi.getTimerCount()).toBe(0);
});

test('begins a pass when the next pause ends, on the clock of the machine, and keeps the time after a failed pass', () => {
  const requested: number[] = [];
  const trigger = expiryTrigger(Date.now).start(() => {
    requested.push(Date.now());
    return null;
  });
  const start = Date.now();
  const next_expiry = new Date(start + 100_000).toISOString();
  const report = reportOf('interval');
  trigger.onReport?.({ ...report, next_expiry });
  expect(trigger.scheduleMs?.()).toBe(100_000);
  vi.advanceTimersByTime(90_000);
  trigger.onReport?.({ ...report, next_expiry: null, error: failure('source', 'unreadable') });
  expect(requested).toEqual([]);
  vi.advanceTimersByTime(10_000);
  expect(requested).toEqual([start + 100_000]);
  expect(trigger.scheduleMs?.()).toBeNull();
  trigger.onReport?.({ ...report, next_expiry });
  trigger.onReport?.({ ...report, next_expiry: null });
  expect(trigger.scheduleMs?.()).toBeNull();
  trigger.onReport?.({ ...report, next_expiry: new Date(Date.now() + 1000).toISOString() });
  void trigger.stop();
  vi.advanceTimersByTime(5000);
  expect(requested.length).toBeLessThanOrEqual(2);
});
