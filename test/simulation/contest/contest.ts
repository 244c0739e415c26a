/*
 * Two copies of the program that reconcile one account, in simulated time:
 *
 *   node test/simulation/contest/contest.ts '{"services":30,"contested":20}'
 *
 * Prints the writes and reports of each copy, as JSON.
 */
import { settingsSchema } from '../../../src/config/settings.ts';
import { noConditions, observe } from '../../../src/core/report/notifications/transitions.ts';
import type { Conditions } from '../../../src/core/report/notifications/transitions.ts';
import type { Report } from '../../../src/core/report/report.ts';
import { startProgram } from '../program.ts';
import type { Program } from '../program.ts';
import { randomOf } from '../time/random.ts';
import { installVirtualTime } from '../time/virtual-time.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { inNotationOfApi, worldAccount } from '../world/account.ts';
import { worldApi } from '../world/api.ts';
import type { Commit } from '../world/files.ts';
import { worldFolder } from '../world/folder.ts';
import { worldNetwork } from '../world/network.ts';
import { idOf, newService, toValue } from '../world/service.ts';
import type { Wanted } from '../world/service.ts';
import { worldToken } from '../world/token.ts';
import { ACCOUNT_ID } from '../world/world.ts';

export type ContestOptions = {
  readonly seed: number;
  readonly services: number;
  /** How many services have one field that the two copies declare differently. */
  readonly contested: number;
  readonly interval: string;
  /** How long both copies run, in minutes. */
  readonly minutes: number;
  /** How long the first one runs after that, without the second. */
  readonly minutesAlone: number;
};

/** The result of one copy. Times are in minutes. */
export type Contestant = {
  readonly passes: number;
  /** When each write of a service was sent, by its name. */
  readonly writes: Readonly<Record<string, readonly number[]>>;
  /** The notifications: `20 contested drift_found service-1`. */
  readonly events: readonly string[];
  /** The contested services of the last report: how often they were changed back, and since when. */
  readonly contested: Readonly<Record<string, { readonly times: number; readonly since: number }>>;
  /** The value of `vpc_reconciler_contested_services`. */
  readonly metric: number;
};

const MINUTE = 60_000;
/** How long after the first copy the second one starts. */
const DELAY_MS = 100_000;

/** Lets two copies of the program fight. */
export async function contest(options: ContestOptions): Promise<readonly Contestant[]> {
  const time = installVirtualTime(options.seed);
  try {
    const random = randomOf(options.seed, 'contest');
    const declared = Array.from({ length: options.services }, (_, index): Wanted => {
      return { ...newService(idOf(index), `service-${index}`, random), type: 'tcp', tcpPort: 5432 };
    });
    const others = declared.map((each, index) => (index < options.contested ? { ...each, tcpPort: 5433 } : each));
    const account = worldAccount(time);
    for (const service of declared) account.set(service.id, inNotationOfApi(toValue(service), random));
    const token = worldToken(time);
    const api = worldApi(time, account, ACCOUNT_ID, randomOf(options.seed, 'api'));
    api.conditions.tokens.add(token.current());
    const contestants = [declared, others].map((services) => watchContestant(services, time));
    const network = worldNetwork({
      time,
      api,
      randomFor: (request) => randomOf(options.seed, 'request', request),
      observer: {
        onSend: ({ method, id, process }) => {
          if (method !== 'GET') contestants[process]?.onWrite(id ?? '');
        },
        onArrive: () => {},
        onHeaders: () => {},
        onEnd: () => {},
        onFault: () => {},
      },
    });
    const settings = settingsSchema.parse({ services: '/services', interval: options.interval, log_format: 'json' });
    time.startProcess();
    const start = (index: number) => {
      const contestant = contestants[index];
      if (contestant === undefined) return;
      contestant.program = startProgram({
        settings,
        accountId: ACCOUNT_ID,
        folder: worldFolder({
          time,
          first: contestant.commit,
          values: [],
          random: randomOf(options.seed, 'folder', index),
        }),
        token,
        openDispatcher: network.openDispatcher(index),
        observer: {
          onLine: () => {},
          onReport: contestant.onReport,
          onPhase: () => {},
          onPrevented: () => {},
          onBug: (error) => {
            throw error;
          },
        },
      });
    };
    start(0);
    time.inWorld(DELAY_MS, () => start(1));
    await time.runUntil(options.minutes * MINUTE, () => {});
    contestants[1]?.program?.stop();
    await time.runUntil((options.minutes + options.minutesAlone) * MINUTE, () => {});
    return await Promise.all(contestants.map(async (contestant) => contestant.result()));
  } finally {
    time.killProcess();
    time.uninstall();
  }
}

/** Records what one copy does. */
function watchContestant(services: readonly Wanted[], time: VirtualTime) {
  const path = 'all.yaml';
  const commit: Commit = new Map([[path, { path, services, values: null, fault: null }]]);
  const names = new Map(services.map(({ id, name }) => [id, name]));
  const startedAt = time.wallNow();
  const writes: Record<string, number[]> = {};
  const events: string[] = [];
  let contested: Contestant['contested'] = {};
  let conditions: Conditions = noConditions;
  let passes = 0;
  const minute = () => Math.round(time.now() / MINUTE);
  return {
    commit,
    program: null as Program | null,
    onWrite: (id: string) => {
      (writes[names.get(id) ?? id] ??= []).push(minute());
    },
    onReport: (report: Report) => {
      passes += 1;
      const observation = observe(conditions, report);
      ({ conditions } = observation);
      for (const { event, service } of observation.transitions)
        events.push(`${minute()} ${event} ${service?.name ?? ''}`);
      contested = Object.fromEntries(
        report.services.flatMap(({ name, contested: each }) => {
          if (each == null) return [];
          return [[name, { times: each.times, since: Math.round((Date.parse(each.since) - startedAt) / MINUTE) }]];
        }),
      );
    },
    async result(): Promise<Contestant> {
      const text = (await this.program?.metrics()) ?? '';
      const metric = Number(/^vpc_reconciler_contested_services (\d+)$/m.exec(text)?.[1]);
      return { passes, writes, events, contested, metric };
    },
  };
}

const DEFAULTS: ContestOptions = {
  seed: 1,
  services: 30,
  contested: 1,
  interval: '5m',
  minutes: 60,
  minutesAlone: 0,
};

if (import.meta.main) {
  const given: Partial<ContestOptions> = JSON.parse(process.argv[2] ?? '{}');
  process.stdout.write(`${JSON.stringify(await contest({ ...DEFAULTS, ...given }))}\n`);
}
