import { expect, test } from 'vitest';
import { pauseSwitch } from '../../src/daemon/pause-switch.ts';

const NOON = Date.parse('2027-01-31T12:00:00Z');

/** A switch whose clock the test sets. */
function switchAt(start: number) {
  let now = start;
  return { ...pauseSwitch(() => now), setTime: (time: number) => (now = time) };
}

test('holds until it is resumed', () => {
  const { current, pause, resume, setTime } = switchAt(NOON);
  expect(current()).toBeNull();
  pause({ until: null, reason: 'migration' });
  setTime(NOON + 1e9);
  expect(current()).toEqual({ since: '2027-01-31T12:00:00.000Z', until: null, reason: 'migration' });
  resume();
  expect(current()).toBeNull();
  resume();
  expect(current()).toBeNull();
});

test('ends by itself at its time', () => {
  const { current, pause, setTime } = switchAt(NOON);
  expect(pause({ until: NOON + 1000, reason: null })).toEqual({
    since: '2027-01-31T12:00:00.000Z',
    until: '2027-01-31T12:00:01.000Z',
    reason: null,
  });
  setTime(NOON + 999);
  expect(current()).not.toBeNull();
  setTime(NOON + 1000);
  expect(current()).toBeNull();
});

test('can be changed while it holds, and keeps its beginning', () => {
  const { current, pause, setTime } = switchAt(NOON);
  pause({ until: NOON + 1000, reason: null });
  setTime(NOON + 500);
  pause({ until: null, reason: 'longer' });
  setTime(NOON + 5000);
  expect(current()).toEqual({ since: '2027-01-31T12:00:00.000Z', until: null, reason: 'longer' });
});

test('aborts the writes that a pass is making, and none of a later pass', () => {
  const { pause, signal } = switchAt(NOON);
  const during = signal();
  expect(during.aborted).toBe(false);
  pause({ until: null, reason: 'migration' });
  expect(during.aborted).toBe(true);
  expect(String(during.reason)).toContain('paused: migration');
  expect(signal().aborted).toBe(false);
});
