import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { DAEMON_LINE } from './context.ts';
import type { Bench } from './context.ts';
import { REPORT, startDaemon } from './daemons.ts';
import { atMost, figure } from './figures.ts';
import { image } from './image.ts';
import { material } from './material.ts';
import { environmentFor } from './processes.ts';

/** Makes a process collect garbage and log its heap on SIGUSR2. Not TypeScript, because stripping types takes memory. */
const MEASURE = `
  import { writeSync } from 'node:fs';
  process.on('SIGUSR2', () => {
    globalThis.gc(); globalThis.gc();
    const { heapUsed } = process.memoryUsage();
    writeSync(1, JSON.stringify({ event: 'measured', heapUsed }) + '\\n');
  });`;

/** A process reports that it is ready only after it handles signals. */
const IDLE = `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1e6); process.stdout.write('{"event":"ready"}\\n');`;
/** Keeps a process of the SDK alive, to measure its memory with one list. */
const SDK_IDLE = (folder: string) =>
  `import { pathToFileURL } from 'node:url'; process.argv[2] = ${JSON.stringify(folder)};
   await import(pathToFileURL(${JSON.stringify(new URL('sdk-script.js', import.meta.url).pathname)}));
   ${IDLE}`;

/** Measures the memory of a daemon: at rest, after one pass, and after many. Linux only. */
export const memory: Bench = async ({ quick, bundle, accounts, newFolder, announce }) => {
  const name = { name: 'memory', title: 'Memory of a daemon' };
  if (!existsSync('/proc/self/status')) return { ...name, figures: [], aims: [] };
  const [services, passes, passesOfHeap] = quick ? [20, 500, 50] : [1000, 10_000, 500];
  announce(`memory of a daemon, ${passes} passes over ${services} services`);
  const stuff = material(newFolder(), { services, changes: 0 });
  const account = await accounts.open({ services: stuff.live, tunnels: stuff.tunnels, latencyMs: 0 });
  const environment = environmentFor(account);
  const line = [bundle, ...DAEMON_LINE, `--services=${stuff.folder}`];

  const startup = { event: REPORT, trigger: 'startup', outcome: 'in_sync' };
  const bySignal = { event: REPORT, trigger: 'signal', outcome: 'in_sync' };
  const asImage = { ...environment, ...image.environment };
  const daemon = startDaemon([...image.flags, ...line], asImage);
  await daemon.logged(startup);
  await sleep(quick ? 0 : REST_MS);
  const idle = residentMB(daemon.pid);
  const during: number[] = [];
  for (let pass = 1; pass <= passes; pass += 1) {
    daemon.send('SIGHUP');
    await daemon.logged(bySignal);
    if (pass === 1 || pass % (passes / 10) === 0) during.push(residentMB(daemon.pid));
    // Otherwise the records of the other process grow and take time.
    if (pass % 100 === 0) await account.take();
  }
  await sleep(quick ? 0 : REST_MS);
  const atRest = residentMB(daemon.pid);
  const peak = residentMB(daemon.pid, 'VmHWM');
  await daemon.end();

  const watched = startDaemon(
    [...image.flags, '--expose-gc', `--import=data:text/javascript,${encodeURIComponent(MEASURE)}`, ...line],
    asImage,
  );
  await watched.logged(startup);
  const heapMB = async () => {
    watched.send('SIGUSR2');
    return Number((await watched.logged({ event: 'measured' }))['heapUsed']) / 1e6;
  };
  const heapAtFirst = await heapMB();
  for (let pass = 0; pass < passesOfHeap; pass += 1) {
    watched.send('SIGHUP');
    await watched.logged(bySignal);
  }
  const heapAtLast = await heapMB();
  await watched.end();

  const idleOf = async (script: string) => {
    const process = startDaemon(['--input-type=module', '-e', script], environment);
    await process.logged({ event: 'ready' });
    await sleep(quick ? 0 : REST_MS);
    const megabytes = residentMB(process.pid);
    await process.end();
    return megabytes;
  };
  const plain = startDaemon(line, environment);
  await plain.logged(startup);
  for (let pass = 0; pass < passesOfHeap; pass += 1) {
    plain.send('SIGHUP');
    await plain.logged(bySignal);
  }
  const unflagged = residentMB(plain.pid);
  await plain.end();

  const bare = await idleOf(IDLE);
  const sdk = await idleOf(SDK_IDLE(stuff.folder));

  const cell = `${services} services`;
  const unit = 'MB';
  const floor = figure(cell, 'RSS of an idle Node', [bare], { unit });
  const [one = idle, first = idle, ...later] = during;
  const most = Math.max(idle, one, first, ...later, atRest);
  return {
    ...name,
    figures: [
      floor,
      figure(cell, 'RSS of the SDK script, kept alive', [sdk], { unit, beside: floor }),
      figure(cell, 'RSS of the daemon, idle', [idle], { unit, beside: floor }),
      figure(cell, 'RSS after one more pass', [one], { unit, beside: floor }),
      figure(cell, `RSS over ${passes} passes`, [first, ...later], {
        unit,
        beside: floor,
        notes: [[first, ...later].map(Math.round).join(' '), `peak ${Math.round(peak)}`],
      }),
      figure(cell, 'RSS after them, idle', [atRest], { unit, beside: floor }),
      figure(cell, `RSS after ${passesOfHeap} passes, without the settings of the image`, [unflagged], {
        unit,
        beside: floor,
      }),
      figure(cell, 'heap after collection, idle', [heapAtFirst], { unit }),
      figure(cell, `heap after collection, ${passesOfHeap} passes later`, [heapAtLast], { unit }),
    ],
    aims: quick
      ? []
      : [
          atMost('RSS of a daemon with 1,000 services, ever sampled', most, 90, ' MB'),
          atMost('RSS after 10,000 passes : after 1,000', atRest / first, 1.05, '×'),
          atMost('heap after 500 passes : at the start', heapAtLast / heapAtFirst, 1.05, '×'),
        ],
  };
};

const REST_MS = 2000;

function residentMB(pid: number, field = 'VmRSS'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) * 1024) / 1e6;
}
