import { describe, expect, test } from 'vitest';
import type { Json } from '../../../src/core/base/json.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { renderProblem } from '../../../src/core/load/problem.ts';
import { http, id, tcp } from '../builders.ts';

const aPort = 'expected a port, a whole number from 1 to 65535';

const idsOf = (declarations: readonly { readonly service_id: string | null }[]) =>
  declarations.map(({ service_id }) => service_id);

const file = (name: string, ...services: readonly Json[]) =>
  parseFile(name, services.map((each) => JSON.stringify(each)).join('\n---\n'));

const problemsOf = (...files: ReturnType<typeof file>[]) => collect(files).problems.map(renderProblem);

describe('a folder', () => {
  test('has the declarations of its files', () => {
    const { declarations, skipped, problems } = collect([file('a.json', tcp), file('b.json', http, 'text')]);
    expect(idsOf(declarations)).toEqual([id(1), id(2)]);
    expect(skipped).toMatchObject([{ file: 'b.json', line: 3, service_id: null }]);
    expect(problems).toMatchObject([{ file: 'b.json', line: 3 }]);
  });

  test('without files declares nothing', () => {
    expect(collect([])).toEqual({ declarations: [], tombstones: [], skipped: [], problems: [] });
  });

  test('reports problems in the order of files, lines and columns', () => {
    expect(
      collect([
        file('b.json', { ...tcp, tcp_port: 0, name: '' }, 'text'),
        file('a.json', { ...http, http_port: 0, name: '' }, 'text'),
      ]).problems.map(({ file, line, path }) => `${file} ${line} ${path}`),
    ).toEqual([
      'a.json 1 name',
      'a.json 1 http_port',
      'a.json 3 null',
      'b.json 1 name',
      'b.json 1 tcp_port',
      'b.json 3 null',
    ]);
  });

  test('skips both declarations of one service_id in any case, and reports both places', () => {
    const files = [
      file('a.json', tcp),
      file('b.json', http, { ...tcp, service_id: id(1).toUpperCase(), name: 'other' }),
    ];
    const { declarations, skipped } = collect(files);
    expect(idsOf(declarations)).toEqual([id(2)]);
    expect(skipped.map(({ file, service_id, name, reason }) => ({ file, service_id, name, reason }))).toEqual([
      {
        file: 'a.json',
        service_id: id(1),
        name: 'db',
        reason: `a.json:1 service_id: "${id(1)}" is declared more than once, also at b.json:3; keep one`,
      },
      {
        file: 'b.json',
        service_id: id(1),
        name: 'other',
        reason: `b.json:3 service_id: "${id(1)}" is declared more than once, also at a.json:1; keep one`,
      },
    ]);
    expect(problemsOf(...files)).toEqual([
      `a.json:1:15 service_id: "${id(1)}" is declared more than once, also at b.json:3; keep one`,
      `b.json:3:15 service_id: "${id(1)}" is declared more than once, also at a.json:1; keep one`,
    ]);
  });

  test('skips both declarations of one name, also in one file', () => {
    const files = [file('a.json', tcp, { ...http, name: 'db' })];
    expect(idsOf(collect(files).declarations)).toEqual([]);
    expect(problemsOf(...files)).toEqual([
      'a.json:1:61 name: "db" is declared more than once, also at a.json:3; keep one',
      'a.json:3:61 name: "db" is declared more than once, also at a.json:1; keep one',
    ]);
  });

  test('accepts names that differ only in case', () => {
    expect(problemsOf(file('a.json', tcp, { ...http, name: 'DB' }))).toEqual([]);
  });

  test('reports each copy once, with all other places in order', () => {
    const files = [file('c.json', tcp), file('a.json', tcp), file('b.json', tcp, { ...tcp, service_id: id(9) })];
    expect(problemsOf(...files)).toEqual([
      `a.json:1:15 service_id: "${id(1)}" is declared more than once, also at b.json:1, c.json:1; keep one`,
      `b.json:1:15 service_id: "${id(1)}" is declared more than once, also at a.json:1, c.json:1; keep one`,
      'b.json:3:61 name: "db" is declared more than once, also at a.json:1, b.json:1, c.json:1; keep one',
      `c.json:1:15 service_id: "${id(1)}" is declared more than once, also at a.json:1, b.json:1; keep one`,
    ]);
  });

  test('skips a valid declaration of a service that one with problems declares as well', () => {
    const { declarations, skipped, problems } = collect([file('a.json', tcp), file('b.json', { ...tcp, tcp_port: 0 })]);
    expect(declarations).toEqual([]);
    expect(skipped.map(({ file, reason }) => `${file} ${reason}`)).toEqual([
      `b.json b.json:1 tcp_port: ${aPort}, found 0`,
      `a.json a.json:1 service_id: "${id(1)}" is declared more than once, also at b.json:1; keep one`,
    ]);
    expect(problems).toHaveLength(3);
  });

  test('skips a valid declaration of a service that a broken file declares as well', () => {
    const { declarations, skipped } = collect([file('a.json', tcp), parseFile('b.yaml', `service_id: ${id(1)}\n]`)]);
    expect(declarations).toEqual([]);
    expect(skipped.map(({ file }) => file)).toEqual(['b.yaml', 'a.json']);
  });

  test('does not take two broken files without ids for the same service', () => {
    expect(collect([parseFile('a.yaml', ']'), parseFile('b.yaml', ']')]).problems).toHaveLength(2);
  });
});

test('lists only some of a thousand copies', () => {
  const { problems, declarations } = collect([
    parseFile('a.yaml', Array.from({ length: 1000 }, () => `---\n${JSON.stringify(tcp)}\n`).join('')),
  ]);
  expect(declarations).toEqual([]);
  expect(problems).toHaveLength(1000);
  expect(problems[0]?.message).toBe(
    `"${id(1)}" is declared more than once, also at a.yaml:4, a.yaml:6, a.yaml:8, a.yaml:10, a.yaml:12 and 994 more; keep one`,
  );
});
