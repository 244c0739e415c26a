import { setTimeout as sleep } from 'node:timers/promises';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { accountAt, database, emulated, folderOf, web } from '../cli/command.ts';
import { start } from './program.ts';
import { servedBy } from './serving.ts';

/* A daemon with the default settings that is asked for passes without end. */

const event = 'reconciliation_report';
const TOKEN = 'correct-horse-battery-staple';
const EVERY_MS = 120;
const STORM_MS = 12_000;
/** Ten lists at once, and then one for each 1.36 s, which grows to 1.4 s in this time. */
const MAX_LISTS = 10 + Math.ceil(STORM_MS / 1360);

type Account = {
  /** The API answers after this many milliseconds. */
  readonly latency?: number;
  /** How many services have updates that the API refuses. */
  readonly refused?: number;
};

/** Starts a daemon on an account. All services are in sync, except for those that the API refuses. */
async function startDaemon({ latency = 0, refused = 0 }: Account = {}) {
  const putTimes = new Map<unknown, number>();
  const names = Array.from({ length: refused }, (_, index) => `refused-${index}`);
  const others = names.map((name, index) =>
    web({ service_id: `0191e3a4-5b6c-7d8e-9f00-${String(index).padStart(12, '0')}`, name }),
  );
  const emulator = await emulated({
    services: [web(), database(), ...others],
    scenario: { latency, refuse: names },
    onRequest: ({ method, body }) => {
      if (method === 'PUT') putTimes.set(Object(body).tcp_port, performance.now());
    },
  });
  const folder = folderOf({
    'web.yaml': web(),
    'db.yaml': database(),
    ...Object.fromEntries(others.map((service, index) => [`refused-${index}.yaml`, { ...service, http_port: 1 }])),
  });
  const program = start(['run', '--services', folder, '--interval', '0'], {
    environment: { ...accountAt(emulator.url), VPC_RECONCILER_RECONCILE_TOKEN: TOKEN },
  });
  const { url } = await servedBy(program);
  await program.logged({ event, trigger: 'startup', outcome: refused === 0 ? 'in_sync' : 'partial' });
  const lists = () => emulator.requests.filter(({ method }) => method === 'GET').length;
  /** Writes another port, and returns the milliseconds until the API receives it. */
  const commit = async (port: number) => {
    const at = performance.now();
    writeFileSync(join(folder, 'db.yaml'), JSON.stringify(database({ tcp_port: port })));
    await expect.poll(() => putTimes.has(port), { timeout: 30_000, interval: 5 }).toBe(true);
    return (putTimes.get(port) ?? Infinity) - at;
  };
  return { emulator, folder, program, url, lists, commit };
}

type Daemon = Awaited<ReturnType<typeof startDaemon>>;

const STORMS: Readonly<Record<string, (daemon: Daemon, time: number) => void>> = {
  'a file is rewritten': ({ folder }, time) =>
    writeFileSync(join(folder, 'web.yaml'), `# ${time}\n${JSON.stringify(web())}\n`),
  'SIGHUP arrives': ({ program }) => program.send('SIGHUP'),
  'a pass is requested': ({ url }) =>
    void fetch(`${url}/api/reconcile`, { method: 'POST', headers: { authorization: `Bearer ${TOKEN}` } }),
};

test.for(Object.entries(STORMS))(
  'lists rarely and applies a commit within two seconds while %s every 120 ms',
  async ([, cause], { annotate }) => {
    const daemon = await startDaemon();
    const before = daemon.lists();
    let times = 0;
    let lastAt = performance.now();
    let longestGapMs = 0;
    const storm = setInterval(() => {
      longestGapMs = Math.max(longestGapMs, performance.now() - lastAt);
      lastAt = performance.now();
      cause(daemon, (times += 1));
    }, EVERY_MS);
    onTestFinished(() => clearInterval(storm));
    await sleep(4000);
    const latencies: number[] = [];
    for (let port = 6000; port < 6003; port += 1) {
      latencies.push(await daemon.commit(port));
      await sleep(500 + 300 * (port % 3));
    }
    const remainingMs = STORM_MS - EVERY_MS * times;
    if (remainingMs > 0) await sleep(remainingMs);
    clearInterval(storm);
    const lists = daemon.lists() - before;
    await annotate(`${times} times: ${lists} lists, commits after ${latencies.map(Math.round).join(', ')} ms`);
    expect(times).toBeGreaterThan(60);
    expect(lists).toBeLessThanOrEqual(MAX_LISTS + Math.ceil((times * EVERY_MS - STORM_MS) / 1360));
    // On a busy machine, a file that is written all the time can look unfinished, which is waited out for two seconds.
    const maxMs = longestGapMs > 2 * EVERY_MS ? 4000 : 2000;
    for (const ms of latencies) expect(ms).toBeLessThan(maxMs);
    expect(daemon.program.stdout().split('"event":"passes_delayed"')).toHaveLength(2);

    // After a quiet time, a first change is applied at once: after the settle time.
    await sleep(3000);
    expect(await daemon.commit(7000)).toBeLessThan(500);
  },
);

test('applies a commit within three seconds although SIGHUP keeps asking for retries of 110 refused updates', async ({
  annotate,
}) => {
  const daemon = await startDaemon({ refused: 110 });
  const storm = setInterval(() => daemon.program.send('SIGHUP'), EVERY_MS);
  onTestFinished(() => clearInterval(storm));
  await sleep(STORM_MS);
  const latencies: number[] = [];
  for (let port = 6000; port < 6003; port += 1) {
    latencies.push(await daemon.commit(port));
    await sleep(300 + 300 * (port % 3));
  }
  clearInterval(storm);
  const retries = daemon.emulator.requests.filter(({ fault }) => fault === 'refused').length - 110;
  await annotate(`${retries} retries, commits after ${latencies.map(Math.round).join(', ')} ms`);
  expect(retries).toBeGreaterThanOrEqual(110);
  // A quarter of the budget, and one for each pass.
  expect(retries).toBeLessThanOrEqual(275 + 30);
  // A gap of 1.8 s, which grows to 2.2 s in this time.
  for (const ms of latencies) expect(ms).toBeLessThan(3000);
});

/** The content that is written to `web.yaml`. Both rewrites are slower than a list, so the folder changes in every pass. */
const REWRITES: Readonly<Record<string, (time: number) => string>> = {
  'the same declaration': (time) => `# ${time}\n${JSON.stringify(web())}\n`,
  'another value': (time) => JSON.stringify(web({ http_port: 5000 + time })),
};

test.for(Object.entries(REWRITES))(
  'applies a commit to another service although a file gets %s every 120 ms, and the API takes 300 ms',
  async ([, content], { annotate }) => {
    const daemon = await startDaemon({ latency: 300 });
    let times = 0;
    const storm = setInterval(() => writeFileSync(join(daemon.folder, 'web.yaml'), content((times += 1))), EVERY_MS);
    onTestFinished(() => clearInterval(storm));
    await sleep(5000);
    const latencies = [await daemon.commit(6000), await daemon.commit(6001)];
    await annotate(`commits after ${latencies.map(Math.round).join(' and ')} ms`);
    // A first plan may be superseded: two gaps, and two lists and an update of 300 ms each.
    for (const ms of latencies) expect(ms).toBeLessThan(4500);
  },
);
