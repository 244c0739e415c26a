/*
 * Reads a folder in several ways, each for the first time in this process, and prints how long each took.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { compare } from '../../src/core/compare/compare.ts';
import { collect } from '../../src/core/load/collect.ts';
import type { Snapshot } from '../../src/core/load/source.ts';
import { plan } from '../../src/core/plan/plan.ts';
import type { LiveService } from '../../src/core/service/directory.ts';
import { folderSource } from '../../src/source/folder-source.ts';
import { planOptions } from '../core/builders.ts';
import type { ReadingTimes } from './reading.ts';

const [folder = ''] = process.argv.slice(2);
const names = readdirSync(folder);
const { signal } = new AbortController();
const source = folderSource({ path: folder, rules: { include: ['**/*.{yaml,yml,json}'] }, allowEmpty: false });

const [bytes] = await timed(() => names.map((name) => readFileSync(join(folder, name), 'utf8')));
const [cold, { files }] = await timed(async () => source.read(signal));
const [yaml] = await timed(() => names.map((name): unknown => parse(readFileSync(join(folder, name), 'utf8'))));
const warm: number[] = [];
for (let repeat = 0; repeat < 5; repeat += 1) warm.push((await timed(async () => source.read(signal)))[0]);

// The maximum of an account; the other services are missing.
const { declarations } = collect(files);
const live = declarations.slice(0, 1000).map(({ service_id: id, name, value }): LiveService => {
  const service_id = id ?? '';
  return { service_id, name, value: { ...value, service_id } };
});
const first = join(folder, names[0] ?? '');
const content = readFileSync(first, 'utf8');
const changed: number[] = [];
for (let repeat = 0; repeat < 5; repeat += 1) {
  writeFileSync(first, content.replace(/^(name: .*)$/m, `$1-${repeat}`));
  const [ms, updates] = await timed(async () => planFor(await source.read(signal)));
  if (updates !== 1) throw new Error(`expected one update, found ${updates}`);
  changed.push(ms);
}
writeFileSync(first, content);
const times: ReadingTimes = { bytes, yaml, cold, warm, changed };
process.stdout.write(JSON.stringify(times));

function planFor(snapshot: Snapshot): number {
  const findings = compare(collect(snapshot.files), live);
  return plan(findings, planOptions()).steps.length;
}

async function timed<Value>(work: () => Value | Promise<Value>): Promise<[ms: number, value: Value]> {
  const begun = performance.now();
  const value = await work();
  return [performance.now() - begun, value];
}
