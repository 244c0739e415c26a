import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../source/folders.ts';
import { startDaemon } from './running-daemon.ts';
import { declaration, liveService } from './web-service.ts';

const FILES = process.env['FULL'] === '1' ? 10_000 : 1000;

test('reads thousands of files at startup and applies a change to one of them', async () => {
  const folder = temporaryFolder();
  for (let number = 0; number < FILES; number += 1) {
    writeFileSync(join(folder, `${number}.yaml`), declaration(number, 1000));
  }
  // An account holds at most 1,000 services, so in a full run the other declarations are missing.
  const start = performance.now();
  const daemon = await startDaemon(folder, {
    services: Array.from({ length: 1000 }, (_, number) => liveService(number, number === 0 ? 1001 : 1000)),
  });
  await daemon.untilUpdated(0, 1000);
  const readyMs = performance.now() - start;

  const times: number[] = [];
  for (let port = 1002; port < 1012; port += 1) {
    const before = performance.now();
    writeFileSync(join(folder, '0.yaml'), declaration(0, port));
    times.push((await daemon.untilUpdated(0, port)) - before);
  }
  expect(daemon.reports[0]).toMatchObject({ source: { files: FILES }, counts: { declared: FILES, live: 1000 } });
  times.sort((a, b) => a - b);
  if (process.env['FULL'] === '1') {
    const memory = Math.round(process.memoryUsage().rss / 1e6);
    process.stdout.write(
      `${FILES} files: first PUT after ${Math.round(readyMs)} ms (first pass ${daemon.reports[0]?.duration_ms} ms), one file changed: median ${Math.round(times[5] ?? 0)} ms, worst ${Math.round(times.at(-1) ?? 0)} ms, ${memory} MB including the test\n`,
    );
  }
});
