import { expect, test } from 'vitest';
import { pauseSwitch } from '../../src/daemon/pause-switch.ts';
import { openFixture } from './pass-fixture.ts';
import { declaration, liveService } from './watching/web-service.ts';

const numbers = Array.from({ length: 12 }, (_, number) => number);
const lives = numbers.map((number) => liveService(number, 1000));
const documents = numbers.map((number) => `---\n${declaration(number, 2000)}`).join('');

test('a pass in progress begins no further write once all writes are paused', async () => {
  const pause = pauseSwitch(() => Date.parse('2026-01-02T03:04:05Z'));
  let puts = 0;
  const { write, pass, putCount } = await openFixture({
    services: lives,
    latencyMs: 50,
    client: { connections: 2 },
    pause,
    onRequest: ({ method }) => {
      if (method !== 'PUT') return;
      puts += 1;
      if (puts === 3) pause.pause({ until: null, reason: 'vendor migration' });
    },
  });
  write('all.yaml', documents);
  const report = await pass();
  // Two requests at a time: the one beside the third may have been sent already.
  expect(putCount()).toBeLessThanOrEqual(4);
  expect(report).toMatchObject({ outcome: 'partial', paused: null, error: null });
  expect(report.counts.updated).toBe(putCount());
  expect(report.services.filter(({ result }) => result === 'withheld').map(({ reason }) => reason)).toEqual(
    Array.from({ length: 12 - putCount() }, () => 'not started: paused: vendor migration'),
  );

  const paused = await pass();
  expect(paused).toMatchObject({ outcome: 'pending', paused: { reason: 'vendor migration', until: null } });
  pause.resume();
  expect(await pass()).toMatchObject({ outcome: 'converged', paused: null });
  expect(putCount()).toBe(12);
});

test('the end of a pause is the time of the next pass', async () => {
  const now = Date.parse('2026-01-02T03:04:05Z');
  const pause = pauseSwitch(() => now);
  const { write, pass } = await openFixture({ services: lives, pause });
  write('all.yaml', documents);
  pause.pause({ until: now + 60_000, reason: null });
  expect(await pass()).toMatchObject({ next_expiry: '2026-01-02T03:05:05.000Z' });
});
