import { statfsSync } from 'node:fs';
import { describeSystemError } from '../../core/base/errno.ts';

/**
 * File systems that other machines write to, by their magic number (statfs(2)). The kernel reports only writes of this machine as
 * events.
 */
const REMOTE_FILE_SYSTEMS = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x65735546, 'FUSE'],
]);

/** Returns why events do not cover all changes in the folder, so that it needs frequent rescans; null if they do. */
export function findRescanReason(folder: string): string | null {
  try {
    const remote = REMOTE_FILE_SYSTEMS.get(statfsSync(folder).type);
    return remote === undefined ? null : `${folder} is on ${remote}, where changes by other machines cause no events`;
  } catch (error) {
    return `${folder} cannot be watched yet: ${describeSystemError(error)}`;
  }
}
