import { expect, test } from 'vitest';
import { requestPass } from '../../src/server/request-pass.ts';
import type { RequestPassOptions } from '../../src/server/request-pass.ts';
import { inSync } from './page-states.ts';

const report = inSync.latest;

async function post(
  options: Partial<RequestPassOptions>,
  { query = '', authorization = 'Bearer right-token-0123' } = {},
): Promise<{ readonly status: number; readonly json: unknown; readonly passes: number }> {
  let passes = 0;
  const defaults: RequestPassOptions = {
    requestPass: async () => {
      passes += 1;
      return report;
    },
    reconcileToken: async () => 'right-token-0123',
  };
  const request = { query: new URLSearchParams(query), headers: { authorization } };
  const { status, body } = await requestPass(request, { ...defaults, ...options });
  return { status, json: JSON.parse(body), passes };
}

test('starts a pass and responds at once', async () => {
  expect(await post({})).toEqual({ status: 202, json: { accepted: true }, passes: 1 });
});

test('responds with the report when asked to wait', async () => {
  expect(await post({}, { query: 'wait=true' })).toEqual({ status: 200, json: report, passes: 1 });
});

test.for<{ reason: string; options?: Partial<RequestPassOptions>; request?: object; status: number; error: string }>([
  {
    reason: 'requests are turned off',
    options: { reconcileToken: null },
    status: 403,
    error: 'requests that need a token are turned off; set reconcile_token or reconcile_token_file to turn them on',
  },
  {
    reason: 'the token file holds no token',
    options: { reconcileToken: async () => null },
    status: 503,
    error: 'reconcile_token_file holds no token; requests that need one are refused until it does',
  },
  {
    reason: 'the token is wrong',
    request: { authorization: 'Bearer wrong-token-0123' },
    status: 401,
    error: 'expected the header "Authorization: Bearer TOKEN" with the reconcile token',
  },
  {
    reason: 'the header is missing',
    request: { authorization: '' },
    status: 401,
    error: 'expected the header "Authorization: Bearer TOKEN" with the reconcile token',
  },
  {
    reason: 'the parameter is invalid',
    request: { query: 'wait=yes' },
    status: 400,
    error: 'wait: expected "true" or "false"',
  },
])('refuses when $reason', async ({ options = {}, request = {}, status, error }) => {
  expect(await post(options, request)).toEqual({ status, json: { error }, passes: 0 });
});

test.for([{ requestPass: () => null }, { requestPass: async () => null }])(
  'refuses when the process is shutting down',
  async ({ requestPass: stopping }) => {
    const refusal = { status: 503, json: { error: 'no pass will start: the process is shutting down' }, passes: 0 };
    expect(await post({ requestPass: stopping }, { query: 'wait=true' })).toEqual(refusal);
  },
);
