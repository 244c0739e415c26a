import { expect, test } from 'vitest';
import { compare } from '../../../../src/core/compare/compare.ts';
import { accept } from '../../../../src/core/import/accept/accept.ts';
import { isIncludedInAll, selectCandidates, toAcceptance } from '../../../../src/core/import/accept/acceptance.ts';
import { renderDiff } from '../../../../src/core/import/accept/diff.ts';
import { collect } from '../../../../src/core/load/collect.ts';
import { parseFile } from '../../../../src/core/load/parse-file.ts';
import type { LiveService } from '../../../../src/core/service/directory.ts';
import { http, id, live, service, tcp } from '../../builders.ts';

type Texts = Readonly<Record<string, string>>;

type AcceptOptions = { readonly wanted?: readonly string[]; readonly onlyIds?: boolean; readonly changed?: Texts };

/** Accepts services in files that have changed after they were compared. Returns the new texts, and the refusals. */
function acceptIn(texts: Texts, services: readonly LiveService[], options: AcceptOptions = {}) {
  const { wanted = [], onlyIds = false, changed = texts } = options;
  const declared = collect(Object.entries(texts).map(([file, text]) => parseFile(file, text)));
  const { selected, errors } = selectCandidates(compare(declared, services), wanted);
  expect(errors).toEqual([]);
  const acceptances = selected.map((candidate) => toAcceptance(candidate, { onlyIds }));
  const { files, refused } = accept(
    acceptances.filter((each) => each.kind === 'edit'),
    Object.entries(changed).map(([file, text]) => ({ file, text, values: null })),
  );
  return {
    texts: Object.fromEntries(files.map(({ file, text }) => [file.file, text])),
    done: acceptances.flatMap((each) => (each.kind === 'done' ? [each.name] : [])),
    refused: [...acceptances.filter((each) => each.kind === 'refused'), ...refused].map(
      ({ name, file, line, reason }) => `${file ?? '-'}:${line ?? '-'} ${name}: ${reason}`,
    ),
    all: selected.filter((each) => isIncludedInAll(each, { onlyIds })).length,
  };
}

const absent = (fields: object) => JSON.stringify({ ...fields, reconcile: { ensure: 'absent' } });

const yaml = (...services: readonly object[]) =>
  services.map((each) => `# one\n${JSON.stringify(each)} # end\n`).join('---\n');

test('accepts several services of one file, in any order', () => {
  const text = yaml(tcp, http);
  const services = [live({ tcp_port: 1, app_protocol: 'mysql' }), live({ ...http, http_port: 81, https_port: 82 })];
  const edited = text
    .replace('5432', '1')
    .replace('} # end', ', "app_protocol": "mysql"} # end')
    .replace(/} # end\n$/, ', "http_port": 81, "https_port": 82} # end\n');
  expect(acceptIn({ 'a.yaml': text, 'b.yaml': yaml(service({ service_id: id(3), name: 'b' })) }, services)).toEqual({
    texts: { 'a.yaml': edited },
    done: [],
    refused: [
      'b.yaml:2 b: it is not live; to create it, remove the service_id and set policy to upsert; or remove the declaration',
    ],
    all: 2,
  });
});

test('leaves a service in sync alone, and one that has drifted if only ids are written', () => {
  const texts = { 'a.json': JSON.stringify(tcp), 'b.json': JSON.stringify(http) };
  const services = [live(), live({ ...http, http_port: 81 })];
  expect(acceptIn(texts, services, { onlyIds: true })).toEqual({ texts: {}, done: ['db', 'web'], refused: [], all: 0 });
});

test('refuses services that have no valid declaration', () => {
  const texts = { 'a.json': JSON.stringify({ ...tcp, tcp_port: 0 }), 'b.json': '{' };
  const { refused, all } = acceptIn(texts, [live(), live(http)]);
  expect(refused).toEqual([
    expect.stringMatching(/^b\.json:1 \(no name\): it is skipped: b\.json:1 /),
    'a.json:1 db: it is skipped: a.json:1 tcp_port: expected a port, a whole number from 1 to 65535, found 0',
    `-:- web: it is not declared; to declare it, run: vpc-reconciler import --only ${id(2)}`,
  ]);
  expect(all).toBe(2);
});

test('refuses a service that this version cannot declare', () => {
  const { refused } = acceptIn({ 'a.json': JSON.stringify(tcp) }, [live({ type: 'udp' })]);
  expect(refused).toEqual(['a.json:1 db: this version cannot declare it: type: expected http or tcp, found "udp"']);
});

test('refuses a declaration that cannot be edited, with the line of the obstacle', () => {
  const text = `service_id: ${id(1)}\nname: &a db\ntype: tcp\nhost:\n  hostname: *a\n  resolver_network: { tunnel_id: ${tcp.host.resolver_network.tunnel_id} }\ntcp_port: 1\n`;
  const { refused, texts } = acceptIn({ 'a.yaml': text }, [live({ tcp_port: 1 })]);
  expect(texts).toEqual({});
  expect(refused).toEqual([
    'a.yaml:5 db: host.hostname: it is the alias *a; change the value of the anchor, or write the value here',
  ]);
});

