import { readFileSync } from 'node:fs';
import { isLocalDevice } from './block-device.ts';

/** The mounted file systems. */
export type Mounts = {
  /** Whether the file system mounted at a place is local; null if nothing is mounted there. */
  readonly isLocalAt: (place: string) => boolean | null;
  /** Whether everything mounted inside a folder is local. */
  readonly areLocalBelow: (folder: string) => boolean;
};

/** File systems on a disk or in the memory of this machine. Others can wait for another machine or another process, without limit. */
const LOCAL_TYPES = new Set(['ext2', 'ext3', 'ext4', 'xfs', 'btrfs', 'zfs', 'f2fs', 'tmpfs', 'ramfs', 'squashfs']);

/** Returns a function that returns the mounts as they are now. They are parsed again only after a change. Throws if they are unknown. */
export function mountReader(): () => Mounts {
  let lastText = '';
  let last = toMounts(lastText);
  return () => {
    // The kernel answers from memory, also while a file system hangs.
    const text = readFileSync('/proc/self/mountinfo', 'utf8');
    if (text !== lastText) [lastText, last] = [text, toMounts(text)];
    return last;
  };
}

function toMounts(text: string): Mounts {
  const local = new Map<string, boolean>();
  // The last mount of a place hides the earlier ones.
  for (const { place, type, device } of text.split('\n').flatMap(parseMount)) {
    // The layers of an overlay can be anywhere. At the root, they are the image of the container, and the program itself is on them.
    const isLocalType = LOCAL_TYPES.has(type) || (type === 'overlay' && place === '/');
    local.set(place, isLocalType && isLocalDevice(device));
  }
  return {
    isLocalAt: (place) => local.get(place) ?? null,
    areLocalBelow: (folder) => {
      const prefix = folder === '/' ? '/' : `${folder}/`;
      return [...local].every(([place, isLocal]) => isLocal || !place.startsWith(prefix) || place === folder);
    },
  };
}

type Mount = { readonly device: string; readonly place: string; readonly type: string };

/** Parses a line of proc_pid_mountinfo(5): `36 35 98:0 /root /place options - type source options`. */
function parseMount(line: string): readonly Mount[] {
  const [, device, place, type] = /^\S+ \S+ (\S+) \S+ (\S+) .*? - (\S+)/.exec(line) ?? [];
  if (device === undefined || place === undefined || type === undefined) return [];
  const unescaped = place.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8)));
  return [{ device, place: unescaped, type }];
}
