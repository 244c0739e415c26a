import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { openReceivers } from '../../../src/cli/notifications/receivers.ts';
import type { NotificationSetting } from '../../../src/config/notifications/notification-settings.ts';
import { redactor } from '../../../src/core/base/text/redactor.ts';
import type { Report } from '../../../src/core/report/report.ts';
import { createNotifier } from '../../../src/sinks/notifications/notifier.ts';
import type { Notifier } from '../../../src/sinks/notifications/notifier.ts';
import { authority, hasOpenssl } from '../../cloudflare/network/certificates.ts';
import { connectProxy } from '../../cloudflare/network/connect-proxy.ts';
import { listening, served } from '../../cloudflare/server.ts';
import type { Seen, Served } from '../../cloudflare/server.ts';
import { id } from '../../core/builders.ts';
import { report, serviceReport } from '../../core/report/notifications/reports.ts';

const revision = '0123456789abcdef0123456789abcdef01234567';
const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`;

type Opened = Notifier & {
  readonly log: readonly string[];
  readonly redact: (line: string) => string;
  /** Writes a file next to the others, as Kubernetes and people do: completely. */
  readonly write: (name: string, content: string) => string;
};

type Settings = Readonly<Record<string, NotificationSetting>>;

/** Opens a notifier with the receivers that `settings` returns; they are real HTTP servers. It is closed when the test ends. */
async function open(
  settings: (write: Opened['write']) => Settings,
  {
    environment = {},
    caFile = null,
  }: { readonly environment?: Record<string, string>; readonly caFile?: string | null } = {},
): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'vpc-reconciler-notify-'));
  const write: Opened['write'] = (name, content) => {
    writeFileSync(join(folder, `${name}.new`), content);
    renameSync(join(folder, `${name}.new`), join(folder, name));
    return join(folder, name);
  };
  const log: string[] = [];
  const secrets = redactor();
  const stop = new AbortController().signal;
  const output = { write: () => {} };
  const context = { environment, secrets, stop, stdout: output, stderr: output, onHangUp: () => {} };
  const { receivers, close } = await openReceivers(
    { notifications: settings(write), public_url: 'https://vpc.example.com', ca_file: caFile },
    { ...context, logOutput: { write: () => {}, pendingBytes: () => 0, canRecover: true, flushed: async () => {} } },
    { onSecretProblem: (key, problem) => log.push(`${key}: ${problem}`) },
  );
  const notifier = createNotifier({
    receivers,
    links: { publicUrl: 'https://vpc.example.com', sourceUrl: null },
    eventsOf: (name) => ({
      onFailing: (reason) => log.push(`${name} failing: ${reason}`),
      onRestored: () => log.push(`${name} restored`),
      onLost: (count, reason) => log.push(`${name} lost ${count}: ${reason}`),
      onGone: (reason) => log.push(`${name} gone: ${reason}`),
    }),
    newId: randomUUID,
    after: (ms, call) => {
      const timer = setTimeout(call, ms);
      return () => clearTimeout(timer);
    },
    random: Math.random,
    onBug: (error) => {
      throw error;
    },
    firstDelayMs: 5,
  });
  onTestFinished(async () => {
    await notifier.close(AbortSignal.abort());
    await close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { ...notifier, log, write, redact: secrets.redact };
}

/** Returns the report of a pass after which the service of this number has failed, or all are in sync. */
function passOf(failed: number | null): Report {
  const source = { path: 'services', revision, files: 1 };
  return failed === null
    ? report({ outcome: 'in_sync', source })
    : report({ source, services: [serviceReport({ service_id: id(failed), name: `s${failed}`, result: 'failed' })] });
}

const urlOf = ({ url }: Served) => url.replace('/client/v4', '/hook');

/** Verifies a request as Standard Webhooks describe it for receivers, and returns the event. */
function verified({ headers, body }: Seen, secret: string) {
  const [messageId, timestamp, signatures] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) =>
    String(headers[name]),
  );
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const expected = createHmac('sha256', key).update(`${messageId}.${timestamp}.${body}`).digest('base64');
  expect(signatures?.split(' ')).toContain(`v1,${expected}`);
  expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(300);
  const event = JSON.parse(body);
  expect(event.id).toBe(messageId);
  return event;
}

const untilSent = async (notifier: Notifier, count: number) =>
  vi.waitFor(() => expect(notifier.stats()[0]?.sent).toBe(count), { timeout: 60_000, interval: 20 });

describe('a webhook', () => {
  test('gets a signed CloudEvent for each transition, and the same id again after a failure', async () => {
    const statuses = [500, 503, 204];
    const server = await served((_, response) => response.writeHead(statuses.shift() ?? 200).end());
    const secret = newSecret();
    const notifier = await open((write) => ({
      hook: { type: 'webhook', url: urlOf(server), secret_file: write('secret', `${secret}\n`) },
    }));
    notifier.onReport(passOf(1));
    notifier.onReport(passOf(1));
    notifier.onReport(passOf(null));
    await untilSent(notifier, 2);
    const events = server.seen.map((seen) => verified(seen, secret));
    expect(events.map(({ type }) => type)).toEqual([
      ...Array.from({ length: 3 }, () => 'vpc-reconciler.failed'),
      'vpc-reconciler.recovered',
    ]);
    expect(new Set(events.map((event) => event.id)).size).toBe(2);
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      url: '/hook',
      headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    });
    expect(notifier.log).toEqual(['hook failing: the receiver answered 500', 'hook restored']);
  });

  test('loses nothing and repeats nothing in 1,000 transitions with 30 % failures, and delays no pass', async () => {
    const accepted: string[] = [];
    const secret = newSecret();
    let failures = 0;
    const server = await served((seen, response) => {
      const kind = Math.random();
      if (kind < 0.3) {
        failures += 1;
        if (kind < 0.1) return void response.destroy();
        return void response.writeHead(kind < 0.2 ? 500 : 429).end('try again');
      }
      const { id: eventId, type, data } = verified(seen, secret);
      accepted.push(`${eventId} ${type} ${data.services[0].name}`);
      response.end();
    });
    const notifier = await open((write) => ({
      hook: { type: 'webhook', url: urlOf(server), secret_file: write('secret', secret) },
    }));
    const delaysMs: number[] = [];
    for (let pass = 0; pass < 1000; pass += 1) {
      const each = passOf(pass % 2 === 0 ? pass : null);
      const begun = performance.now();
      notifier.onReport(each);
      delaysMs.push(performance.now() - begun);
    }
    await notifier.close(AbortSignal.timeout(100_000));
    expect(accepted.map((line) => line.replace(/^\S+ /, ''))).toEqual(
      Array.from({ length: 1000 }, (_, pass) =>
        pass % 2 === 0 ? `vpc-reconciler.failed s${pass}` : `vpc-reconciler.recovered s${pass - 1}`,
      ),
    );
    expect(new Set(accepted.map((line) => line.split(' ')[0])).size).toBe(1000);
    expect(failures).toBeGreaterThan(300);
    expect(notifier.stats()).toEqual([{ receiver: 'hook', sent: 1000, lost: 0, failures, queued: 0, isGone: false }]);
    const sorted = delaysMs.toSorted((a, b) => a - b);
    expect(sorted[500]).toBeLessThan(2);
  }, 120_000);

  test('that hangs delays neither passes nor other receivers', async () => {
    const hanging = await served(() => {});
    const working = await served((_, response) => response.end());
    const notifier = await open((write) => ({
      hanging: { type: 'webhook', url: urlOf(hanging), secret_file: write('secret', newSecret()) },
      working: { type: 'webhook', url: urlOf(working), secret_file: write('secret', newSecret()) },
    }));
    const begun = performance.now();
    for (let pass = 0; pass < 100; pass += 1) notifier.onReport(passOf(pass));
    expect(performance.now() - begun).toBeLessThan(2000);
    await vi.waitFor(() => expect(notifier.stats()[1]?.sent).toBe(100), { timeout: 20_000 });
    expect(notifier.stats()[0]).toMatchObject({ sent: 0, queued: 100 });
    expect(hanging.seen.length).toBe(1);
    const closing = performance.now();
    await notifier.close(AbortSignal.timeout(200));
    expect(performance.now() - closing).toBeLessThan(5000);
    expect(notifier.log).toEqual(['hanging lost 100: the program stopped before they could be sent']);
  });

  test('that never ends its responses gets the next message soon', async () => {
    const server = await served((_, response) => {
      response.writeHead(200).write('o');
      const drip = setInterval(() => response.write('o'), 50);
      response.on('close', () => clearInterval(drip));
    });
    const notifier = await open((write) => ({
      hook: { type: 'webhook', url: urlOf(server), secret_file: write('secret', newSecret()) },
    }));
    const begun = performance.now();
    for (let pass = 0; pass < 3; pass += 1) notifier.onReport(passOf(pass));
    await untilSent(notifier, 3);
    // The time limit of one request is 15 s.
    expect(performance.now() - begun).toBeLessThan(12_000);
    expect(notifier.log).toEqual([]);
  });

  test('that answers 410 gets nothing more', async () => {
    const server = await served((_, response) => response.writeHead(410).end('gone for good'));
    const notifier = await open((write) => ({
      hook: { type: 'webhook', url: urlOf(server), secret_file: write('secret', newSecret()) },
    }));
    notifier.onReport(passOf(1));
    await vi.waitFor(() => expect(notifier.log).toEqual(['hook gone: the receiver answered 410: gone for good']));
    notifier.onReport(passOf(null));
    await notifier.close(AbortSignal.timeout(1000));
    expect(server.seen).toHaveLength(1);
  });

  test('that answers 429 is left alone for as long as it asks', async () => {
    const times: number[] = [];
    const server = await served((_, response) => {
      times.push(performance.now());
      if (times.length === 1) response.writeHead(429, { 'retry-after': '1' }).end();
      else response.end();
    });
    const notifier = await open((write) => ({
      hook: { type: 'webhook', url: urlOf(server), secret_file: write('secret', newSecret()) },
    }));
    notifier.onReport(passOf(1));
    await untilSent(notifier, 1);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  test('can verify with the old secret and with the new one after a rotation', async () => {
    const server = await served((_, response) => response.end());
    const [before, after] = [newSecret(), newSecret()];
    const notifier = await open((write) => ({
      hook: { type: 'webhook', url: urlOf(server), secret_file: write('secret', before) },
    }));
    notifier.onReport(passOf(1));
    await untilSent(notifier, 1);
    notifier.write('secret', after);
    notifier.onReport(passOf(null));
    await untilSent(notifier, 2);
    // While the file is broken, the last secrets stay in use.
    notifier.write('secret', 'whsec_broken-secret');
    notifier.onReport(passOf(3));
    await untilSent(notifier, 3);
    const [first, second, third] = server.seen;
    if (first === undefined || second === undefined || third === undefined) throw new Error('expected three requests');
    verified(first, before);
    expect(first.headers['webhook-signature']).not.toContain(' ');
    for (const seen of [second, third]) for (const secret of [before, after]) verified(seen, secret);
    expect(notifier.log).toEqual([
      'notifications.hook.secret_file: expected whsec_ and the Base64 of 24 to 64 random bytes, found a different value',
    ]);
    expect(notifier.redact(`${before} ${after}`)).toBe('[redacted] [redacted]');
  });

  test.skipIf(!hasOpenssl)('with a private certificate authority is reached if ca_file names it', async () => {
    const ca = authority();
    const bodies: string[] = [];
    const server = createTlsServer(ca.issue(), (request, response) => {
      void text(request).then((body) => {
        bodies.push(body);
        return response.end();
      });
    });
    const { port } = await listening(server);
    const settings = (write: Opened['write']): Settings => ({
      hook: { type: 'webhook', url: `https://localhost:${port}/`, secret_file: write('secret', newSecret()) },
    });
    const untrusting = await open(settings);
    untrusting.onReport(passOf(1));
    await vi.waitFor(() => expect(untrusting.log).toHaveLength(1), { timeout: 20_000 });
    expect(untrusting.log[0]).toMatch(/an authority that this machine does not trust .*; if it belongs to .* ca_file/);
    expect(bodies).toEqual([]);
    const trusting = await open(settings, { caFile: ca.caFile });
    trusting.onReport(passOf(1));
    await untilSent(trusting, 1);
    expect(bodies).toHaveLength(1);
  });

  test.skipIf(!hasOpenssl)('is reached through the proxy of the environment', async () => {
    const ca = authority();
    const server = createTlsServer(ca.issue({ names: 'DNS:hooks.example' }), (_, response) => void response.end());
    const { port } = await listening(server);
    const proxy = await connectProxy({ upstreamPort: port, login: 'user:hunter2-secret' });
    const notifier = await open(
      (write) => ({
        hook: { type: 'webhook', url: 'https://hooks.example/vpc', secret_file: write('secret', newSecret()) },
      }),
      { environment: { HTTPS_PROXY: `http://user:hunter2-secret@127.0.0.1:${proxy.port}` }, caFile: ca.caFile },
    );
    notifier.onReport(passOf(1));
    await untilSent(notifier, 1);
    expect(proxy.targets).toEqual(['hooks.example:443']);
  });

  test('over plain HTTP is reached through the proxy, too', async () => {
    const proxy = await served((_, response) => response.end());
    const notifier = await open(
      (write) => ({
        hook: { type: 'webhook', url: 'http://hooks.internal/vpc', secret_file: write('secret', newSecret()) },
      }),
      { environment: { HTTPS_PROXY: new URL(proxy.url).origin } },
    );
    notifier.onReport(passOf(1));
    await untilSent(notifier, 1);
    expect(proxy.seen[0]).toMatchObject({ url: 'http://hooks.internal/vpc', headers: { host: 'hooks.internal' } });
  });

  test('gets only the events it asks for, and a reminder of what is still open', async () => {
    const server = await served((_, response) => response.end());
    const notifier = await open((write) => ({
      hook: {
        type: 'webhook',
        url: urlOf(server),
        secret_file: write('secret', newSecret()),
        events: ['failed'],
        remind_after: 100,
      },
    }));
    notifier.onReport(passOf(1));
    notifier.onReport(passOf(1));
    // The next pass may be hours away.
    await untilSent(notifier, 2);
    notifier.onReport(passOf(null));
    await notifier.close(AbortSignal.timeout(5000));
    expect(server.seen.map(({ body }) => JSON.parse(body)).map(({ type, data }) => [type, data.reminder])).toEqual([
      ['vpc-reconciler.failed', false],
      ['vpc-reconciler.failed', true],
    ]);
  });
});