test('refuses declarations that have changed or disappeared since they were compared', () => {
  const texts = { 'a.json': JSON.stringify(tcp), 'b.json': JSON.stringify(http) };
  const services = [live({ tcp_port: 1 }), live({ ...http, http_port: 81 })];
  const changed = { 'a.json': JSON.stringify({ ...tcp, tcp_port: 2 }) };
  expect(acceptIn(texts, services, { changed })).toMatchObject({
    texts: {},
    refused: [
      'a.json:1 db: the file has changed in the meantime; run the command again',
      'b.json:1 web: the file has changed in the meantime; run the command again',
    ],
  });
});

test('refuses a name that another declaration has, and accepts the others', () => {
  const other = service({ service_id: id(3), name: 'other' });
  const texts = { 'a.json': JSON.stringify(tcp), 'b.json': JSON.stringify(http), 'c.json': JSON.stringify(other) };
  const services = [
    live({ name: 'web' }),
    live({ ...http, name: 'new', http_port: 1 }),
    live({ ...other, tcp_port: 1 }),
  ];
  expect(acceptIn(texts, services, { wanted: ['db', 'other'] })).toMatchObject({
    texts: { 'c.json': JSON.stringify({ ...other, tcp_port: 1 }) },
    refused: ['a.json:1 db: a.json:1 name: "web" is declared more than once, also at b.json:1; keep one'],
  });
  expect(acceptIn(texts, services, { wanted: ['db', id(2)] })).toMatchObject({ refused: [] });
});

test.each([
  { what: 'its id', onlyIds: true, expected: { ...tcp, service_id: id(9) } },
  { what: 'its id and values', onlyIds: false, expected: { ...tcp, service_id: id(9), tcp_port: 1 } },
])('follows a service that was created again: $what', ({ onlyIds, expected }) => {
  const services = [live({ service_id: id(9), tcp_port: 1 })];
  for (const wanted of [id(1), id(9), 'db']) {
    expect(acceptIn({ 'a.json': JSON.stringify(tcp) }, services, { wanted: [wanted], onlyIds })).toEqual({
      texts: { 'a.json': JSON.stringify(expected) },
      done: [],
      refused: [],
      all: 0,
    });
  }
});

test('does not follow a service that this version cannot declare', () => {
  const services = [live({ service_id: id(9), type: 'udp' })];
  expect(acceptIn({ 'a.json': JSON.stringify(tcp) }, services).refused).toEqual([
    'a.json:1 db: this version cannot declare it: type: expected http or tcp, found "udp"',
  ]);
});

test('renders a unified diff', () => {
  expect(renderDiff('a.yaml', 'a: 1\nb: 2\n', 'a: 1\nb: 3\n')).toBe(
    '--- a.yaml\n+++ a.yaml\n@@ -1,2 +1,2 @@\n a: 1\n-b: 2\n+b: 3\n',
  );
});

test('adds an id as the first field with onlyIds, in sync or not, in every style', () => {
  const { service_id: _, ...db } = tcp;
  const { service_id: __, ...web } = http;
  const texts = {
    'a.yaml': `# the database\nname: db # one\ntype: tcp\ntcp_port: 5432\nhost: ${JSON.stringify(db.host)}\n`,
    'b.json': JSON.stringify(web, null, 2),
  };
  const services = [live(), live({ ...http, http_port: 81 })];
  expect(acceptIn(texts, services, { onlyIds: true })).toEqual({
    texts: {
      'a.yaml': texts['a.yaml'].replace('name', `service_id: ${id(1)}\nname`),
      'b.json': texts['b.json'].replace('"name"', `"service_id": "${id(2)}",\n  "name"`),
    },
    done: [],
    refused: [],
    all: 2,
  });
  expect(acceptIn(texts, services)).toMatchObject({ done: ['db'], all: 1 });
});

test('says what a declaration without an id is waiting for, and leaves services alone that are declared absent', () => {
  const { service_id: _, ...db } = tcp;
  const texts = {
    'a.json': JSON.stringify(db),
    'b.json': absent({ name: 'web' }),
    'c.json': absent({ name: 'gone' }),
    'd.json': absent({ service_id: id(8) }),
  };
  expect(acceptIn(texts, [live(http)])).toEqual({
    texts: {},
    done: ['gone', '(no name)'],
    refused: expect.arrayContaining([
      'a.json:1 db: it is not live; if policy is upsert or sync, the next pass creates it',
      'b.json:1 web: it is declared absent; to keep it, remove "ensure: absent" and declare its fields',
    ]),
    all: 0,
  });
});

test('leaves differences at ignored paths', () => {
  const value = { ...tcp, reconcile: { ignore: ['tcp_port', 'host'] } };
  const changed = { tcp_port: 1, app_protocol: 'mysql', host: { ...tcp.host, hostname: 'other' } };
  const { texts } = acceptIn({ 'a.json': JSON.stringify(value) }, [live(changed)]);
  expect(JSON.parse(texts['a.json'] ?? '')).toEqual({ ...value, app_protocol: 'mysql' });
  const again = acceptIn({ 'a.json': JSON.stringify(value) }, [live({ ...changed, service_id: id(9) })]);
  expect(JSON.parse(again.texts['a.json'] ?? '')).toEqual({ ...value, service_id: id(9), app_protocol: 'mysql' });
});
