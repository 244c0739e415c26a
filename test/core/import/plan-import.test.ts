import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { planImport } from '../../../src/core/import/plan-import.ts';
import type { ImportOptions } from '../../../src/core/import/plan-import.ts';
import { toDeclaration } from '../../../src/core/import/to-declaration.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { id, live, service } from '../builders.ts';

const textOf = (...services: readonly JsonObject[]) =>
  services.map((fields) => `---\n${JSON.stringify(service(fields))} # mine\n`).join('');
const file = (path: string, ...services: readonly JsonObject[]) => parseFile(path, textOf(...services));
const text = (path: string, ...services: readonly JsonObject[]) => ({
  file: path,
  text: textOf(...services),
  values: null,
});
const a = { service_id: id(1), name: 'a' };
const b = { service_id: id(2), name: 'b' };

function planned(services: readonly JsonObject[], facts: Partial<ImportOptions> = {}) {
  return planImport({
    services: services.map((fields) => toDeclaration(live(fields))),
    folder: [],
    existingNames: [],
    pathOf: (service_id) => `s/${service_id.slice(-1)}.yaml`,
    headerOf: () => '',
    texts: null,
    ...facts,
  });
}

test('plans a file with a header for each service, sorted by id', () => {
  const { files, ...rest } = planned([b, a], { headerOf: (path) => `# ${path}\n` });
  expect(rest).toEqual({ declared: [], undeclarable: [], conflicts: [] });
  expect(files).toMatchObject([
    { path: 's/1.yaml', services: [{ live: { name: 'a' } }], replaces: false },
    { path: 's/2.yaml', services: [{ live: { name: 'b' } }], replaces: false },
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

test('leaves a service alone that is declared by its name', () => {
  const { files, declared } = planned([a, b], { folder: [file('s/other.json', { ...a, service_id: null })] });
  expect(files.map(({ path }) => path)).toEqual(['s/2.yaml']);
  expect(declared).toMatchObject([{ live: { name: 'a' }, declaration: { service_id: null } }]);
});

test('plans the other services if one cannot be declared', () => {
  const { files, undeclarable } = planned([{ ...a, type: 'udp' }, b]);
  expect(files.map(({ path }) => path)).toEqual(['s/2.yaml']);
  expect(undeclarable).toMatchObject([{ live: { name: 'a' } }]);
});

test('changes only the values of declared services if it has the texts, in files of any name', () => {
  const both = [a, { ...b, tcp_port: 9 }];
  const { files, declared, conflicts } = planned(
    [
      { ...a, tcp_port: 1 },
      { ...b, tcp_port: 2 },
      { service_id: id(3), name: 'c' },
    ],
    {
      folder: [file('s/both.yml', ...both), file('s/c.json', { service_id: id(3), name: 'c' })],
      texts: [text('s/both.yml', ...both)],
    },
  );
  expect({ conflicts, declared: declared.length }).toEqual({ conflicts: [], declared: 1 });
  expect(files).toMatchObject([
    {
      path: 's/both.yml',
      text: textOf({ ...a, tcp_port: 1 }, { ...b, tcp_port: 2 }),
      services: [{ live: { name: 'a' } }, { live: { name: 'b' } }],
      replaces: true,
    },
  ]);
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
    facts: { existingNames: ['1.yaml', '2.yaml'], texts: [] },
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
    reason: 'the file of a declared service cannot be edited',
    services: [{ ...a, tcp_port: 1 }],
    facts: { folder: [file('s/a.json', a)], texts: [] },
    conflicts: ['s/a.json:2: a: the file has changed in the meantime; run the command again'],
  },
])('reports a conflict if $reason', ({ services, facts, conflicts }) => {
  expect(planned(services, facts).conflicts).toEqual(conflicts);
});

test('allows declared services to exchange names', () => {
  const facts = {
    folder: [file('s/a.yaml', a), file('s/b.yaml', b)],
    texts: [text('s/a.yaml', a), text('s/b.yaml', b)],
  };
  const swapped = [
    { ...a, name: 'b' },
    { ...b, name: 'a' },
  ];
  expect(planned(swapped, facts).conflicts).toEqual([]);
  expect(planned(swapped.slice(0, 1), facts).conflicts).toHaveLength(1);
});
