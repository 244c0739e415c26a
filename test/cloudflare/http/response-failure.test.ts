import { expect, test } from 'vitest';
import type { FailureKind } from '../../../src/core/base/failure.ts';
import { directoryAt, failed, live, never, web } from '../client.ts';
import { refusal, replying } from '../server.ts';
import type { Reply } from '../server.ts';

const html = '<!DOCTYPE html><title>Bad gateway</title>';
const page = 'the response is a web page, "Bad gateway", and not in the format of the Cloudflare API (no content type)';

type Case = Reply & {
  readonly status: number;
  readonly reason?: string;
  readonly kind: FailureKind;
  readonly code?: number;
  /** The rest of the message, after the status. */
  readonly message?: string;
};

const checkAddress = 'check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_BASE_URL';
const empty = 'the response is not in the format of the Cloudflare API (no content type, empty)';
const checkBaseUrl = 'if this persists, check CLOUDFLARE_BASE_URL';
const noRay = 'a firewall or proxy between this machine and Cloudflare blocked the request: the response has no CF-Ray';
const checkToken =
  'check the credential: updates need the permission "Connectivity Directory Admin", a plan needs "Connectivity Directory Read"';

test.each<Case>([
  {
    status: 400,
    body: refusal(5101, 'Tunnel ID Not Found'),
    kind: 'rejected',
    code: 5101,
    message: ', code 5101: Tunnel ID Not Found',
  },
  { status: 400, body: refusal(5102, 'malformed'), kind: 'rejected', code: 5102, message: ', code 5102: malformed' },
  { status: 400, body: html, kind: 'rejected', message: `: ${page}` },
  { status: 400, body: { success: false }, kind: 'rejected', message: ': the response does not say why' },
  {
    status: 400,
    body: refusal(6003, 'Invalid request headers'),
    kind: 'denied',
    code: 6003,
    reason: 'a malformed token',
  },
  { status: 400, body: refusal(9109, 'Invalid access token'), kind: 'denied', code: 9109 },
  {
    status: 401,
    body: refusal(10_000, 'Authentication error'),
    kind: 'denied',
    code: 10_000,
    message: `, code 10000: Authentication error; ${checkToken}`,
  },
  { status: 401, kind: 'denied', message: `: ${empty}; ${noRay}` },
  {
    status: 403,
    body: refusal(10_000, 'Forbidden'),
    kind: 'denied',
    code: 10_000,
    message: `, code 10000: Forbidden; ${checkToken}; the credential may also belong to another account: check CLOUDFLARE_ACCOUNT_ID`,
  },
  ...[7000, 7001, 7003].map((code) => ({
    status: 400,
    body: refusal(code, 'Could not route'),
    kind: 'denied' as const,
    code,
    message: `, code ${code}: Could not route; ${checkAddress}`,
  })),
  ...[9107, 10_001].map((code) => ({
    status: 400,
    body: refusal(code, 'Unable to authenticate request'),
    kind: 'denied' as const,
    code,
    message: `, code ${code}: Unable to authenticate request; ${checkToken}`,
  })),
  {
    status: 400,
    body: refusal(6003, 'Invalid request headers', {
      error_chain: [{ code: 6111, message: 'Invalid format for Authorization header' }, 'garbage', { code: 'x' }],
    }),
    kind: 'denied',
    code: 6003,
    reason: 'a malformed token, with the causes',
    message:
      ', code 6003: Invalid request headers: Invalid format for Authorization header (code 6111); the credential does not have the form of one: copy it again, without quotes and spaces',
  },
  {
    status: 400,
    body: refusal(5102, 'invalid json', { error_chain: [{ message: 'missing field' }] }),
    kind: 'rejected',
    code: 5102,
    reason: 'a cause without a code',
    message: ', code 5102: invalid json: missing field',
  },
  {
    status: 400,
    body: { ...refusal(5102, ''), errors: [{ code: 5102, error_chain: [{ code: 1, message: 'missing field' }] }] },
    kind: 'rejected',
    code: 5102,
    reason: 'only a cause',
    message: ', code 5102: missing field (code 1)',
  },
  { status: 403, body: html, kind: 'denied', message: `: ${page}; ${noRay}`, reason: 'a page of a proxy' },
  {
    status: 403,
    headers: { 'content-type': 'text/html; charset=UTF-8', 'cf-ray': '8f1c0b2a3d4e5f60-FRA' },
    body: '<html><head>\n<title>\n Attention Required!\n | Cloudflare</title></head>',
    kind: 'denied',
    reason: 'a page of the firewall',
    message:
      ': the response is a web page, "Attention Required! | Cloudflare", and not in the format of the Cloudflare API (content type "text/html; charset=UTF-8"); the edge of Cloudflare blocked the request before it reached the API (CF-Ray 8f1c0b2a3d4e5f60-FRA)',
  },
  {
    status: 403,
    headers: { 'content-type': 'text/html', 'cf-mitigated': 'challenge', 'cf-ray': '8f1c0b2a3d4e5f60-FRA' },
    body: '<!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title>',
    kind: 'denied',
    reason: 'a challenge',
    message:
      ': the response is a web page, "Just a moment...", and not in the format of the Cloudflare API (content type "text/html"); the edge of Cloudflare asked for a browser before the request reached the API (CF-Ray 8f1c0b2a3d4e5f60-FRA)',
  },
  {
    status: 404,
    body: refusal(5104, 'Service not found'),
    kind: 'rejected',
    code: 5104,
    message: ', code 5104: Service not found',
  },
  {
    status: 404,
    body: refusal(7003, 'Could not route'),
    kind: 'denied',
    code: 7003,
    message: `, code 7003: Could not route; ${checkAddress}`,
  },
  {
    status: 404,
    body: html,
    kind: 'denied',
    message: `: ${page}; ${checkAddress}`,
  },
  { status: 409, body: refusal(1000, 'conflict'), kind: 'rejected', code: 1000 },
  { status: 413, kind: 'rejected' },
  { status: 408, kind: 'transient' },
  {
    status: 429,
    body: refusal(10_429, 'slow down'),
    kind: 'transient',
    code: 10_429,
    message: ', code 10429: slow down',
  },
  { status: 429, body: html, kind: 'transient' },
  { status: 500, body: refusal(1000, 'internal error'), kind: 'transient', code: 1000 },
  { status: 502, body: html, kind: 'transient', message: `: ${page}` },
  { status: 503, kind: 'transient' },
  { status: 520, body: 'error code: 520', kind: 'transient' },
  { status: 524, body: html, kind: 'transient' },
  { status: 527, kind: 'transient' },
  {
    status: 301,
    headers: { location: '/elsewhere' },
    kind: 'denied',
    message: `: ${empty}; the redirect is not followed: check CLOUDFLARE_BASE_URL`,
  },
  {
    status: 307,
    headers: { location: 'https://elsewhere.example/?login' },
    kind: 'denied',
    message: `: ${empty}; the redirect to elsewhere.example is not followed: check CLOUDFLARE_BASE_URL`,
  },
  {
    status: 200,
    body: refusal(5101, "Service name 'web' already exists"),
    kind: 'rejected',
    code: 5101,
    message: ", code 5101: Service name 'web' already exists",
  },
  {
    status: 200,
    body: refusal(10_000, 'Authentication error'),
    kind: 'denied',
    code: 10_000,
    message: `, code 10000: Authentication error; ${checkToken}`,
  },
  { status: 200, body: refusal(1000, 'unexpected'), kind: 'transient', code: 1000 },
  {
    status: 200,
    body: { success: false, errors: [], result: null },
    kind: 'transient',
    message: ': the response does not say why',
  },
  { status: 200, body: html, kind: 'transient', message: `: ${page}; ${checkBaseUrl}` },
  { status: 200, body: '', kind: 'transient', message: `: ${empty}; ${checkBaseUrl}` },
  { status: 200, body: '{"success": true, "result": [', kind: 'transient' },
  {
    status: 200,
    headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'lzma' },
    body: 'odd',
    kind: 'transient',
    message: `: the response cannot be read, because its content coding is not supported (content type "application/x-protobuf", coding "lzma"); ${checkBaseUrl}`,
  },
  { status: 200, body: '[]', kind: 'transient' },
  { status: 200, body: 'null', kind: 'transient' },
  { status: 200, body: { result: [] }, kind: 'transient', reason: 'the success flag is absent' },
  { status: 200, body: { success: 'true', result: [] }, kind: 'transient' },
  { status: 204, kind: 'transient' },
])('treats HTTP $status with code $code as $kind', async ({ kind, code = null, message, ...reply }) => {
  const { url, seen } = await replying(reply);
  const directory = directoryAt(url, { attempts: 2 });
  for (const call of [directory.list(never), directory.update(live(web()), {}, never)]) {
    const { failure, attempts } = await failed(call);
    expect(failure).toMatchObject({ kind, code, status: reply.status });
    if (message !== undefined) expect(failure.message).toBe(`HTTP ${reply.status}${message}`);
    expect(attempts).toBe(kind === 'transient' ? 2 : 1);
  }
  expect(seen.map(({ url }) => url)).not.toContain('/elsewhere');
  expect(seen).toHaveLength(kind === 'transient' ? 4 : 2);
});

test('a redirect from the address of the API itself comes from something on the way', async () => {
  const { url } = await replying({ status: 302, headers: { location: 'https://login.example/portal' } });
  const origin = { credential: 'CLOUDFLARE_API_TOKEN', baseUrl: null };
  const { failure } = await failed(directoryAt(url, { origin }).list(never));
  expect(failure.message).toContain(
    '; the redirect to login.example is not followed: a proxy, firewall or captive portal on the way may ask for a login',
  );
});
