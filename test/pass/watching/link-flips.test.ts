import { execFile } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../source/folders.ts';
import { startDaemon } from './running-daemon.ts';
import { declaration, liveService } from './web-service.ts';

const MILLISECONDS = process.env['FULL'] === '1' ? 30_000 : 3000;

test('never mixes two commits in one pass while git-sync switches between them, and applies the last one', async () => {
  const root = temporaryFolder();
  const first = join(root, '.worktrees', '1001'.repeat(10));
  mkdirSync(first, { recursive: true });
  const numbers = Array.from({ length: 200 }, (_, number) => number);
  for (const number of numbers) writeFileSync(join(first, `${number}.yaml`), declaration(number, 1001));
  symlinkSync(first, join(root, 'link'));
  const daemon = await startDaemon(join(root, 'link'), {
    services: numbers.map((number) => liveService(number, 1000)),
  });

  const flipLink = new URL('flip-link.ts', import.meta.url).pathname;
  const { stdout: lastMark } = await promisify(execFile)(process.execPath, [flipLink, root, String(MILLISECONDS)]);
  await expect
    .poll(() => new Set(daemon.emulator.services().map((service) => service['http_port'])), { timeout: 10_000 })
    .toEqual(new Set([Number(lastMark)]));

  const read = daemon.reports.filter(({ error }) => error === null);
  expect(read.length).toBeGreaterThan(0);
  for (const [index, { counts, services, source }] of read.entries()) {
    const marks = new Set(services.flatMap(({ changes }) => changes.map(({ declared }) => declared)));
    expect(marks.size).toBeLessThanOrEqual(1);
    // The two commits differ in every file, so after a whole pass, the next one finds either no drift or drift in every service.
    if (read[index - 1]?.superseded !== true) expect([0, 200]).toContain(counts.drifted);
    for (const mark of marks) expect(source.revision).toBe(JSON.stringify(mark).repeat(10));
  }
  if (process.env['FULL'] === '1') {
    const failed = daemon.reports.length - read.length;
    process.stdout.write(
      `link switched every 40 ms for ${MILLISECONDS} ms: ${read.length} passes, ${failed} of them could not read\n`,
    );
  }
});
