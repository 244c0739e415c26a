import { mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeConfigMap } from '../source/config-map.ts';
import { temporaryFolder } from '../source/folders.ts';
import { gitSync } from '../source/git-sync.ts';
import { git } from '../source/git.ts';
import { declaration, liveService, living } from './living.ts';
import type { Living } from './living.ts';

/*
 * The daemon's first promise: every change of the folder reaches the API, soon. Each change gives a service a port that it never
 * had, and the test waits for the PUT that brings it there.
 */

const ROUNDS = process.env['FULL'] === '1' ? 100 : 8;
const START = 1000;

/** Makes one change after the other and waits for each to arrive; prints the times where the long run asks for them. */
async function eachArrives(
  what: string,
  { arrival }: Living,
  change: (round: number) => Promise<number> | number,
): Promise<void> {
  const times: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const number = await change(round);
    const begun = performance.now();
    times.push((await arrival(number, START + round)) - begun);
  }
  expect(times).toHaveLength(ROUNDS);
  times.sort((a, b) => a - b);
  if (process.env['FULL'] === '1') {
    const [median, worst] = [times[Math.floor(times.length / 2)] ?? 0, times.at(-1) ?? 0];
    process.stdout.write(`${what}: ${ROUNDS} changes, median ${median.toFixed(0)} ms, worst ${worst.toFixed(0)} ms\n`);
  }
}

async function daemonOn(folder: string, services = 3): Promise<Living> {
  const alive = await living(folder, {
    services: Array.from({ length: services }, (_, number) => liveService(number, START)),
  });
  return alive;
}

test('a file written in place', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.yaml'), declaration(0, START));
  const alive = await daemonOn(folder);
  await eachArrives('write in place', alive, (round) => {
    writeFileSync(join(folder, 'web.yaml'), declaration(0, START + round));
    return 0;
  });
});

test('a temporary file renamed over the old one', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.yaml'), declaration(0, START));
  const alive = await daemonOn(folder);
  await eachArrives('temporary file and rename', alive, (round) => {
    writeFileSync(join(folder, '.web.yaml.swp'), declaration(0, START + round));
    renameSync(join(folder, '.web.yaml.swp'), join(folder, 'web.yaml'));
    return 0;
  });
});

test('a new file, and a deleted one', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.yaml'), declaration(1, START));
  const alive = await daemonOn(folder);
  await eachArrives('new file', alive, (round) => {
    writeFileSync(join(folder, `new-${round}.yaml`), declaration(0, START + round));
    if (round > 1) unlinkSync(join(folder, `new-${round - 1}.yaml`));
    return 0;
  });
});

test('a deleted file, seen by what it no longer forbids', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.yaml'), declaration(1, START));
  const alive = await daemonOn(folder);
  // While two files declare one service, neither holds; when one goes, the other does.
  await eachArrives('deleted file', alive, async (round) => {
    writeFileSync(join(folder, 'first.yaml'), declaration(0, START + round));
    writeFileSync(join(folder, 'second.yaml'), declaration(0, START));
    await alive.report(({ counts }) => counts.invalid === 2);
    unlinkSync(join(folder, 'second.yaml'));
    return 0;
  });
});

test('a folder renamed', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'team'));
  writeFileSync(join(folder, 'web.yaml'), declaration(1, START));
  const alive = await daemonOn(folder);
  await eachArrives('folder renamed', alive, (round) => {
    const next = join(folder, `.next-${round}`);
    mkdirSync(next);
    writeFileSync(join(next, 'web.yaml'), declaration(0, START + round));
    rmSync(join(folder, 'team'), { recursive: true });
    renameSync(next, join(folder, 'team'));
    return 0;
  });
});

test('the folder deleted and made again', async () => {
  const folder = join(temporaryFolder(), 'services');
  mkdirSync(folder);
  writeFileSync(join(folder, 'web.yaml'), declaration(0, START));
  const alive = await daemonOn(folder);
  await eachArrives('folder deleted and made again', alive, (round) => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'web.yaml'), declaration(0, START + round));
    return 0;
  });
});

test('a checkout of another commit with 200 files', async () => {
  const folder = temporaryFolder();
  git(folder, 'init', '--quiet');
  const commit = (round: number) => {
    for (let number = 0; number < 200; number += 1)
      writeFileSync(join(folder, `${number}.yaml`), declaration(number, START + round));
    git(folder, 'add', '--all');
    git(folder, 'commit', '--quiet', '--allow-empty', '--message', `round ${round}`);
    return git(folder, 'rev-parse', 'HEAD');
  };
  const commits = Array.from({ length: ROUNDS + 1 }, (_, round) => commit(round));
  git(folder, 'checkout', '--quiet', commits[0] ?? '');
  const alive = await daemonOn(folder, 200);
  await eachArrives('git checkout, 200 files', alive, (round) => {
    git(folder, 'checkout', '--quiet', commits[round] ?? '');
    return round % 200;
  });
});

test.for([
  { below: '', stale: 'removed' },
  { below: '', stale: 'kept' },
  { below: 'services', stale: 'removed' },
  { below: 'services', stale: 'kept' },
] as const)('a git-sync flip watched at root/link/$below, the old worktree $stale', async ({ below, stale }) => {
  const sync = gitSync(temporaryFolder());
  const publish = (round: number) =>
    sync.publish({ [join(below, 'web.yaml')]: declaration(0, START + round) }, { stale });
  publish(0);
  const alive = await daemonOn(join(sync.link, below));
  await eachArrives(`git-sync root/link/${below}, old worktree ${stale}`, alive, (round) => {
    publish(round);
    return 0;
  });
});

test('a ConfigMap flip, with keys that come and go', async () => {
  const folder = join(temporaryFolder(), 'config');
  const publish = (round: number) =>
    writeConfigMap(folder, {
      'web.yaml': declaration(0, START + round),
      [round % 2 === 0 ? 'even.yaml' : 'odd.yaml']: declaration(1, START),
    });
  publish(0);
  const alive = await daemonOn(folder);
  await eachArrives('ConfigMap', alive, (round) => {
    publish(round);
    return 0;
  });
});
