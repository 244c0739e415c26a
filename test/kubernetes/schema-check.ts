import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../e2e/program.ts';
import type { Manifest } from './manifests.ts';

/**
 * Checks sets of manifests with the TypeScript compiler against types generated from the Kubernetes schema. Returns the errors of each set:
 * unknown fields, missing fields, and values of a wrong type.
 */
export function schemaFaults(sets: Readonly<Record<string, readonly Manifest[]>>): Record<string, string[]> {
  const cache = join(root, 'node_modules/.cache');
  mkdirSync(cache, { recursive: true });
  // Inside node_modules, so that the compiler finds the types.
  const folder = mkdtempSync(join(cache, 'vpc-reconciler-types-'));
  try {
    const files = Object.values(sets).map((manifests, index) => {
      writeFileSync(join(folder, `${index}.ts`), manifests.map(source).join('\n'));
      return `${index}.ts`;
    });
    const options = '--noEmit --strict --skipLibCheck --ignoreConfig --pretty false --types node'.split(' ');
    const language = ['--target', 'es2024', '--module', 'nodenext'];
    const tsc = join(root, 'node_modules/.bin/tsc');
    const { stdout } = spawnSync(tsc, [...options, ...language, ...files], { cwd: folder, encoding: 'utf8' });
    const lines = stdout.split('\n').filter((line) => /error TS/.test(line));
    const faultsIn = (file: string) => lines.filter((line) => line.startsWith(`${file}(`));
    const elsewhere = lines.filter((line) => !/^\d+\.ts\(/.test(line));
    if (elsewhere.length > 0) throw new Error(elsewhere.join('\n'));
    return Object.fromEntries(Object.keys(sets).map((name, index) => [name, faultsIn(`${index}.ts`)]));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function source(manifest: Manifest, index: number): string {
  const { apiVersion, kind } = manifest;
  const library = apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
  const type = `import('${library}/${apiVersion}/${kind}', { with: { 'resolution-mode': 'import' } }).I${kind}`;
  return `export const manifest${index}: ${type} = ${JSON.stringify(manifest, null, 1)};`;
}
