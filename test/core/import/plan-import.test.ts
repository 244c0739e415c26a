import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { planImport } from '../../../src/core/import/plan-import.ts';
import type { ImportFacts } from '../../../src/core/import/plan-import.ts';
import { toDeclaration } from '../../../src/core/import/to-declaration.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { id, live, service } from '../builders.ts';

const file = (path: string, ...services: readonly JsonObject[]) =>
  parseFile(path, services.map((fields) => `---\n${JSON.stringify(service(fields))}\n`).join(''));
const a = { service_id: id(1), name: 'a' };
const b = { service_id: id(2), name: 'b' };

function planned(services: readonly JsonObject[], facts: Partial<ImportFacts> = {}) {
  return planImport({
    adoptions: services.map((fields) => toDeclaration(live(fields))),
    folder: [],
    entries: [],
    pathOf: (service_id) => `s/${service_id.slice(-1)}.yaml`,
    headOf: () => '',
    force: false,
    ...facts,
  });
}

test('a file for each service, sorted by id, with its head', () => {
  const { files, ...rest } = planned([b, a], { headOf: (path) => `# ${path}\n` });
  expect(rest).toEqual({ declared: [], impossible: [], conflicts: [] });
  expect(files).toMatchObject([
    { path: 's/1.yaml', live: { name: 'a' }, replaces: false },
    { path: 's/2.yaml', live: { name: 'b' }, replaces: false },
  ]);
  expect(files[0]?.text).toMatch(/^# s\/1\.yaml\nservice_id: /);
});

test('a service that is declared stays as it is, wherever it is declared, though it could not be declared anew', () => {
  const { files, declared, impossible, conflicts } = planned([{ ...a, tcp_port: null }, b], {
    folder: [file('s/other.json', a)],
  });
  expect(files.map(({ path }) => path)).toEqual(['s/2.yaml']);
  expect(declared).toMatchObject([{ live: { name: 'a' }, declaration: { file: 's/other.json', line: 2 } }]);
  expect({ impossible, conflicts }).toEqual({ impossible: [], conflicts: [] });
});

test('a service that cannot be declared keeps no other', () => {
  const { files, impossible } = planned([{ ...a, type: 'udp' }, b]);
  expect(files.map(({ path }) => path)).toEqual(['s/2.yaml']);
  expect(impossible).toMatchObject([{ live: { name: 'a' } }]);
});

test('with force, the file of its own is written anew, whatever it is called', () => {
  const { files, conflicts } = planned([{ ...a, tcp_port: 1 }], { folder: [file('s/x/other.yml', a)], force: true });
  expect(conflicts).toEqual([]);
  expect(files).toMatchObject([{ path: 's/x/other.yml', replaces: true }]);
});

test.for<{ reason: string; services: readonly JsonObject[]; facts: Partial<ImportFacts>; told: readonly string[] }>([
  {
    reason: 'a file of that name declares others, in whatever case',
    services: [a],
    facts: { folder: [file('s/1.YAML', b)], entries: ['1.YAML'] },
    told: [
      's/1.yaml: expected no file yet, for "a", found one that declares "b"; rename it, or import --into another folder',
    ],
  },
  {
    reason: 'something has that name, and force changes nothing about it',
    services: [a, b],
    facts: { entries: ['1.yaml', '2.yaml'], force: true },
    told: [
      's/1.yaml: expected no file yet, for "a", found something of that name; rename it, or import --into another folder',
      's/2.yaml: expected no file yet, for "b", found something of that name; rename it, or import --into another folder',
    ],
  },
  {
    reason: 'the name is declared for another id',
    services: [a],
    facts: { folder: [file('s/old.yaml', { ...b, name: 'a' })] },
    told: ['s/1.yaml:2:7 name: "a" is declared more than once, also at s/old.yaml:2; keep one'],
  },
  {
    reason: 'with force: others stand in its file',
    services: [a],
    facts: { folder: [file('s/both.yaml', b, a)], force: true },
    told: [
      's/both.yaml: expected one service, for --force writes the file anew, found "b" (line 2) and "a" (line 4); move each into a file of its own, or do without --force',
    ],
  },
  {
    reason: 'with force: its file is no YAML',
    services: [a],
    facts: { folder: [file('s/a.json', a)], force: true },
    told: ['s/a.json:2: expected a file of YAML, which import writes, found another; rename it, or do without --force'],
  },
])('a conflict: $reason', ({ services, facts, told }) => {
  expect(planned(services, facts).conflicts).toEqual(told);
});

test('what is replaced may take or give up a name', () => {
  const folder = [file('s/a.yaml', a), file('s/b.yaml', b)];
  const swapped = [
    { ...a, name: 'b' },
    { ...b, name: 'a' },
  ];
  expect(planned(swapped, { folder, force: true }).conflicts).toEqual([]);
  expect(planned(swapped.slice(0, 1), { folder, force: true }).conflicts).toHaveLength(1);
});

test('with force, a file that many share is told once, with the first of them', () => {
  const many = [1, 2, 3, 4, 5, 6, 7].map((number) => ({ service_id: id(number), name: `s${number}` }));
  expect(planned(many, { folder: [file('s/all.yaml', ...many)], force: true }).conflicts).toEqual([
    's/all.yaml: expected one service, for --force writes the file anew, found "s1" (line 2), "s2" (line 4), "s3" (line 6), "s4" (line 8), "s5" (line 10) and 2 more; move each into a file of its own, or do without --force',
  ]);
});
