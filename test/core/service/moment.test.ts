import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { MOMENT_PATTERN, parseMoment } from '../../../src/core/service/moment.ts';

const digits = (number: number) => String(number).padStart(2, '0');

test('parses every date and time that JavaScript writes, also in other zones', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0100-01-01'), max: new Date('9000-01-01'), noInvalidDate: true }),
      fc.integer({ min: -14 * 60, max: 14 * 60 }),
      (date, zone) => {
        const text = date.toISOString();
        expect(parseMoment(text)).toBe(date.getTime());
        expect(parseMoment(text.slice(0, 10))).toBe(Date.parse(text.slice(0, 10)));
        const local = new Date(date.getTime() + zone * 60_000).toISOString().slice(0, -1);
        const suffix = `${zone < 0 ? '-' : '+'}${digits(Math.trunc(Math.abs(zone) / 60))}:${digits(Math.abs(zone) % 60)}`;
        expect(parseMoment(local + suffix)).toBe(date.getTime());
        expect(new RegExp(MOMENT_PATTERN).test(local + suffix)).toBe(true);
      },
    ),
  );
});

test.for([
  '',
  'soon',
  '2027',
  '2027-02-30',
  '2027-13-01',
  '2027-01-31T06:00:00',
  '2027-01-31T06:00Z',
  '2027-01-31T25:00:00Z',
  '31.01.2027',
])('does not parse %j', (text) => {
  expect(parseMoment(text)).toBeNull();
});

test('knows leap days', () => {
  expect(parseMoment('2028-02-29')).toBe(Date.UTC(2028, 1, 29));
});
