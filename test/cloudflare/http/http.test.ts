import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { Credentials } from '../../../src/core/base/credentials.ts';
import { failure, FailureError } from '../../../src/core/base/failure.ts';
import { directoryAt, failed, live, never, signalsOf, web, webId } from '../client.ts';
import { unusedUrl, refusal, replying, served, servedRaw, success } from '../server.ts';

const token = 'test-token-0123456789-not-a-secret';
const identity = { email: 'operator@example.com', key: 'test-key-0123456789-not-a-secret' };

describe('a request', () => {
  test('has the token, the user agent, and the content type', async () => {
    const { url, seen } = await replying({ body: success(web()) });
    const directory = directoryAt(url, { credentials: { token }, userAgent: 'vpc-reconciler/1.2.3' });
    await directory.update(live(web()), { name: 'größer', host: { ipv4: '10.0.0.1' } }, never);
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: 'PUT',
      url: expect.stringMatching(`/services/${webId}$`),
      headers: {
        authorization: `Bearer ${token}`,
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'vpc-reconciler/1.2.3',
      },
      body: '{"name":"größer","host":{"ipv4":"10.0.0.1"}}',
    });
    expect(seen[0]?.headers).not.toHaveProperty('x-auth-key');
  });

  test('has the email address and key when there is no token', async () => {
    const { url, seen } = await replying({ body: success([]) });
    await directoryAt(url, { credentials: identity }).list(never);
    expect(seen[0]?.headers).toMatchObject({ 'x-auth-email': identity.email, 'x-auth-key': identity.key });
    expect(seen[0]?.headers).not.toHaveProperty('authorization');
  });

  test('to read has no body and no content type', async () => {
    const { url, seen } = await replying({ body: success([]) });
    await directoryAt(url).list(never);
    expect(seen[0]).toMatchObject({ method: 'GET', body: '' });
    expect(seen[0]?.headers).not.toHaveProperty('content-type');
  });

  test('waits for a free connection instead of opening more than the limit', async () => {
    let most = 0;
    const server = await served((_, response) => {
      most = Math.max(most, server.openSockets());
      response.end(JSON.stringify(success(web())));
    });
    const directory = directoryAt(server.url, { connections: 2 });
    await Promise.all(Array.from({ length: 20 }, async () => directory.update(live(web()), {}, never)));
    expect(server.seen).toHaveLength(20);
    expect(most).toBe(2);
  });
});

describe('a failure', () => {
  test('contains the code, messages, pointer and CF-Ray of the response', async () => {
    const { url } = await replying({
      status: 403,
      headers: { 'cf-ray': '8f1c0b2a3d4e5f60-FRA' },
      body: {
        ...refusal(10_000, ''),
        errors: [
          {
            code: 10_000,
            message: 'Forbidden',
            documentation_url: 'https://developers.cloudflare.com/roles',
            source: { pointer: '/name' },
          },
          { code: 1001, message: 'and more' },
        ],
      },
    });
    const error = await failed(directoryAt(url).list(never));
    expect(error.failure).toEqual({
      kind: 'denied',
      status: 403,
      code: 10_000,
      message: expect.stringMatching(/^HTTP 403, code 10000: Forbidden; and more; check the credential/),
      pointer: '/name',
      documentation_url: 'https://developers.cloudflare.com/roles',
      ray: '8f1c0b2a3d4e5f60-FRA',
    });
    expect(error.message).toBe(error.failure.message);
  });

  test('contains the CF-Ray of a response in another format', async () => {
    const { url } = await replying({ status: 502, headers: { 'cf-ray': 'abc-FRA' }, body: '<html>' });
    expect((await failed(directoryAt(url).list(never))).failure).toMatchObject({
      status: 502,
      code: null,
      ray: 'abc-FRA',
    });
  });

  test.each([
    { errors: [{ code: '5101', message: 'name taken' }] },
    { errors: [{ message: 'name taken', source: '/name' }] },
    { errors: [{ message: 'name taken', documentation_url: {}, source: { pointer: 7 } }] },
    { errors: [{ code: 5101, message: null }, 'name taken', null, { message: 'name taken' }] },
  ])('contains the valid parts of malformed errors: $errors', async (body) => {
    const { url } = await replying({ status: 400, body: { success: false, ...body } });
    const { message } = (await failed(directoryAt(url).list(never))).failure;
    expect(message).toMatch(/^HTTP 400(, code 5101)?: name taken$/);
  });

  test.each([{ errors: 'none' }, { errors: ['odd'] }, { errors: [{ code: 'odd' }] }, { errors: {} }])(
    'is not caused by malformed errors in a success: $errors',
    async (odd) => {
      const { url } = await replying({ body: success([web()], odd) });
      expect(await directoryAt(url).list(never)).toHaveLength(1);
    },
  );

  test('is short even if the response is long', async () => {
    const long = 'x'.repeat(100_000);
    const { url } = await replying({
      status: 400,
      body: refusal(5101, long, { documentation_url: long, source: { pointer: long } }),
    });
    const error = await failed(directoryAt(url).list(never));
    expect(inspect(error, { depth: Infinity }).length).toBeLessThan(10_000);
    expect(error.message.length).toBeLessThan(600);
  });
});

