import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Creates an empty folder and returns its real path. The folder is removed when the test ends. */
export function temporaryFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'vpc-reconciler-test-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes files below a folder, and creates the folders that they need. */
export function write(folder: string, files: Readonly<Record<string, string | Buffer>>): void {
  for (const [path, content] of Object.entries(files)) {
    const place = join(folder, path);
    mkdirSync(dirname(place), { recursive: true });
    writeFileSync(place, content);
  }
}

/** Replaces a file like most editors: writes a new file next to it, and renames it. */
export function replace(folder: string, path: string, content: string): void {
  const temporaryPath = join(folder, `${path}.tmp`);
  writeFileSync(temporaryPath, content);
  renameSync(temporaryPath, join(folder, path));
}

/** Returns a valid declaration of the service with this number. */
export function declaration(number: number, name = `web-${number}`): string {
  const id = `0191e3a4-5b6c-7d8e-9f00-${String(number).padStart(12, '0')}`;
  return [
    `service_id: ${id}`,
    `name: ${name}`,
    'type: http',
    'host: { ipv4: 10.0.0.1, network: { tunnel_id: 0191dce4-9ab4-7fce-b660-8e5dec5172da } }',
    '',
  ].join('\n');
}
