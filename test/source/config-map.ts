import { randomInt } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/**
 * Writes or updates a ConfigMap volume like the kubelet (pkg/volume/util/atomic_writer.go):
 *
 *   folder/..2026_11_22_10_00_00.123456789/key   the files
 *   folder/..data -> ..2026_…                    replaced by a rename
 *   folder/key -> ..data/key                     new links are created, and stale ones removed, after the rename
 */
export function writeConfigMap(folder: string, payload: Readonly<Record<string, string>>): void {
  mkdirSync(folder, { recursive: true });
  const data = join(folder, '..data');
  const old = exists(data) ? readlinkSync(data) : null;

  const version = `..${new Date().toISOString().slice(0, 19).replaceAll(/\D/g, '_')}.${randomInt(1e9, 1e10)}`;
  mkdirSync(join(folder, version), { mode: 0o755 });
  for (const [key, content] of Object.entries(payload)) {
    writeFileSync(join(folder, version, key), content, { mode: 0o644 });
  }

  symlinkSync(version, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), data);

  for (const key of Object.keys(payload)) {
    if (!exists(join(folder, key))) symlinkSync(join('..data', key), join(folder, key));
  }
  for (const name of readdirSync(folder)) {
    if (!name.startsWith('..') && !Object.hasOwn(payload, name)) rmSync(join(folder, name));
  }
  if (old !== null) rmSync(join(folder, old), { recursive: true });
}

/** Whether anything is at the path, including a broken link. */
function exists(place: string): boolean {
  return lstatSync(place, { throwIfNoEntry: false }) !== undefined;
}
