import { expect, test } from 'vitest';
import { compare } from '../../../src/core/compare/compare.ts';
import { inSyncServices } from '../../../src/core/compare/in-sync-services.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { id, live, service } from '../builders.ts';

const named = (number: number, fields = {}) => service({ service_id: id(number), name: `db-${number}`, ...fields });

test('lists the services that are as declared, with id, name and place, and those that are absent as declared', () => {
  const files = [
    named(1),
    named(2, { tcp_port: 1 }),
    named(3),
    { service_id: id(4), name: 'db-4', reconcile: { ensure: 'absent' } },
    named(5, { tcp_port: 1, reconcile: { ignore: ['tcp_port'] } }),
  ].map((value, index) => parseFile(`db-${index + 1}.json`, JSON.stringify(value)));
  const found = compare(
    collect(files),
    [1, 2, 5, 6].map((number) => live(named(number))),
    0,
  );
  expect(inSyncServices(found)).toEqual([
    { service_id: id(1), name: 'db-1', file: 'db-1.json', line: 1 },
    { service_id: null, name: 'db-4', file: 'db-4.json', line: 1 },
  ]);
});
