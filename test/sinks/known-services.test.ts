import { expect, test } from 'vitest';
import { failure } from '../../src/core/base/failure.ts';
import { toReport } from '../../src/core/report/report.ts';
import { trackServices } from '../../src/sinks/known-services.ts';
import { contests, facts, findings, id } from '../core/builders.ts';

const inSyncFindings = (...numbers: readonly number[]) => {
  const services = numbers.map((number) => ({ service_id: id(number), name: `db-${number}` }));
  return findings({ declared: services, live: services });
};

test('the services in sync are those of the last good pass, once its report is there', () => {
  const { onFindings, onReport, inSync: services } = trackServices();
  const names = () => services().map(({ name }) => name);
  expect(names()).toEqual([]);
  onFindings(inSyncFindings(1, 2));
  expect(names()).toEqual([]);
  onReport(toReport(facts()));
  expect(names()).toEqual(['db-1', 'db-2']);
  onFindings(inSyncFindings(3));
  onReport(toReport(facts({ error: failure('interrupted', 'stopped') })));
  onReport(toReport(facts({ error: failure('transient', 'no list') })));
  expect(names()).toEqual(['db-1', 'db-2']);
});

test('a contested service is not among them, because the report lists it', () => {
  const { onFindings, onReport, inSync, find } = trackServices();
  const found = inSyncFindings(1, 2, 3);
  onFindings(found);
  onReport(toReport(facts({ findings: found, contests: contests(id(2)) })));
  expect(inSync().map(({ name }) => name)).toEqual(['db-1', 'db-3']);
  const contested = { times: 3, since: '2026-11-22T09:00:00.000Z' };
  expect(find('db-2')).toMatchObject({ service: { name: 'db-2', state: 'in_sync', contested } });
  expect(find('db-3')).toMatchObject({ service: { name: 'db-3', state: 'in_sync', contested: null } });
});
