import { expect, test } from 'vitest';
import { failure } from '../../src/core/base/failure.ts';
import type { ListedItem } from '../../src/core/service/directory.ts';
import { viewAccount } from '../../src/pass/account-view.ts';
import type { PlanDirectory } from '../../src/pass/account-view.ts';
import { never } from '../cloudflare/client.ts';
import { http, id, live } from '../core/builders.ts';

const db = live();
const web = live(http);
const unusable: ListedItem = { service_id: null, name: 'db', value: null, reason: 'expected a service, found nothing' };

const api: PlanDirectory = {
  list: async () => [],
  update: async (service) => ({ live: { ...service, name: 'orders' }, attempts: 1 }),
  create: async () => ({ kind: 'created', live: live({ service_id: id(7), name: 'new' }), attempts: 1 }),
  remove: async () => ({ attempts: 1 }),
};

/** Returns a view of `db` and `web`, and a directory of which the next list is `lists`. */
const openView = (lists: readonly ListedItem[] = []) => viewAccount({ ...api, list: async () => lists }, [db, web]);

test('shows the list of the plan, then the last one', async () => {
  const changed = live({ tcp_port: 1 });
  const { view, directory } = openView([changed, unusable]);
  expect([view.find(id(1)), view.find(id(2)), view.find(id(3))]).toEqual([db, web, null]);
  expect(view.holdersOf('db')).toEqual([db]);
  await directory.list(never);
  expect([view.find(id(1)), view.find(id(2))]).toEqual([changed, null]);
  expect([view.lastSeen(id(1)), view.lastSeen(id(2)), view.lastSeen(id(3))]).toEqual([changed, web, null]);
  expect(view.holdersOf('db')).toEqual([changed, unusable]);
});

test('shows which names the writes of the pass have freed and taken, also while a list lags', async () => {
  const { view, directory } = openView([db, web]);
  await directory.update(db, {}, never);
  await directory.remove(web, never);
  await directory.create({}, never);
  for (const list of [async () => {}, async () => directory.list(never)]) {
    await list();
    expect(view.holdersOf('db')).toEqual([]);
    expect(view.holdersOf('web')).toEqual([]);
    expect(view.holdersOf('orders')).toEqual([db]);
    expect(view.holdersOf('new')).toMatchObject([{ service_id: id(7) }]);
  }
});

test('a create that leaves open whether the service exists takes no name', async () => {
  const unsure = { kind: 'unsure', failure: failure('transient', 'timeout'), attempts: 1 } as const;
  const { view, directory } = viewAccount({ ...api, create: async () => unsure }, [db]);
  expect(await directory.create({}, never)).toBe(unsure);
  expect(view.holdersOf('new')).toEqual([]);
});
