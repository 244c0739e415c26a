import { expect, test } from 'vitest';
import type { HttpResponse } from '../../src/server/http-response.ts';
import { pauseWrites, resumeWrites } from '../../src/server/pause-writes.ts';
import type { PauseWritesOptions } from '../../src/server/pause-writes.ts';

const NOON = Date.parse('2027-01-31T12:00:00Z');
const TOKEN = 'right-token-0123';

/** Sends a request, and returns the answer with the calls that it caused. */
async function post(
  handle: (request: Parameters<typeof pauseWrites>[0], options: PauseWritesOptions) => Promise<HttpResponse>,
  query = '',
  token = TOKEN,
) {
  const calls: unknown[] = [];
  const { status, body } = await handle(
    { query: new URLSearchParams(query), headers: { authorization: `Bearer ${token}` } },
    {
      pause: (options) => {
        calls.push(options);
        return { since: 'now', until: options.until === null ? null : String(options.until), reason: options.reason };
      },
      resume: () => void calls.push('resume'),
      now: () => NOON,
      reconcileToken: async () => TOKEN,
    },
  );
  const json: unknown = JSON.parse(body);
  return { status, json, calls };
}

test.each([
  { query: '', until: null, reason: null },
  { query: 'reason=vendor+migration', until: null, reason: 'vendor migration' },
  { query: 'for=2h', until: NOON + 7_200_000, reason: null },
  { query: 'until=2027-02-01', until: Date.parse('2027-02-01T00:00:00Z'), reason: null },
  { query: 'until=2027-01-31T14:00:00%2B01:00&reason=x', until: NOON + 3_600_000, reason: 'x' },
])('pauses with ?$query', async ({ query, until, reason }) => {
  expect(await post(pauseWrites, query)).toEqual({
    status: 200,
    json: { paused: { since: 'now', until: until === null ? null : String(until), reason } },
    calls: [{ until, reason }],
  });
});

test.each([
  { query: 'for=soon', error: 'for: expected a duration such as 30m or 2h, found "soon"' },
  { query: 'for=0', error: 'for: expected a duration such as 30m or 2h, found "0"' },
  {
    query: 'until=tomorrow',
    error:
      'until: expected a date such as 2027-01-31, or a time with its zone such as 2027-01-31T06:00:00Z, found "tomorrow"',
  },
  { query: 'until=2027-01-31T12:00:00Z', error: 'until: expected a time in the future, found "2027-01-31T12:00:00Z"' },
  { query: 'until=2027-02-01&for=2h', error: 'expected for or until, found both' },
  { query: `reason=${'x'.repeat(201)}`, error: 'reason: expected at most 200 characters, found 201' },
])('refuses ?$query', async ({ query, error }) => {
  expect(await post(pauseWrites, query)).toEqual({ status: 400, json: { error }, calls: [] });
});

test('resumes', async () => {
  expect(await post(resumeWrites)).toEqual({ status: 200, json: { paused: null }, calls: ['resume'] });
});

test.each([
  ['pause', pauseWrites],
  ['resume', resumeWrites],
] as const)('does not %s without the token', async (_, handle) => {
  expect(await post(handle, '', 'wrong-token-0123')).toMatchObject({ status: 401, calls: [] });
});
