import { rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { accountAt, database, emulated, folderOf, web } from '../cli/command.ts';
import { refusal, served, success } from '../cloudflare/server.ts';
import { after, start } from './program.ts';
import type { Program, ProgramOptions } from './program.ts';
import { servedBy } from './serving.ts';
import type { Fetched, Served } from './serving.ts';

/* The table "Health during failures" of config/kubernetes/README.md, with a real process, a real folder, and real HTTP. */

/** Shorter limits than the defaults, which are minutes. */
const SHORT_LIMITS = ['--interval', '150ms', '--fresh-for', '1500ms', '--request-timeout', '400ms'];

type Api = {
  readonly url: string;
  /** Handles requests with this function from now on. */
  readonly respondWith: (handler: (response: ServerResponse, method: string | undefined) => void) => void;
};

const listing = (response: ServerResponse) => void response.end(JSON.stringify(success([web(), database()])));

async function api(): Promise<Api> {
  let respond: (response: ServerResponse, method: string | undefined) => void = listing;
  const { url } = await served(({ method }, response) => respond(response, method));
  return {
    url,
    respondWith: (handler) => {
      respond = handler;
    },
  };
}

type Daemon = { readonly program: Program; readonly daemon: Served; readonly folder: string };

async function running(url: string, flags: readonly string[] = [], options: ProgramOptions = {}): Promise<Daemon> {
  const folder = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
  const program = start(['run', '--services', folder, ...SHORT_LIMITS, ...flags], {
    environment: accountAt(url),
    ...options,
  });
  return { program, daemon: await servedBy(program), folder };
}

const isReady = ({ status }: Fetched) => status === 200;
const isNotReady = ({ status, json }: Fetched) => status === 503 && Object(json).last_good_pass !== null;

/** Starts a daemon and waits until its first pass was good. */
async function ready(flags: readonly string[] = [], options: ProgramOptions = {}): Promise<Daemon & Api> {
  const account = await api();
  const { daemon, ...rest } = await running(account.url, flags, options);
  await daemon.until('/readyz', isReady);
  return { ...account, ...rest, daemon };
}

/** Waits until failing passes make the daemon not ready, while it stays healthy. Returns the reason. */
async function becomesNotReady(daemon: Served): Promise<unknown> {
  await daemon.until('/readyz', ({ json }) => Object(json).last_pass.error !== null);
  expect(await daemon.get('/healthz')).toMatchObject({ status: 200, json: { healthy: true } });
  const { json } = await daemon.until('/readyz', isNotReady);
  expect(json).toMatchObject({ healthy: true, ready: false });
  expect(await daemon.get('/healthz')).toMatchObject({ status: 200, json: { healthy: true, ready: false } });
  return Object(json).reason;
}

describe('healthy and ready', () => {
  test('while everything is in sync, with the age of each step', async () => {
    const { daemon } = await ready();
    expect(await daemon.get('/readyz')).toMatchObject({
      status: 200,
      json: { healthy: true, ready: true, reason: null, last_pass: { outcome: 'in_sync', error: null } },
    });
    const { json } = await daemon.until('/healthz', (answer) => Object(answer.json).watcher.by === 'events');
    for (const key of ['started', 'last_read', 'last_list', 'last_good_pass', 'last_pass']) {
      expect(Object(json)[key]).toMatchObject({ at: expect.any(String), age_seconds: expect.any(Number) });
    }
  });

  test('while the API is slow but responds in time', async () => {
    const { respondWith, daemon } = await ready(['--request-timeout', '10s']);
    respondWith((response) => void sleep(700).then(() => listing(response)));
    await daemon.until('/healthz', ({ json }) => Object(json).pass?.age_seconds > 0.5);
    const { last_good_pass: before } = Object((await daemon.get('/healthz')).json);
    await daemon.until('/readyz', ({ json }) => Object(json).last_good_pass.at > before.at);
    expect(await daemon.get('/readyz')).toMatchObject({ status: 200 });
  });

  test('while a file has a problem and passes are partial', async () => {
    const { daemon, folder } = await ready();
    writeFileSync(join(folder, 'web.yaml'), 'name: [');
    await daemon.until('/readyz', ({ json }) => Object(json).last_pass.outcome === 'partial');
    await sleep(1600); // Longer than fresh_for.
    expect(await daemon.get('/readyz')).toMatchObject({ status: 200, json: { last_pass: { outcome: 'partial' } } });
  });

  test('while every file has a problem', async () => {
    const { daemon, folder } = await ready();
    for (const name of ['web.yaml', 'db.yaml']) writeFileSync(join(folder, name), 'name: [');
    await daemon.until('/readyz', ({ json }) => Object(json).last_pass.outcome === 'partial');
    expect(await daemon.get('/readyz')).toMatchObject({ status: 200 });
  });

  test('while file system events do not arrive: a rescan detects the change and counts it as missed', async () => {
    const emulator = await emulated({ services: [web(), database()] });
    const folder = folderOf({ 'web.yaml': web(), 'db.yaml': database() });
    const withoutEvents = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      const { watch } = fs;
      fs.watch = (path, ...rest) => watch(path, ...rest.filter((each) => typeof each !== 'function'), () => {});
      syncBuiltinESMExports();`;
    const program = start(['run', '--services', folder, '--interval', '0', '--rescan', '300ms'], {
      environment: accountAt(emulator.url),
      command: after(withoutEvents),
    });
    const daemon = await servedBy(program);
    await daemon.until('/readyz', ({ json }) => Object(json).ready && Object(json).watcher.last_check !== null);
    writeFileSync(join(folder, 'web.yaml'), JSON.stringify(web({ http_port: 81 })));
    await daemon.until('/healthz', ({ json }) => Object(json).watcher.missed_changes === 1);
    await program.logged({ event: 'change_missed' });
    expect(await daemon.text('/metrics')).toMatch(/^vpc_reconciler_watcher_missed_changes_total 1$/m);
    expect(emulator.services()).toMatchObject([web({ http_port: 81 }), database()]);
    expect(await daemon.get('/readyz')).toMatchObject({ status: 200 });
  });
});

describe('healthy but not ready', () => {
  test('before the first good pass', async () => {
    const account = await api();
    account.respondWith(() => {}); // It never responds.
    const { daemon } = await running(account.url, ['--request-timeout', '1h']);
    expect(await daemon.get('/readyz')).toMatchObject({
      status: 503,
      json: { ready: false, reason: 'no pass has read the folder and listed the account yet' },
    });
    expect(await daemon.get('/healthz')).toMatchObject({ status: 200 });
  });

  test('after the API has been down for fresh_for, until it responds again', async () => {
    const { respondWith, daemon } = await ready();
    respondWith((response) => void response.writeHead(503).end());
    expect(await becomesNotReady(daemon)).toMatch(/^passes have been failing for \d+s: HTTP 503: /);
    respondWith(listing);
    await daemon.until('/readyz', isReady);
  });

  test('after the API has been slower than request_timeout for fresh_for', async () => {
    const { respondWith, daemon } = await ready();
    respondWith(() => {});
    expect(await becomesNotReady(daemon)).toMatch(
      /^passes have been failing for \d+s: GET 127\.0\.0\.1:\d+: no response within 400ms$/,
    );
  });

  test('after the credential has been refused for fresh_for', async () => {
    const { respondWith, daemon } = await ready();
    respondWith(
      (response) => void response.writeHead(403).end(JSON.stringify(refusal(10_000, 'Authentication error'))),
    );
    expect(await becomesNotReady(daemon)).toMatch(
      /^passes have been failing for \d+s: HTTP 403, code 10000: Authentication error/,
    );
  });

  test('after the folder has been missing for fresh_for, until it exists again', async () => {
    const { daemon, folder } = await ready();
    rmSync(folder, { recursive: true });
    expect(await becomesNotReady(daemon)).toContain(
      `${folder}: expected a folder of declarations, found nothing there`,
    );
  });

  test('after the folder has declared no services for fresh_for', async () => {
    const { daemon, folder } = await ready();
    for (const name of ['web.yaml', 'db.yaml']) rmSync(join(folder, name));
    expect(await becomesNotReady(daemon)).toContain('expected at least one declaration');
  });

  test('when the folder has not been checked for fresh_for and a rescan, until it is checked', async () => {
    // An unreadable folder counts as checked, and a check that hangs in the system blocks the process. So this test stops the rescans: the
    // pause before the next one never ends.
    const endlessPause = `
      import timers from 'node:timers/promises';
      import { syncBuiltinESMExports } from 'node:module';
      timers.setTimeout = () => new Promise(() => {});
      syncBuiltinESMExports();`;
    const flags = ['--interval', '0', '--rescan', '300ms'];
    const { daemon, folder } = await ready(flags, { command: after(endlessPause) });
    const { json } = await daemon.until('/readyz', isNotReady);
    expect(json).toMatchObject({
      healthy: true,
      ready: false,
      reason: expect.stringMatching(/^the folder has not been checked for \d/),
      last_pass: { outcome: 'in_sync', error: null },
    });
    expect(await daemon.get('/healthz')).toMatchObject({ status: 200, json: { healthy: true, ready: false } });
    writeFileSync(join(folder, 'notes.txt'), 'not a declaration');
    await daemon.until('/readyz', isReady);
  });

  test('while it shuts down and finishes an update in flight', async () => {
    const { respondWith, daemon, program } = await ready(['--request-timeout', '1h']);
    let put: ServerResponse | undefined;
    respondWith((response, method) => {
      if (method === 'PUT') put = response;
      else response.end(JSON.stringify(success([web({ http_port: 81 }), database()])));
    });
    await expect.poll(() => put, { timeout: 10_000 }).toBeDefined();
    program.send('SIGTERM');
    await daemon.until('/readyz', ({ status, json }) => status === 503 && Object(json).reason === 'shutting down');
    expect(await daemon.get('/healthz')).toMatchObject({ status: 200 });
    put?.end(JSON.stringify(success(web())));
    expect(await program.ended).toMatchObject({ code: 0 });
  });
});

describe('not healthy: a restart would help', () => {
  // Takes half a minute, the delay that is allowed for a busy machine.
  test.runIf(process.env['FULL'] === '1')('when a pass hangs beyond pass_timeout', async () => {
    const account = await api();
    account.respondWith(() => {});
    const { daemon } = await running(account.url, ['--request-timeout', '1h', '--pass-timeout', '1s'], {
      // Keeps the timeout from ending the pass.
      command: after('AbortSignal.any = () => new AbortController().signal;'),
    });
    await sleep(5000);
    expect(await daemon.get('/healthz')).toMatchObject({ status: 200 });
    const { json } = await daemon.until('/healthz', ({ status }) => status === 503);
    expect(json).toMatchObject({
      healthy: false,
      ready: false,
      reason: expect.stringMatching(/^the pass has been running for 31s, although pass_timeout is 1s$/),
    });
  });

  /** Makes the clock run a hundred times as fast as timers, to shorten the half minute. */
  const lateTimers = `
    const { now } = performance;
    performance.now = () => 100 * now.call(performance);`;

  test.each([
    {
      cause: 'because the timer of the interval is late',
      flags: ['--interval', '2m'],
      code: lateTimers,
      change: false,
    },
    {
      cause: 'because a detected change starts none',
      flags: ['--interval', '20h'],
      // The first wait of the daemon never ends. It begins when the timer is set.
      code: `${lateTimers}
        const { setTimeout } = globalThis;
        const { withResolvers } = Promise;
        let isWaitNext = false;
        globalThis.setTimeout = (job, ms, ...rest) => {
          if (ms > 3_600_000) isWaitNext = true;
          return setTimeout(job, ms, ...rest);
        };
        Promise.withResolvers = function () {
          const made = withResolvers.call(this);
          if (!isWaitNext) return made;
          isWaitNext = false;
          return { ...made, resolve: () => {} };
        };`,
      change: true,
    },
  ])('when a pass is due and does not start, $cause', async ({ flags, code, change }) => {
    const { daemon, folder } = await ready(['--fresh-for', '24h', ...flags], { command: after(code) });
    if (change) writeFileSync(join(folder, 'web.yaml'), JSON.stringify(web({ http_port: 81 })));
    const { json } = await daemon.until('/healthz', ({ status }) => status === 503);
    expect(json).toMatchObject({
      healthy: false,
      ready: false,
      reason: expect.stringMatching(/^a pass has been due for \d.* and has not begun$/),
      pass: null,
      last_pass: { outcome: 'in_sync' },
    });
    expect(await daemon.get('/readyz')).toMatchObject({ status: 503 });
  });

  test('when the process is blocked: it does not respond', async () => {
    const { daemon, program } = await ready();
    program.send('SIGSTOP');
    await expect(fetch(`${daemon.url}/healthz`, { signal: AbortSignal.timeout(500) })).rejects.toThrow('timeout');
    program.send('SIGCONT');
    await daemon.until('/healthz', ({ status }) => status === 200);
  });
});
