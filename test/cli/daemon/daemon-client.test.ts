import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Server } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { command } from '../command.ts';

/* Every command for a running daemon uses one client. `pause` sends the token; `status` reads. */

const TOKEN = 'correct-horse-battery-staple';
const environment = { VPC_RECONCILER_RECONCILE_TOKEN: TOKEN };

async function listening(server: Server): Promise<string> {
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(null)));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

/** A server that answers as no daemon does, and what it received. */
async function serverWith(listener: RequestListener): Promise<{ url: string; received: readonly IncomingMessage[] }> {
  const received: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    received.push(request);
    listener(request, response);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: await listening(server), received };
}

test.for([
  'http://192.0.2.1:8484',
  'http://vpc-reconciler.networking.svc:8484',
  'http://localhost.evil.example:8484',
  'http://127.0.0.1.evil.example',
  'http://0.0.0.0:8484',
  'http://[::ffff:192.0.2.1]:8484',
])('does not send the token unencrypted to %s', async (url) => {
  for (const name of ['pause', 'resume']) {
    expect(await command([name, '--url', url], { environment })).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(
        'vpc-reconciler: --url: expected https, because the request contains the reconcile token, found http to another machine',
      ),
    });
  }
});

test('sends the token to another machine over https', async () => {
  const { code, stderr } = await command(['pause', '--url', 'https://127.0.0.1:1'], { environment });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining(
      'https://127.0.0.1:1/api/pause: connection refused (ECONNREFUSED); is vpc-reconciler',
    ),
  });
});

test('does not follow a redirect with the token', async () => {
  const target = await serverWith((_, response) => response.end('{}'));
  const { url } = await serverWith((_, response) => {
    response.writeHead(307, { location: `${target.url}/api/pause` }).end();
  });
  const { code, stderr } = await command(['pause', '--url', url], { environment });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringContaining('/api/pause: HTTP 307; the answer is not'),
  });
  expect(target.received).toEqual([]);
});

test.for([
  ['', '/api/resume'],
  ['//', '/api/resume'],
  ['/vpc/', '/vpc/api/resume'],
  ['//127.0.0.2:1', '//127.0.0.2:1/api/resume'],
] as const)('takes everything after the host for the path: %s', async ([prefix, path]) => {
  const { url, received } = await serverWith((_, response) => response.end('{"paused":null}'));
  const ended = await command(['resume', '--url', url + prefix], { environment });
  expect(ended).toEqual({ code: 0, stdout: 'resumed: the daemon writes again\n', stderr: '' });
  expect(received.map(({ url: target }) => target)).toEqual([path]);
});

test('reaches loopback directly, also if the environment names a proxy', async () => {
  const { url, received } = await serverWith((_, response) => response.end('{"paused":null}'));
  const proxy = 'http://user:hunter2hunter2@127.0.0.1:1';
  const ended = await command(['resume', '--url', url], {
    environment: { ...environment, HTTPS_PROXY: proxy, HTTP_PROXY: proxy },
  });
  expect(ended).toEqual({ code: 0, stdout: 'resumed: the daemon writes again\n', stderr: '' });
  expect(received.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${TOKEN}`]);
});

test.for([
  ['http://user:hunter2hunter2@127.0.0.1:8484', 'a user name or a password'],
  ['ftp://user:hunter2hunter2@example.com', 'a user name or a password'],
  ['http://127.0.0.1:8484/?token=hunter2hunter2', 'a query'],
] as const)('refuses and does not print a secret in the URL: %s', async ([url, found]) => {
  const { code, stdout, stderr } = await command(['pause', '--url', url], { environment });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining(`found one with ${found}`) });
  expect(stdout + stderr).not.toContain('hunter2');
});

test.for<[string, RequestListener, string]>([
  [
    'a page of a proxy',
    (_, response) => {
      const page = '<html><title>Sign in\u001B[31m ##[error]x\u202e</title><p>…</html>';
      response.writeHead(200, { 'content-type': 'text/html' }).end(page);
    },
    'HTTP 200; the answer is not from vpc-reconciler: the page "Sign in\\u{1b}[31m ##\\u{5b}error]x\\u{202e}", content type "text/html"',
  ],
  ['a list', (_, response) => response.end('[1]'), 'HTTP 200; the answer is not from vpc-reconciler: no content type'],
  [
    'nested without end',
    (_, response) => response.end('['.repeat(8 * 1024 * 1024)),
    'HTTP 200; the answer is not from vpc-reconciler',
  ],
  [
    'a refusal',
    (_, response) => response.writeHead(401).end('{"error":"no\\u001b[31m\\n::error::x"}'),
    'HTTP 401: no\\u{1b}[31m\\u{a}::error::x',
  ],
  ['a refusal without a text', (_, response) => response.writeHead(403).end('{"error":{"a":1}}'), 'HTTP 403\n'],
  ['a gateway without a server', (_, response) => response.writeHead(503).end(), 'HTTP 503; the answer is not from'],
  [
    'a huge answer',
    (_, response) => {
      const chunk = ' '.repeat(1024 * 1024);
      const send = () => {
        if (!response.destroyed) response.write(chunk, send);
      };
      send();
    },
    'the answer has more than 16 MiB, so it is not from vpc-reconciler',
  ],
  [
    'half an answer',
    (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('{', () => response.destroy());
    },
    'is vpc-reconciler running there? Name its status server with --url',
  ],
])('says clearly what is wrong with %s', async ([, listener, expected]) => {
  const { url } = await serverWith(listener);
  const { code, stdout, stderr } = await command(['pause', '--url', url], { environment });
  expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: expect.stringContaining(expected) });
  expect(stderr).not.toContain('\u001B');
  expect(stderr).not.toMatch(/\u202e|##\[|^\s+at /m);
  expect(stderr.length).toBeLessThan(500);
});

test('says that another protocol is spoken there', async () => {
  const server = createTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
  onTestFinished(() => void server.close());
  const url = await listening(server);
  const { code, stderr } = await command(['pause', '--url', url], { environment });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('is vpc-reconciler running there?') });
});

test('waits ten seconds for an answer that comes in drips', { timeout: 20_000 }, async () => {
  const { url } = await serverWith((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 100);
    response.on('close', () => clearInterval(timer));
  });
  const { code, stderr } = await command(['pause', '--url', url], { environment });
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('no response within 10s') });
});
