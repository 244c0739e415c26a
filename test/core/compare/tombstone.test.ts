import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { compare, findingKey } from '../../../src/core/compare/compare.ts';
import { collect } from '../../../src/core/load/collect.ts';
import { parseFile } from '../../../src/core/load/parse-file.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import { toReport } from '../../../src/core/report/report.ts';
import type { ListedItem } from '../../../src/core/service/directory.ts';
import { facts, http, id, live, planOptions } from '../builders.ts';

const found = (items: readonly ListedItem[], fields: JsonObject, reconcile: JsonObject = {}, now = 0) => {
  const text = JSON.stringify({ ...fields, reconcile: { ensure: 'absent', ...reconcile } }, null, 1);
  return compare(collect([parseFile('gone.json', text)]), items, now);
};
const policy = planOptions({ policy: 'sync' });
const reasons = (...given: Parameters<typeof found>) =>
  plan(found(...given), policy).withheld.map(({ reason }) => reason);

describe('the fields of a tombstone', () => {
  const sides = [live(http)];

  test('withhold the delete if the live service contradicts them', () => {
    expect(reasons(sides, { ...http, http_port: 8080, host: { ...http.host, ipv4: '10.9.9.9' } })).toEqual([
      'gone.json:11 http_port: expected the value of the live service, unset, found 8080; correct or remove the field, or check whether this is the service to delete',
    ]);
  });

  test('do not have to be complete, or to match where they are ignored', () => {
    expect(reasons(sides, { service_id: id(2), name: 'web' })).toEqual([]);
    const other = { ...http, host: { ...http.host, ipv4: '10.9.9.9' } };
    expect(reasons(sides, other, { ignore: ['host'] })).toEqual([]);
    const until = { ignore: [{ path: 'host.ipv4', until: '2027-01-31' }] };
    expect(reasons(sides, other, until, Date.UTC(2027, 0, 30))).toEqual([]);
    expect(reasons(sides, other, until, Date.UTC(2027, 0, 31))).toEqual([expect.stringContaining('10.9.9.9')]);
  });
});

describe('a tombstone of a service that is not live', () => {
  test('is in sync and not reported', () => {
    const gone = found([], { name: 'web' });
    expect(gone.map(findingKey)).toEqual(['name:web']);
    expect(toReport(facts({ findings: gone }))).toMatchObject({ outcome: 'in_sync', services: [] });
  });

  test('is sorted by name among declarations that have no id either', () => {
    const parsed = [
      { ...http, service_id: null, name: 'b' },
      { name: 'a', reconcile: { ensure: 'absent' } },
    ].map((value, index) => parseFile(`${index}.json`, JSON.stringify(value)));
    const sorted = compare(collect(parsed), []);
    expect(sorted.map(findingKey)).toEqual(['name:a', 'name:b']);
    expect(compare(collect(parsed.toReversed()), [])).toEqual(sorted);
  });
});

test('a tombstone deletes nothing while the API lists its service in a form that cannot be used', () => {
  const item = { service_id: id(2), name: 'web', value: null, reason: 'too deep' };
  for (const key of [{ service_id: id(2) }, { name: 'web' }]) {
    expect(found([item], key)).toMatchObject([{ kind: 'invalid', skipped: { by: 'list', file: 'gone.json' } }]);
  }
});
