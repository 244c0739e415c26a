import { mkdirSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeConfigMap } from '../../source/config-map.ts';
import { temporaryFolder } from '../../source/folders.ts';
import { gitSync } from '../../source/git-sync.ts';
import { git } from '../../source/git.ts';
import { startDaemon } from './running-daemon.ts';
import type { RunningDaemon } from './running-daemon.ts';
import { declaration, liveService } from './web-service.ts';

/*
 * Every change in the folder soon reaches the API. Each change declares a port that the service never had, and the test waits for the
 * PUT that sets it.
 */

const ROUNDS = process.env['FULL'] === '1' ? 100 : 8;
const START = 1000;

/** Makes changes one by one and waits for each update. Prints the times in a full run. */
async function expectEachApplied(
  what: string,
  { untilUpdated }: RunningDaemon,
  change: (round: number) => Promise<number> | number,
): Promise<void> {
  const times: number[] = [];
  for (let round = 1; round <= ROUNDS; round += 1) {
    const number = await change(round);
    const changedAt = performance.now();
    times.push((await untilUpdated(number, START + round)) - changedAt);
  }
  expect(times).toHaveLength(ROUNDS);
  times.sort((a, b) => a - b);
  if (process.env['FULL'] === '1') {
    const [median, worst] = [times[Math.floor(times.length / 2)] ?? 0, times.at(-1) ?? 0];
    process.stdout.write(`${what}: ${ROUNDS} changes, median ${median.toFixed(0)} ms, worst ${worst.toFixed(0)} ms\n`);
  }
}

async function daemonOn(folder: string, services = 3): Promise<RunningDaemon> {
  return startDaemon(folder, {
    services: Array.from({ length: services }, (_, number) => liveService(number, START)),
  });
}

test('applies a file that is written in place', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.yaml'), declaration(0, START));
  const daemon = await daemonOn(folder);
  await expectEachApplied('write in place', daemon, (round) => {
    writeFileSync(join(folder, 'web.yaml'), declaration(0, START + round));
    return 0;
  });
});

test('applies a file that is replaced by renaming a temporary file', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.yaml'), declaration(0, START));
  const daemon = await daemonOn(folder);
  await expectEachApplied('temporary file and rename', daemon, (round) => {
    writeFileSync(join(folder, '.web.yaml.swp'), declaration(0, START + round));
    renameSync(join(folder, '.web.yaml.swp'), join(folder, 'web.yaml'));
    return 0;
  });
});

test('applies a new file while another is deleted', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.yaml'), declaration(1, START));
  const daemon = await daemonOn(folder);
  await expectEachApplied('new file', daemon, (round) => {
    writeFileSync(join(folder, `new-${round}.yaml`), declaration(0, START + round));
    if (round > 1) unlinkSync(join(folder, `new-${round - 1}.yaml`));
    return 0;
  });
});

test('applies a declaration once its duplicate is deleted', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'web.yaml'), declaration(1, START));
  const daemon = await daemonOn(folder);
  // While two files declare the same service, both are skipped.
  await expectEachApplied('deleted file', daemon, async (round) => {
    writeFileSync(join(folder, 'first.yaml'), declaration(0, START + round));
    writeFileSync(join(folder, 'second.yaml'), declaration(0, START));
    await daemon.nextReport(({ counts }) => counts.invalid === 2);
    unlinkSync(join(folder, 'second.yaml'));
    return 0;
  });
});

test('applies a file in a folder that is replaced by renaming another', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'team'));
  writeFileSync(join(folder, 'web.yaml'), declaration(1, START));
  const daemon = await daemonOn(folder);
  await expectEachApplied('folder renamed', daemon, (round) => {
    const next = join(folder, `.next-${round}`);
    mkdirSync(next);
    writeFileSync(join(next, 'web.yaml'), declaration(0, START + round));
    rmSync(join(folder, 'team'), { recursive: true });
    renameSync(next, join(folder, 'team'));
    return 0;
  });
});

test('applies a file after its folder was deleted and created again', async () => {
  const folder = join(temporaryFolder(), 'services');
  mkdirSync(folder);
  writeFileSync(join(folder, 'web.yaml'), declaration(0, START));
  const daemon = await daemonOn(folder);
  await expectEachApplied('folder deleted and created again', daemon, (round) => {
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    writeFileSync(join(folder, 'web.yaml'), declaration(0, START + round));
    return 0;
  });
});

test('applies a git checkout that changes 200 files', async () => {
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
  const daemon = await daemonOn(folder, 200);
  await expectEachApplied('git checkout, 200 files', daemon, (round) => {
    git(folder, 'checkout', '--quiet', commits[round] ?? '');
    return round % 200;
  });
});

test.for([
  { below: '', stale: 'removed' },
  { below: '', stale: 'kept' },
  { below: 'services', stale: 'removed' },
  { below: 'services', stale: 'kept' },
] as const)(
  'applies a git-sync update watched at root/link/$below, with the old worktree $stale',
  async ({ below, stale }) => {
    const sync = gitSync(temporaryFolder());
    const publish = (round: number) =>
      sync.publish({ [join(below, 'web.yaml')]: declaration(0, START + round) }, { stale });
    publish(0);
    const daemon = await daemonOn(join(sync.link, below));
    await expectEachApplied(`git-sync root/link/${below}, old worktree ${stale}`, daemon, (round) => {
      publish(round);
      return 0;
    });
  },
);

test('applies a ConfigMap update that adds and removes keys', async () => {
  const folder = join(temporaryFolder(), 'config');
  const publish = (round: number) =>
    writeConfigMap(folder, {
      'web.yaml': declaration(0, START + round),
      [round % 2 === 0 ? 'even.yaml' : 'odd.yaml']: declaration(1, START),
    });
  publish(0);
  const daemon = await daemonOn(folder);
  await expectEachApplied('ConfigMap', daemon, (round) => {
    publish(round);
    return 0;
  });
});

test('reports a commit that changes none of the declarations, and sends no update for it', async () => {
  const sync = gitSync(temporaryFolder());
  const files = { 'web.yaml': declaration(0, START) };
  sync.publish({ ...files, 'README.md': 'one' });
  const daemon = await daemonOn(sync.link, 1);
  for (const text of ['two', 'three']) {
    const revision = sync.publish({ ...files, 'README.md': text });
    expect(await daemon.nextReport(({ source }) => source.revision === revision)).toMatchObject({
      outcome: 'in_sync',
      api: { requests: 1 },
    });
  }
});
