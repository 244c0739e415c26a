import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../../../src/core/base/json.ts';
import { editDeclaration } from '../../../../src/core/import/edit/edit-declaration.ts';
import type { DeclarationEdit } from '../../../../src/core/import/edit/edit-declaration.ts';
import { parseFile } from '../../../../src/core/load/parse-file.ts';
import { readValues } from '../../../../src/core/load/values/values.ts';
import { normalize } from '../../../../src/core/service/normalize.ts';
import { FILES, ID, STYLES } from './written-files.ts';

const OTHER_ID = '0199a0c4-2b10-7c3e-8a51-5f0d3a1e0004';
const OTHER_TUNNEL = '0191dce4-9ab4-7fce-b660-8e5dec5172db';

type Changes = DeclarationEdit['changes'];

const set = (path: string, value: Json): Changes[number] => ({ path, value });

/** Edits the only declaration of a text, or the one with this number. Returns the new text, or the fault. */
function edit(text: string, changes: Changes, { index = 0 }: { index?: number } = {}): string {
  const line = parseFile('db.yaml', text).declarations[index]?.line ?? 1;
  const result = editDeclaration({ file: 'db.yaml', text, values: null }, { line, changes });
  return 'fault' in result ? `fault: ${result.fault}` : result.text;
}

/** Changes that a person may have made in the dashboard. */
const EDITS: Readonly<Record<string, Changes>> = {
  'a port': [set('tcp_port', 6543)],
  'a name that needs quotes': [set('name', "orders: the 'new' one #2")],
  'a plain name': [set('name', 'orders-new')],
  'a new field': [set('app_protocol', 'mysql')],
  'a new field of a mapping': [set('tls_settings.certificate_authority', OTHER_TUNNEL)],
  'a replaced and a new item of a list': [
    set('host.resolver_network.resolver_ips', ['10.0.0.3', '10.0.0.2', '10.0.0.4']),
  ],
  'a removed last item of a list': [set('host.resolver_network.resolver_ips', ['10.0.0.1'])],
  'a removed first item of a list': [set('host.resolver_network.resolver_ips', ['10.0.0.2'])],
  'items in another order': [set('host.resolver_network.resolver_ips', ['10.0.0.2', '10.0.0.1'])],
  'an item before the others': [set('host.resolver_network.resolver_ips', ['10.0.0.0', '10.0.0.1', '10.0.0.2'])],
  'other items only': [set('host.resolver_network.resolver_ips', ['10.0.0.7', '10.0.0.8', '10.0.0.9'])],
  'no list': [set('host.resolver_network.resolver_ips', null)],
  'another kind of host': [
    set('host.hostname', null),
    set('host.resolver_network.tunnel_id', null),
    set('host.resolver_network.resolver_ips', null),
    set('host.ipv4', '10.1.1.1'),
    set('host.network.tunnel_id', OTHER_TUNNEL),
  ],
  'another type': [set('type', 'http'), set('tcp_port', null), set('https_port', 8443)],
  'everything at once': [
    set('name', 'everything'),
    set('tcp_port', 1),
    set('app_protocol', 'postgresql'),
    set('host.hostname', 'other.corp.internal'),
    set('host.resolver_network.tunnel_id', OTHER_TUNNEL),
    set('host.resolver_network.resolver_ips', ['fd00::1']),
    set('tls_settings.cert_verification_mode', 'verify_full'),
    set('tls_settings.client_certificate', OTHER_TUNNEL),
  ],
};

/** Returns the comments of a text. */
const commentsIn = (text: string): readonly string[] => text.match(/#.*?(?=\r?$)/gm) ?? [];

describe.each(FILES)('$style', ({ style, text, index }) => {
  test.each(Object.entries(EDITS))('%s', (name, changes) => {
    const before = parseFile('db.yaml', text);
    const edited = edit(text, changes, { index });
    if (name === 'another kind of host' && style.startsWith('flow mappings on several lines')) {
      expect(edited).toBe('fault: host: its comments would be lost; edit the file');
      return;
    }
    const after = parseFile('db.yaml', edited);
    expect(after.problems).toEqual([]);
    expect(after.declarations).toHaveLength(before.declarations.length);
    for (const [at, declaration] of before.declarations.entries()) {
      const expected = Object.fromEntries(normalize(declaration.value).known);
      if (at === index) Object.assign(expected, Object.fromEntries(changes.map(({ path, value }) => [path, value])));
      const known: Record<string, unknown> = Object.fromEntries(normalize(after.declarations[at]?.value ?? {}).known);
      for (const [path, value] of Object.entries(expected)) expect([path, known[path] ?? null]).toEqual([path, value]);
    }
  });

  test('keeps every line that holds no changed value, and every comment', () => {
    const edited = edit(text, EDITS['everything at once'] ?? [], { index });
    const kept = new Set(edited.split('\n'));
    const lost = text.split('\n').filter((line) => !kept.has(line));
    expect(
      lost.filter(
        (line) =>
          !/name|5432|hostname|orders|tunnel|10\.0\.0\.|\]|verify_ca|app_protocol|service_id|}|client|>-/.test(line),
      ),
    ).toEqual([]);
    const comments = commentsIn(edited);
    expect(commentsIn(text).filter((comment) => !comments.includes(comment) && !/second/.test(comment))).toEqual([]);
    expect(edited.includes('\r\n')).toBe(text.includes('\r\n'));
    if (text.includes('\r\n')) expect(edited.replaceAll('\r\n', '')).not.toContain('\n');
  });

  test('changes nothing without a change', () => {
    expect(edit(text, [], { index })).toBe(text);
  });

  test('changes the id', () => {
    const changed = edit(text, [set('service_id', OTHER_ID)], { index });
    expect(changed).toBe(text.replace(new RegExp(`(?:>-\\s+)?${ID}`), OTHER_ID));
  });
});

