import type { Settings } from '../../src/config/settings.ts';
import type { Referee } from './checks/referee.ts';
import type { Break } from './checks/violation.ts';
import { startProgram } from './program.ts';
import type { Program, ProgramObserver } from './program.ts';
import type { ProgramControl } from './scenario/actions/scene.ts';
import type { Sometimes } from './sometimes.ts';
import type { VirtualTime } from './time/virtual-time.ts';
import { ACCOUNT_ID } from './world/world.ts';
import type { World } from './world/world.ts';

/** The program under test through all its lives. */
export type ProgramLife = {
  readonly control: ProgramControl;
  readonly start: () => void;
  /** The program that runs now; null if none does. */
  readonly current: () => Program | null;
  readonly restarts: () => number;
};

export type ProgramLifeOptions = {
  readonly settings: Settings;
  readonly time: VirtualTime;
  readonly world: World;
  readonly referee: Referee;
  readonly seen: Sometimes;
  readonly observer: ProgramObserver;
  readonly broken: Break;
  /** Called with everything that happens, for a person to read. */
  readonly note: (text: string) => void;
};

/** After the grace period, the program has this long to stop. */
const STOP_MS = 1000;

/** Returns a program that can be stopped, killed and started again. */
export function programLife(options: ProgramLifeOptions): ProgramLife {
  const { settings, time, world, referee, seen, observer, broken, note } = options;
  let program: Program | null = null;
  let restarts = 0;

  const start = () => {
    referee.reset();
    time.startProcess();
    const started = startProgram({
      settings,
      accountId: ACCOUNT_ID,
      folder: world.folder,
      token: world.token,
      openDispatcher: world.network.openDispatcher(restarts),
      observer,
    });
    program = started;
    note('the program starts');
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
    restarts += 1;
    const process = restarts;
    time.inWorld(downMs, () => {
      if (process === restarts) start();
    });
  };
  const control: ProgramControl = {
    hangUp: () => program?.hangUp(),
    requestPass: () => program?.requestPass(),
    pauseWrites: (ms) => {
      if (program === null) return;
      const until = ms === null ? null : time.wallNow() + Math.ceil(ms);
      referee.onPause(until);
      program.pauseWrites(until);
    },
    resumeWrites: () => {
      referee.onResume();
      program?.resumeWrites();
    },
    moveWallClock: (ms) => {
      referee.onWallClock();
      time.moveWallClock(ms);
      referee.onWallClock();
    },
    onHang: referee.onHang,
    kill: (downMs) => {
      seen.add(program === null ? 'killed while down' : 'killed');
      kill(downMs);
    },
    stop: (downMs) => {
      const stopped = program;
      if (stopped === null) return;
      seen.add('stopped');
      referee.onStop();
      stopped.stop();
      const stuckMs = settings.grace_period + STOP_MS + referee.hungSince(time.now());
      time.inWorld(stuckMs, () => {
        if (program === stopped) broken('stop', `the program has not stopped after ${stuckMs} ms`);
        if (program === stopped || program === null) kill(downMs);
      });
    },
  };
  return { control, start, current: () => program, restarts: () => restarts };
}
