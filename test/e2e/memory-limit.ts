import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { onTestFinished } from 'vitest';

/** A control group with a limit of memory, as Kubernetes sets it. */
export type MemoryLimit = {
  /** Runs a command in the group. */
  readonly command: (command: readonly [string, ...string[]]) => readonly [string, ...string[]];
  /** The most memory that the group has used, in bytes. */
  readonly peak: () => number;
};

const V1 = '/sys/fs/cgroup/memory';
const V2 = '/sys/fs/cgroup';

/** Returns a group that is removed after the test; null where this user may not create one. */
export function memoryLimit(bytes: number): MemoryLimit | null {
  const isV1 = existsSync(`${V1}/memory.limit_in_bytes`);
  const group = `${isV1 ? V1 : V2}/vpc-reconciler-test-${process.pid}`;
  try {
    mkdirSync(group);
  } catch {
    return null;
  }
  onTestFinished(() => rmdirSync(group));
  try {
    writeFileSync(`${group}/${isV1 ? 'memory.limit_in_bytes' : 'memory.max'}`, String(bytes));
  } catch {
    return null; // The memory controller is turned off here.
  }
  const peakFile = `${group}/${isV1 ? 'memory.max_usage_in_bytes' : 'memory.peak'}`;
  return {
    command: (command) => ['/bin/sh', '-c', `echo $$ > ${group}/cgroup.procs && exec "$@"`, 'sh', ...command],
    peak: () => Number(readFileSync(peakFile, 'utf8')),
  };
}