describe('a request without a response fails', () => {
  test('because no server listens', async () => {
    const url = await unusedUrl();
    const directory = directoryAt(url);
    const error = await failed(directory.list(never));
    const { host } = new URL(url);
    expect(error.failure).toEqual(failure('transient', `GET ${host}: connection refused (ECONNREFUSED)`));
    expect(error.attempts).toBe(3);
    expect(directory.usage()).toEqual({ requests: 3, retries: 2, throttled_ms: 0 });
  });

  test('because the connection is reset', async () => {
    const url = await servedRaw((_, socket) => socket.resetAndDestroy());
    const { failure } = await failed(directoryAt(url).list(never));
    expect(failure).toMatchObject({ kind: 'transient', status: null });
    expect(failure.message).toMatch(
      /^GET 127\.0\.0\.1:\d+: (connection reset by peer \(ECONNRESET\)|connection closed by the server \(UND_ERR_SOCKET\))$/,
    );
  });

  test('because the body is incomplete', async () => {
    const url = await servedRaw((_, socket) => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 1000\r\ncf-ray: cut\r\n\r\n{"success":true,"result":[]');
    });
    const { failure } = await failed(directoryAt(url).list(never));
    expect(failure).toMatchObject({ kind: 'transient', status: 200, ray: 'cut' });
  });

  test('because the server does not speak HTTP', async () => {
    const url = await servedRaw((_, socket) => socket.end('SSH-2.0-OpenSSH_9.2p1\r\n'));
    expect((await failed(directoryAt(url).list(never))).failure.kind).toBe('transient');
  });

  test('because no headers arrive', async () => {
    const { url, seen } = await served(() => {});
    const { failure } = await failed(directoryAt(url, { requestTimeoutMs: 80, attempts: 2 }).list(never));
    expect(failure).toMatchObject({ kind: 'transient', status: null });
    expect(failure.message).toMatch(/^GET 127\.0\.0\.1:\d+: no response within 80ms$/);
    expect(seen).toHaveLength(2);
  });

  test('because the body arrives too slowly', async () => {
    const { url } = await served((_, response) => {
      response.writeHead(200, { 'cf-ray': 'drip' });
      const drip = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(drip));
    });
    const start = performance.now();
    const { failure } = await failed(directoryAt(url, { requestTimeoutMs: 120, attempts: 1 }).list(never));
    expect(failure).toMatchObject({ kind: 'transient', status: 200, ray: 'drip' });
    expect(failure.message).toContain('no response within 120ms');
    expect(performance.now() - start).toBeLessThan(1000);
  });

  test('because the body is too large', async () => {
    const { url } = await served((_, response) => {
      const megabyte = Buffer.alloc(1024 * 1024, ' ');
      const more = () => {
        while (!response.destroyed && response.write(megabyte));
      };
      response.on('drain', more);
      more();
    });
    const { failure } = await failed(directoryAt(url, { attempts: 1 }).list(never));
    expect(failure).toMatchObject({ kind: 'transient', status: 200 });
    expect(failure.message).toContain('UND_ERR_RES_EXCEEDED_MAX_SIZE');
  });
});

