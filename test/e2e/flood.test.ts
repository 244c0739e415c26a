import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { buildBundle } from '../bench/bundle.ts';
import { image } from '../bench/image.ts';
import { accountAt, emulated, folderOf, temporaryFolder, web } from '../cli/command.ts';
import { documents, fleet, fleetTunnels } from '../pass/fleet.ts';
import { memoryLimit } from './memory-limit.ts';
import { root, start } from './program.ts';
import { servedBy } from './serving.ts';

/* The program as it runs in the image, under the memory limit of the manifests, among clients that harm it. */

const FULL = process.env['FULL'] === '1';
const SECONDS = FULL ? 60 : 8;
const DRIFTED = 999;
const LIMIT_MIB = Number(
  /limits:\s+memory: (\d+)Mi/.exec(readFileSync(join(root, 'config/kubernetes/base/deployment.yaml'), 'utf8'))?.[1],
);
const MIB = 1024 * 1024;

/** Starts the program with a thousand services, of which all but one have drifted and cannot be corrected. */
async function startDrifted() {
  const pairs = fleet({ drifted: DRIFTED, inSync: 0 });
  const putTimes = new Map<unknown, number>();
  const own = web();
  const emulator = await emulated({
    services: [own, ...pairs.map(({ declared, live }) => ({ ...live, service_id: declared.service_id }))],
    tunnels: fleetTunnels,
    scenario: { refuse: pairs.map(({ declared }) => declared.service_id) },
    onRequest: ({ method, body }) => {
      if (method === 'PUT') putTimes.set(Object(body).http_port, performance.now());
    },
  });
  const folder = folderOf({ 'fleet.yaml': documents(pairs.map(({ declared }) => declared)), 'web.yaml': own });
  const limit = memoryLimit(LIMIT_MIB * MIB);
  const node = [process.execPath, ...image.flags, buildBundle(temporaryFolder())] as const;
  const program = start(['run', '--services', folder, '--interval', '5s', '--request-budget', '100000/1s'], {
    command: limit?.command(node) ?? node,
    environment: { ...image.environment, ...accountAt(emulator.url), VPC_RECONCILER_LOG_LEVEL: 'info' },
  });
  return { program, folder, limit, putTimes };
}

/** Starts a server that does nothing, in a process of its own. Its probes show how long this machine keeps any process waiting. */
async function startIdleServer(): Promise<string> {
  const listen = "listen(0, '127.0.0.1', function () { console.log(this.address().port) })";
  const code = `require('node:http').createServer((_, response) => response.end()).${listen}`;
  const child = spawn(process.execPath, ['--eval', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [port] = await once(child.stdout, 'data');
  return `http://127.0.0.1:${Number(port)}/`;
}

/** Returns how many milliseconds a probe takes, on a connection of its own as those of Kubernetes. */
async function probe(url: string): Promise<number> {
  const startedAt = performance.now();
  const request = get(url, { agent: false, headers: { connection: 'close' } });
  const [response] = await once(request, 'response');
  response.resume();
  expect(response.statusCode).toBe(200);
  return performance.now() - startedAt;
}

function rssPeakMib(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? NaN;
}

const describeTimes = (values: readonly number[]) =>
  `median ${quantile(values, 0.5).toFixed(1)} ms, 90 % ${quantile(values, 0.9).toFixed(1)} ms, worst ${Math.max(...values).toFixed(1)} ms`;

test(
  'survives floods and a thousand slow clients within its memory, answers probes, and applies commits',
  { timeout: FULL ? 240_000 : 90_000 },
  async ({ annotate }) => {
    const { program, folder, limit, putTimes } = await startDrifted();
    const { url } = await servedBy(program);
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status, { timeout: 60_000 }).toBe(200);

    const crowd = fork(join(root, 'test/e2e/crowd.ts'), [url]);
    onTestFinished(() => void crowd.kill('SIGKILL'));
    const endsAt = performance.now() + SECONDS * 1000;
    const idleUrl = await startIdleServer();
    const probes: number[] = [];
    const idleProbes: number[] = [];
    const commits: number[] = [];
    const probing = (async () => {
      for (let count = 0; performance.now() < endsAt; count += 1) {
        probes.push(await probe(`${url}${count % 2 === 0 ? '/healthz' : '/readyz'}`));
        idleProbes.push(await probe(idleUrl));
        await sleep(50);
      }
    })();
    for (let port = 9000; performance.now() < endsAt - 2000; port += 1) {
      await sleep(2000);
      const at = performance.now();
      writeFileSync(join(folder, 'web.yaml'), JSON.stringify(web({ http_port: port })));
      await expect.poll(() => putTimes.has(port), { timeout: 30_000, interval: 5 }).toBe(true);
      commits.push((putTimes.get(port) ?? Infinity) - at);
    }
    await probing;
    crowd.send('counts');
    const [counts] = await once(crowd, 'message');
    const peak = limit === null ? rssPeakMib(program.pid) : limit.peak() / MIB;
    const text = [
      `${probes.length} probes: ${describeTimes(probes)}`,
      `of an idle server: ${describeTimes(idleProbes)}`,
      `${commits.length} commits: ${describeTimes(commits)}`,
      `memory: ${peak.toFixed(0)} of ${LIMIT_MIB} MiB, RSS ${rssPeakMib(program.pid).toFixed(0)} MiB`,
      JSON.stringify(counts),
    ].join('\n');
    await annotate(text);
    if (FULL) process.stdout.write(`${text}\n`);
    crowd.kill('SIGKILL');
    await once(crowd, 'exit');
    program.send('SIGTERM');
    expect(await program.ended).toMatchObject({ code: 0 });
    expect(peak).toBeLessThan(LIMIT_MIB);
    // Other tests keep this machine busy in a short run, and the crowd does so in any: an idle server shows for how long.
    if (!FULL) return;
    const machine = quantile(idleProbes, 0.9);
    expect(quantile(probes, 0.5)).toBeLessThan(100 + machine);
    expect(quantile(commits, 0.5)).toBeLessThan(1000 + machine);
  },
);
