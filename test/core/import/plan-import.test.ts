import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { planImport } from '../../../src/core/import/plan-import.ts';
import type { ImportOptions } from '../../../src/core/import/plan-import.ts';
import { toDeclaration } from '../../../src/core/import/to-declaration.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { id, live, service } from '../builders.ts';

const file = (path: string, ...services: readonly JsonObject[]) =>
  parseFile(path, services.map((fields) => `---\n${JSON.stringify(service(fields))}\n`).join(''));
const a = { service_id: id(1), name: 'a' };
const b = { service_id: id(2), name: 'b' };

function planned(services: readonly JsonObject[], facts: Partial<ImportOptions> = {}) {
  return planImport({
    services: services.map((fields) => toDeclaration(live(fields))),
    folder: [],
    existingNames: [],
    pathOf: (service_id) => `s/${service_id.slice(-1)}.yaml`,
    headerOf: () => '',
    force: false,
    ...facts,
  });
}

test('plans a file with a header for each service, sorted by id', () => {
  const { files, ...rest } = planned([b, a], { headerOf: (path) => `# ${path}\n` });
  expect(rest).toEqual({ declared: [], undeclarable: [], conflicts: [] });
  expect(files).toMatchObject([
    { path: 's/1.yaml', live: { name: 'a' }, replaces: false },
    { path: 's/2.yaml', live: { name: 'b' }, replaces: false },
  ]);
  expect(files[0]?.text).toMatch(/^# s\/1\.yaml\nservice_id: /);
});

test('leaves a declared service alone, in any file, even if its live state cannot be declared', () => {
  const { files, declared, undeclarable, conflicts } = planned([{ ...a, tcp_port: null }, b], {
    folder: [file('s/other.json', a)],
  });
  expect(files.map(({ path }) => path)).toEqual(['s/2.yaml']);
  expect(declared).toMatchObject([{ live: { name: 'a' }, declaration: { file: 's/other.json', line: 2 } }]);
  expect({ undeclarable, conflicts }).toEqual({ undeclarable: [], conflicts: [] });
});

test('plans the other services if one cannot be declared', () => {
  const { files, undeclarable } = planned([{ ...a, type: 'udp' }, b]);
  expect(files.map(({ path }) => path)).toEqual(['s/2.yaml']);
  expect(undeclarable).toMatchObject([{ live: { name: 'a' } }]);
});

test('replaces a file with one declaration with force, under any name', () => {
  const { files, conflicts } = planned([{ ...a, tcp_port: 1 }], { folder: [file('s/x/other.yml', a)], force: true });
  expect(conflicts).toEqual([]);
  expect(files).toMatchObject([{ path: 's/x/other.yml', replaces: true }]);
});

test.for<{
  reason: string;
  services: readonly JsonObject[];
  facts: Partial<ImportOptions>;
  conflicts: readonly string[];
}>([
  {
    reason: 'a file with that name, in any case, declares another service',
    services: [a],
    facts: { folder: [file('s/1.YAML', b)], existingNames: ['1.YAML'] },
    conflicts: [
      's/1.yaml: expected no existing file for the declaration of "a", found one that declares "b"; rename it, or import --into another folder',
    ],
  },
  {
    reason: 'something has that name, even with force',
    services: [a, b],
    facts: { existingNames: ['1.yaml', '2.yaml'], force: true },
    conflicts: [
      's/1.yaml: expected no existing file for the declaration of "a", found something with that name; rename it, or import --into another folder',
      's/2.yaml: expected no existing file for the declaration of "b", found something with that name; rename it, or import --into another folder',
    ],
  },
  {
    reason: 'the name is declared for another id',
    services: [a],
    facts: { folder: [file('s/old.yaml', { ...b, name: 'a' })] },
    conflicts: ['s/1.yaml:2:7 name: "a" is declared more than once, also at s/old.yaml:2; keep one'],
  },
  {
    reason: 'with force, its file has other declarations',
    services: [a],
    facts: { folder: [file('s/both.yaml', b, a)], force: true },
    conflicts: [
      's/both.yaml: expected one declaration, because --force replaces the file, found "b" (line 2) and "a" (line 4); move each into a file of its own, or omit --force',
    ],
  },
  {
    reason: 'with force, its file is not YAML',
    services: [a],
    facts: { folder: [file('s/a.json', a)], force: true },
    conflicts: [
      's/a.json:2: expected a name that ends in .yaml or .yml, because import writes YAML; rename the file, or omit --force',
    ],
  },
])('reports a conflict if $reason', ({ services, facts, conflicts }) => {
  expect(planned(services, facts).conflicts).toEqual(conflicts);
});

test('allows replaced declarations to exchange names', () => {
  const folder = [file('s/a.yaml', a), file('s/b.yaml', b)];
  const swapped = [
    { ...a, name: 'b' },
    { ...b, name: 'a' },
  ];
  expect(planned(swapped, { folder, force: true }).conflicts).toEqual([]);
  expect(planned(swapped.slice(0, 1), { folder, force: true }).conflicts).toHaveLength(1);
});

test('reports a shared file once with force, with its first declarations', () => {
  const many = [1, 2, 3, 4, 5, 6, 7].map((number) => ({ service_id: id(number), name: `s${number}` }));
  expect(planned(many, { folder: [file('s/all.yaml', ...many)], force: true }).conflicts).toEqual([
    's/all.yaml: expected one declaration, because --force replaces the file, found "s1" (line 2), "s2" (line 4), "s3" (line 6), "s4" (line 8), "s5" (line 10) and 2 more; move each into a file of its own, or omit --force',
  ]);
});