describe('an abort', () => {
  const reason = new FailureError(failure('interrupted', 'the program is stopping'));

  test('ends a request at once with the reason of the abort', async () => {
    const controller = new AbortController();
    const { url, openSockets } = await served(() => controller.abort(reason));
    const directory = directoryAt(url);
    const error = await failed(directory.list(signalsOf(controller.signal)));
    expect(error.failure).toBe(reason.failure);
    expect(error.attempts).toBe(1);
    expect(directory.usage().requests).toBe(1);
    await expect.poll(openSockets).toBe(0);
  });

  test('ends the download of a body at once', async () => {
    const controller = new AbortController();
    const { url } = await served((_, response) => {
      response.write('{"success": true,', () => controller.abort(reason));
    });
    expect((await failed(directoryAt(url).list(signalsOf(controller.signal)))).failure).toBe(reason.failure);
  });

  test('ends a wait between attempts at once', async () => {
    const controller = new AbortController();
    const { url, seen } = await replying({ status: 429, headers: { 'retry-after': '60' } });
    const list = failed(directoryAt(url).list(signalsOf(controller.signal)));
    await expect.poll(() => seen.length).toBe(1);
    const start = performance.now();
    controller.abort(reason);
    expect((await list).failure).toBe(reason.failure);
    expect(performance.now() - start).toBeLessThan(500);
    expect(seen).toHaveLength(1);
  });

  test('before the call means that nothing is sent', async () => {
    const { url, seen } = await replying({ body: success([]) });
    const directory = directoryAt(url);
    const error = await failed(directory.list(signalsOf(AbortSignal.abort(reason))));
    expect(error).toMatchObject({ failure: reason.failure, attempts: 0 });
    expect(seen).toEqual([]);
    expect(directory.usage().requests).toBe(0);
  });
});

describe('an error never contains a secret when', () => {
  const secrets: { readonly credentials: Credentials; readonly parts: readonly string[] }[] = [
    { credentials: { token }, parts: [token] },
    { credentials: identity, parts: [identity.key, identity.email] },
  ];

  const echoes: { readonly where: string; readonly respond: (secret: string) => string }[] = [
    { where: 'a message repeats it', respond: (secret) => http(400, refusal(5101, `bad ${secret}, ${secret}!`)) },
    {
      where: 'a long message is cut within it',
      respond: (secret) => http(400, refusal(5101, `${'x'.repeat(480)} ${secret}`)),
    },
    {
      where: 'documentation_url contains it',
      respond: (secret) => http(403, refusal(10_000, 'no', { documentation_url: `https://x/?t=${secret}` })),
    },
    {
      where: 'a pointer contains it',
      respond: (secret) => http(400, refusal(5102, 'no', { source: { pointer: `/${secret}` } })),
    },
    { where: 'a page of the edge contains it', respond: (secret) => http(502, `<html>${secret}</html>`) },
    { where: 'CF-Ray contains it', respond: (secret) => http(500, '', `cf-ray: ${secret}\r\n`) },
    { where: 'a redirect contains it', respond: (secret) => http(302, '', `location: https://x/${secret}\r\n`) },
    { where: 'the status line contains it', respond: (secret) => http(500, '').replace('Status', secret) },
    { where: 'the response is only the secret', respond: (secret) => `${secret}\r\n\r\n` },
    { where: 'a malformed header contains it', respond: (secret) => `HTTP/1.1 200 OK\r\n${secret}\0: x\r\n\r\n` },
    {
      where: 'a malformed chunk contains it',
      respond: (secret) => `HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${secret}\r\n`,
    },
    {
      where: 'an incomplete body contains it',
      respond: (secret) => `HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n${secret}`,
    },
  ];

  test.each(
    secrets.flatMap((each) =>
      echoes.map((echo) => ({ ...each, ...echo, by: Object.keys(each.credentials).join(' and ') })),
    ),
  )('$where ($by)', async ({ credentials, parts, respond }) => {
    const requests: string[] = [];
    const url = await servedRaw((request, socket) => {
      requests.push(request);
      socket.end(respond(parts.join(' ')));
    });
    const error = await failed(directoryAt(url, { credentials, attempts: 2 }).list(never));
    const all = everythingIn(error);
    for (const part of parts) {
      expect(requests[0]).toContain(part);
      expect(all).not.toContain(part);
      expect(all).not.toContain(part.slice(0, 12));
    }
  });

  test('no server listens', async () => {
    const error = await failed(directoryAt(await unusedUrl(), { credentials: { token } }).list(never));
    expect(everythingIn(error)).not.toContain(token);
  });

  test('no response arrives', async () => {
    const { url } = await served(() => {});
    const error = await failed(
      directoryAt(url, { credentials: { token }, requestTimeoutMs: 50, attempts: 1 }).list(never),
    );
    expect(everythingIn(error)).not.toContain(token);
  });
});

function http(status: number, body: string | object, headers = ''): string {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return `HTTP/1.1 ${status} Status\r\ncontent-length: ${Buffer.byteLength(text)}\r\n${headers}\r\n${text}`;
}

/** Returns everything that a log could contain of an error. */
function everythingIn(error: FailureError): string {
  const everything = { depth: Infinity, showHidden: true, maxStringLength: Infinity, maxArrayLength: Infinity };
  return inspect(error, everything) + JSON.stringify([error, error.failure, error.message, error.stack]);
}