test('a chat gets text, at an address from a file that is read again', async () => {
  const one = await served((_, response) => response.writeHead(404).end('no_service'));
  const other = await served((_, response) => response.end('ok'));
  const notifier = await open((write) => ({ team: { type: 'slack', url_file: write('url', urlOf(one)) } }));
  notifier.onReport(passOf(1));
  await vi.waitFor(() => expect(notifier.log).toEqual(['team failing: the receiver answered 404: no_service']));
  notifier.write('url', `${urlOf(other)}\n`);
  await untilSent(notifier, 1);
  expect(JSON.parse(other.seen[0]?.body ?? '')).toMatchObject({
    text: expect.stringMatching(/^\*Failed\* · account `account` · commit `0123456`/),
    mrkdwn: true,
  });
  expect(other.seen[0]?.headers['content-type']).toBe('application/json');
});

/** Begins a pass for the commit. The result ends it, waits until statuses are sent, and begins the next one. */
function passes(notifier: Notifier) {
  const source = { path: 'services', revision, files: 1 };
  notifier.onSource(source, 'account');
  return async (end: Report, sent: number) => {
    notifier.onReport(end);
    await untilSent(notifier, sent);
    notifier.onSource(source, 'account');
  };
}

describe('a commit status', () => {
  test('is set on GitHub: pending, then success or failure with the counts', async () => {
    const server = await served((_, response) => response.writeHead(201).end('{}'));
    const notifier = await open((write) => ({
      commit: {
        type: 'github',
        repository: 'org/network',
        token_file: write('token', 'ghp_0123456789abcdef'),
        base_url: server.url,
        context: 'vpc-reconciler/prod',
      },
    }));
    const endPass = passes(notifier);
    await untilSent(notifier, 1);
    await endPass(passOf(null), 2);
    await endPass(passOf(null), 2);
    await endPass(passOf(1), 3);
    expect(server.seen.map(({ body }) => JSON.parse(body))).toEqual(
      [
        ['pending', 'reconciling'],
        ['success', 'in sync: no services'],
        ['failure', 'partial: no services'],
      ].map(([state, description]) => ({
        state,
        description,
        context: 'vpc-reconciler/prod',
        target_url: 'https://vpc.example.com',
      })),
    );
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      url: `/client/v4/repos/org/network/statuses/${revision}`,
      headers: { authorization: 'Bearer ghp_0123456789abcdef', accept: 'application/vnd.github+json' },
    });
  });

  test('is set on GitLab, and counts as set if the commit has it already', async () => {
    const replies: readonly (readonly [number, string])[] = [
      [500, ''],
      [400, '{"message":{"state":["Cannot transition status via :enqueue from :pending"]}}'],
      [201, '{}'],
    ];
    let count = 0;
    const server = await served((_, response) => {
      const [status, body] = replies[Math.min(count, 2)] ?? [500, ''];
      count += 1;
      response.writeHead(status).end(body);
    });
    const notifier = await open((write) => ({
      commit: {
        type: 'gitlab',
        repository: 'group/sub/network',
        token_file: write('token', 'glpat-0123456789abcdef'),
        base_url: new URL(server.url).origin,
        context: 'vpc-reconciler',
      },
    }));
    const endPass = passes(notifier);
    await untilSent(notifier, 1);
    await endPass(passOf(1), 2);
    expect(server.seen.map(({ body }) => JSON.parse(body).state)).toEqual(['pending', 'pending', 'failed']);
    expect(server.seen[2]).toMatchObject({
      url: `/api/v4/projects/group%2Fsub%2Fnetwork/statuses/${revision}`,
      headers: { 'private-token': 'glpat-0123456789abcdef' },
    });
  });

  test('of a commit that the forge does not have is given up, and the next one is set', async () => {
    const server = await served(({ url }, response) =>
      response.writeHead(url.includes(revision) ? 422 : 201).end('No commit found'),
    );
    const notifier = await open((write) => ({
      commit: {
        type: 'github',
        repository: 'org/network',
        token_file: write('token', 'ghp_0123456789abcdef'),
        base_url: server.url,
        context: 'x',
      },
    }));
    notifier.onSource({ path: 'services', revision, files: 1 }, 'account');
    await vi.waitFor(() => expect(notifier.log).toEqual(['commit lost 1: the receiver answered 422: No commit found']));
    notifier.onSource({ path: 'services', revision: 'f'.repeat(40), files: 1 }, 'account');
    // The commit before it was replaced while its status was pending.
    await untilSent(notifier, 1);
  });
});

test('a secret that cannot be read is reported at the start, without its content', async () => {
  await expect(
    open((write) => ({
      hook: { type: 'webhook', url: 'https://hooks.example', secret_file: write('secret', 'not-a-signing-secret') },
      team: { type: 'slack', url_file: write('url', 'ftp://user:pass@hooks.example/x') },
      plain: { type: 'slack', url_file: write('plain', 'http://hooks.example/x') },
      commit: {
        type: 'github',
        repository: 'a/b',
        token_file: '/nowhere/token',
        base_url: 'https://api.github.com',
        context: 'x',
      },
    })),
  ).rejects.toThrow(
    [
      'notifications.hook.secret_file: expected whsec_ and the Base64 of 24 to 64 random bytes, found a different value',
      'notifications.team.url_file: expected a URL that begins with https://',
      'notifications.plain.url_file: expected https:, found http:, which would send a secret unencrypted (allowed for loopback only)',
      'notifications.commit.token_file: expected a file that holds the token, found that it cannot be read: no such file or folder',
    ].join('\n'),
  );
});