describe('refuses', () => {
  const base = STYLES['no comments'] ?? '';
  const ips = (...items: readonly string[]) => set('host.resolver_network.resolver_ips', items);

  test.each([
    {
      what: 'a value that is a reference',
      text: base.replace('5432', '${port}'),
      changes: [set('tcp_port', 1)],
      fault: 'tcp_port: it is written as "${port}"; change the value in values.yaml:1, or write it here',
      line: 4,
    },
    {
      what: 'a list with references in it',
      text: base.replace('[10.0.0.1, 10.0.0.2]', '["${ip}", 10.0.0.2]'),
      changes: [ips('10.0.0.9')],
      fault:
        'host.resolver_network.resolver_ips: it is written as "${ip}"; change the value in values.yaml:2, or write it here',
      line: 9,
    },
    {
      what: 'a text with two references',
      text: base.replace('orders-db', '"${team}-${ip}"'),
      changes: [set('name', 'other')],
      fault:
        'name: it is written as "${team}-${ip}"; change the value in values.yaml:3 and values.yaml:2, or write it here',
      line: 2,
    },
    {
      what: 'an alias',
      text: base.replace('tcp_port:', '\nhttp_port: &none null\napp_protocol: *none\ntcp_port:'),
      changes: [set('app_protocol', 'mysql')],
      fault: 'app_protocol: it is the alias *none; change the value of the anchor, or write the value here',
      line: 6,
    },
    {
      what: 'an anchor whose value is used elsewhere',
      text: base.replace('name: orders-db', 'name: &host orders-db').replace('orders.corp.internal', '*host'),
      changes: [set('name', 'other')],
      fault: 'other values in the file would change with it, because of an anchor; edit the file',
      line: 1,
    },
    {
      what: 'a value that the declaration cannot hold',
      text: base,
      changes: [set('unknown_field', 1)],
      fault: 'the file is written in a way that cannot be edited without changing more; edit the file',
      line: 1,
    },
    {
      what: 'to remove a key that does not begin its line',
      text: base.replace('tcp_port: 5432', 'tcp_port: 5432\n? app_protocol\n: mysql'),
      changes: [set('app_protocol', null)],
      fault: 'a key that is removed does not begin its line; edit the file',
      line: 1,
    },
  ])('$what', ({ text, changes, fault, line }) => {
    const values = readValues([{ file: 'values.yaml', text: 'port: 5432\nip: 10.0.0.1\nteam: a\n' }]);
    const result = editDeclaration({ file: 'db.yaml', text, values }, { line: 1, changes });
    expect(result).toEqual({ fault, line });
  });

  test.each([
    { what: 'a declaration that is no longer at its line', text: base, line: 9 },
    { what: 'a declaration with problems', text: base.replace('5432', '0'), line: 1 },
    { what: 'a file without declarations', text: '[]', line: 1 },
  ])('$what', ({ text, line }) => {
    const result = editDeclaration({ file: 'db.yaml', text, values: null }, { line, changes: [set('tcp_port', 1)] });
    expect(result).toEqual({ fault: 'there is no valid declaration at this line', line });
  });
});

