import { readFile, realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** File systems on a disk or in the memory of this machine. Others can wait for another machine or another process, without limit. */
const LOCAL_TYPES = new Set([
  'ext2',
  'ext3',
  'ext4',
  'xfs',
  'btrfs',
  'zfs',
  'f2fs',
  'tmpfs',
  'ramfs',
  'overlay',
  'squashfs',
]);

/** How long an answer may take. A file system that takes longer is not local. */
const TIMEOUT_MS = 200;

/** Whether a folder and everything mounted in it is on file systems of this machine, so that reading it does not block for long. */
export async function isOnLocalDisk(path: string): Promise<boolean> {
  const timeout = sleep(TIMEOUT_MS, false, { ref: false });
  return Promise.race([timeout, hasLocalMounts(path)]).catch(() => false);
}

async function hasLocalMounts(path: string): Promise<boolean> {
  const [folder, mountinfo] = await Promise.all([realpath(path), readFile('/proc/self/mountinfo', 'utf8')]);
  const mounts = mountinfo.split('\n').flatMap(parseMount);
  // The last mount of a place hides the earlier ones, and the deepest place is the one that holds the folder.
  const around = mounts.filter(({ place }) => isBelow(folder, place)).sort((a, b) => a.place.length - b.place.length);
  const inside = mounts.filter(({ place }) => isBelow(place, folder));
  return [...around.slice(-1), ...inside].every(({ type }) => LOCAL_TYPES.has(type)) && around.length > 0;
}

function isBelow(inner: string, outer: string): boolean {
  return inner === outer || inner.startsWith(outer.replace(/\/?$/, '/'));
}

/** Parses a line of proc_pid_mountinfo(5): `36 35 98:0 /root /place options - type source options`. */
function parseMount(line: string): readonly { readonly place: string; readonly type: string }[] {
  const [, place, type] = /^(?:\S+ ){4}(\S+) .*? - (\S+)/.exec(line) ?? [];
  if (place === undefined || type === undefined) return [];
  return [
    { place: place.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))), type },
  ];
}
