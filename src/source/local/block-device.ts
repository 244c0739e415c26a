import { readdirSync, readlinkSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Disks in the kernel's device tree that another machine, another process, or a file behind them can keep from responding. */
const REMOTE_DISK = /\/(?:nbd|rbd|drbd|loop|ublkb)\d|\/session\d+\/|\/nvme-fabrics\//;

/** Disks can be stacked, for example with encryption on a volume group on RAID. */
const MAX_DEPTH = 8;

/**
 * Whether a disk is in this machine, as far as the kernel knows: not over iSCSI, NVMe over Fabrics or a network block device, and not an
 * image in a file. A virtual machine cannot know where its disks are. `number` is `MAJOR:MINOR`; other file systems have the major
 * number 0, and no disk of their own.
 */
export function isLocalDevice(number: string): boolean {
  if (number.startsWith('0:')) return true;
  try {
    return isLocalDisk(followLink(join('/sys/dev/block', number)), 0);
  } catch {
    return false; // The device tree is not visible here.
  }
}

function isLocalDisk(folder: string, depth: number): boolean {
  if (REMOTE_DISK.test(`${folder}/`) || depth > MAX_DEPTH) return false;
  const isStacked = folder.startsWith('/sys/devices/virtual/block/');
  if (!isStacked) return true;
  const parts = join(folder, 'slaves');
  return readdirSync(parts).every((name) => isLocalDisk(followLink(join(parts, name)), depth + 1));
}

function followLink(path: string): string {
  return resolve(dirname(path), readlinkSync(path));
}
