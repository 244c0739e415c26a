/*
 * For `node --expose-gc --import`: on SIGUSR2 the process collects garbage and logs the memory that remains.
 */
import { writeSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';

process.on('SIGUSR2', () => {
  void measure();
});

async function measure(): Promise<void> {
  // Objects that are finalized in one collection are freed in the next one.
  for (let times = 0; times < 3; times += 1) {
    globalThis.gc?.();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1;
  writeSync(1, `${JSON.stringify({ event: 'measured', heapUsed, external, resources })}\n`);
}
