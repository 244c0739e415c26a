import {
  cpSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { monotonicMs } from './accounts.ts';
import { settingsWith } from './contenders.ts';
import { DAEMON_LINE } from './context.ts';
import type { Bench, BenchContext } from './context.ts';
import { REPORT, startDaemon } from './daemons.ts';
import { atMost, figure } from './figures.ts';
import type { Figure } from './figures.ts';
import { material } from './material.ts';
import { environmentFor } from './processes.ts';

/** A way to change the content of a file in the folder. */
type Way = { readonly name: string; readonly change: (place: Place, content: string) => number };

type Place = {
  /** The watched folder. */
  readonly folder: string;
  /** Its parent folder. */
  readonly root: string;
  readonly file: string;
  readonly times: number;
};

/** Each returns the time when the change became visible. */
const WAYS: readonly Way[] = [
  {
    name: 'written in place',
    change: ({ folder, file }, content) => {
      writeFileSync(join(folder, file), content);
      return monotonicMs();
    },
  },
  {
    name: 'renamed over it',
    change: ({ folder, file }, content) => {
      writeFileSync(join(folder, `${file}.tmp`), content);
      renameSync(join(folder, `${file}.tmp`), join(folder, file));
      return monotonicMs();
    },
  },
  {
    // https://github.com/kubernetes/git-sync publishes like this, and removes the old worktree immediately.
    name: 'git-sync publishes a commit',
    change: ({ folder, root, file, times }, content) => {
      const old = join(root, readlinkSync(folder));
      const hash = String(times).padStart(40, '0');
      const fresh = join(root, '.worktrees', hash);
      cpSync(old, fresh, { recursive: true });
      writeFileSync(join(fresh, file), content);
      symlinkSync(join('.worktrees', hash), join(root, 'tmp-link'));
      renameSync(join(root, 'tmp-link'), folder);
      const at = monotonicMs();
      const now = new Date();
      utimesSync(old, now, now);
      rmSync(old, { recursive: true });
      return at;
    },
  },
];

/** Measures the time from a change on disk until its PUT reaches the API. */
export const arrival: Bench = async (context) => {
  const figures: Figure[] = [];
  for (const services of context.quick ? [20] : [10, 1000]) {
    for (const way of WAYS) figures.push(await measure(way, services, context));
  }
  const published = figures.filter(({ contender }) => contender === WAYS[2]?.name);
  return {
    name: 'arrival',
    title: 'From a change on disk to its PUT',
    figures,
    aims: context.quick
      ? []
      : published.map(({ cell, median }) => atMost(`commit on disk → PUT arrives, ${cell}`, median, 30, ' ms')),
  };
};

async function measure({ name, change }: Way, services: number, context: BenchContext): Promise<Figure> {
  const { quick, bundle, accounts, newFolder, announce } = context;
  announce(`a change on disk until its PUT: ${name}, ${services} services`);
  const root = newFolder();
  const first = join(root, '.worktrees', '0'.repeat(40));
  const { live, tunnels } = material(first, { services, changes: 0 });
  const folder = join(root, 'link');
  if (name.includes('git-sync')) symlinkSync(join('.worktrees', '0'.repeat(40)), folder);
  else {
    mkdirSync(folder);
    cpSync(first, folder, { recursive: true });
  }
  const account = await accounts.open({ services: live, tunnels, latencyMs: 0 });
  const daemon = startDaemon([bundle, ...DAEMON_LINE, `--services=${folder}`], environmentFor(account));
  await daemon.logged({ event: REPORT, trigger: 'startup', outcome: 'in_sync' });

  const { settle } = settingsWith({});
  const file = `service-${services - 8}.yaml`;
  const content = readFileSync(join(folder, file), 'utf8');
  const times: number[] = [];
  const [repeats, warmUp] = quick ? [2, 0] : [35, 3];
  for (let repeat = -warmUp; repeat < repeats; repeat += 1) {
    const place = { folder, root, file, times: repeat + warmUp + 1 };
    const next = `${content}# ${repeat}\n`.replace(/^(name: .*)$/m, `$1-${repeat + warmUp}`);
    await account.take();
    const at = change(place, next);
    const arrived = await account.arrival('PUT', 1);
    if (repeat >= 0) times.push(arrived - at - settle);
    await daemon.logged({ event: REPORT, trigger: 'change', outcome: 'converged' });
    // Later events of this change must not count for the next one.
    await sleep(quick ? 50 : 500);
  }
  await daemon.end();
  rmSync(root, { recursive: true });
  return figure(`${services} services, without the settle time of ${settle} ms`, name, times);
}