test.each([
  {
    what: 'writes text that looks like a reference so that it stays text',
    from: 'name: "a $${x}"',
    change: set('name', 'b ${y}'),
    to: 'name: "b $${y}"',
  },
  {
    what: 'changes a list in a file with references',
    from: 'app_protocol: ${protocol}\nhttp_port: null\nname: a',
    change: set('host.resolver_network.resolver_ips', ['10.0.0.1', '10.0.0.3']),
    to: 'app_protocol: ${protocol}\nhttp_port: null\nname: a',
  },
  {
    what: 'removes a value that is a reference',
    from: 'app_protocol: ${protocol}\nname: a',
    change: set('app_protocol', null),
    to: 'name: a',
  },
])('$what', ({ from, change, to }) => {
  const base = (STYLES['no comments'] ?? '').replace('name: orders-db', 'NAME');
  const values = readValues([{ file: 'values.yaml', text: 'protocol: mysql\n' }]);
  const result = editDeclaration(
    { file: 'db.yaml', text: base.replace('NAME', () => from), values },
    { line: 1, changes: [change] },
  );
  const expected = change.path === 'name' || change.value === null ? base : base.replace('10.0.0.2', '10.0.0.3');
  expect(result).toEqual({ text: expected.replace('NAME', () => to) });
});

test.each([
  {
    what: 'a mapping in the place of nothing',
    from: 'tls_settings: # later',
    to: 'tls_settings: # later\n  cert_verification_mode: disabled',
  },
  {
    what: 'a mapping in the place of null',
    from: 'tls_settings: ~',
    to: 'tls_settings:\n  cert_verification_mode: disabled',
  },
])('writes $what', ({ from, to }) => {
  const base = (STYLES['no comments'] ?? '').replace(/tls_settings:[^]*/, '');
  expect(edit(base + from, [set('tls_settings.cert_verification_mode', 'disabled')])).toBe(base + to);
});

test.each([
  {
    what: 'items in an empty list',
    from: '[ ] # none',
    to: '[10.0.0.7, 10.0.0.8] # none',
    items: ['10.0.0.7', '10.0.0.8'],
  },
  {
    what: 'an item before the first one, between brackets',
    from: '[ 10.0.0.8 ]',
    to: '[ 10.0.0.7, 10.0.0.8 ]',
    items: ['10.0.0.7', '10.0.0.8'],
  },
  {
    what: 'an item before the first one, on its own line',
    from: '[\n        10.0.0.8, # eight\n      ]',
    to: '[\n        10.0.0.7,\n        10.0.0.8, # eight\n      ]',
    items: ['10.0.0.7', '10.0.0.8'],
  },
  {
    what: 'an item after one with a comment but no comma',
    from: '[\n        10.0.0.7 # seven\n      ]',
    to: '[\n        10.0.0.7, # seven\n        10.0.0.8\n      ]',
    items: ['10.0.0.7', '10.0.0.8'],
  },
  {
    what: 'the first of two items on one line, the last one having a comment',
    from: '[\n        10.0.0.7, # seven\n        10.0.0.8 ]',
    to: '[\n        10.0.0.7 # seven\n         ]',
    items: ['10.0.0.7'],
  },
])('writes $what', ({ from, to, items }) => {
  const base = STYLES['no comments'] ?? '';
  const edited = edit(base.replace('[10.0.0.1, 10.0.0.2]', from), [set('host.resolver_network.resolver_ips', items)]);
  expect(edited).toBe(base.replace('[10.0.0.1, 10.0.0.2]', to));
});

test('gives a key without a colon a value', () => {
  const base = STYLES['one flow mapping'] ?? '';
  const edited = edit(base.replace(' } }\n', ' }, app_protocol }\n'), [set('app_protocol', 'mysql')]);
  expect(edited).toBe(base.replace(' } }\n', ' }, app_protocol: mysql }\n'));
});

test('changes a random set of fields in every style, or says why not', () => {
  const scalar = fc.constantFrom<Json>('a', 'no', '1', 'x: y', "it's", '#', '10.0.0.1', ' ', 'ü', '"', '- a', '\u2028');
  const change = fc.oneof(
    fc.record({ path: fc.constant('name'), value: scalar }),
    fc.record({ path: fc.constant('tcp_port'), value: fc.integer({ min: 1, max: 65_535 }) }),
    fc.record({ path: fc.constant('app_protocol'), value: fc.constantFrom<Json>('mysql', 'postgresql', null) }),
    fc.record({
      path: fc.constant('host.resolver_network.resolver_ips'),
      value: fc.option(fc.array(fc.ipV4(), { minLength: 1, maxLength: 5 })),
    }),
    fc.record({
      path: fc.constant('tls_settings.client_certificate'),
      value: fc.constantFrom<Json>(OTHER_TUNNEL, null),
    }),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...FILES),
      fc.uniqueArray(change, { selector: ({ path }) => path }),
      ({ text, index }, changes) => {
        const edited = edit(text, changes, { index });
        expect(edited).not.toMatch(/^fault/);
        expect(edit(edited, changes, { index })).toBe(edited);
      },
    ),
  );
});
