import { describe, expect, test } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import type { Created, Directory, ListedItem, LiveService, WriteGate } from '../../src/core/service/directory.ts';
import { withOwnWrites } from '../../src/pass/own-writes.ts';
import { failed, never } from '../cloudflare/client.ts';
import { http, id, live } from '../core/builders.ts';

/** How long a list may lag behind a write. */
const LAG = 30_000;

/** The service `db` at a version, which is also its time: no two writes have the same. */
const db = (version: number, fields: JsonObject = {}): LiveService =>
  live({ tcp_port: version, ...fields, updated_at: `2026-01-01T00:00:0${version}Z` });
const web = live(http);

type Answers = {
  readonly update?: LiveService | FailureError;
  readonly create?: Created;
};

/** An API whose lists and answers the test sets. */
function open() {
  let now = 0;
  let listed: readonly ListedItem[] = [];
  let answers: Answers = {};
  const api: Pick<Directory, 'list' | 'update' | 'create' | 'remove'> = {
    list: async () => listed,
    update: async (service) => {
      if (answers.update instanceof FailureError) throw answers.update;
      return { live: answers.update ?? service, attempts: 2 };
    },
    create: async () => answers.create ?? { kind: 'unsure', failure: failure('transient', 'timeout'), attempts: 1 },
    remove: async () => ({ attempts: 3 }),
  };
  const directory = withOwnWrites(
    { ...api, usage: () => ({ requests: 0, retries: 0, throttled_ms: 0 }), close: async () => {} },
    () => now,
  );
  return {
    directory,
    listed: () => listed,
    wait: (ms: number) => {
      now += ms;
    },
    /** Returns what a list with these items looks like, after the writes of this process. */
    see: async (...items: readonly ListedItem[]) => {
      listed = items;
      return directory.list(never);
    },
    unconfirmed: () => [...directory.unconfirmed()],
    update: async (before: LiveService, after: LiveService | FailureError, gate?: WriteGate) => {
      answers = { update: after };
      return directory.update(before, {}, { ...never, ...(gate === undefined ? {} : { gate }) });
    },
    create: async (created: Created) => {
      answers = { create: created };
      return directory.create({}, never);
    },
    remove: async (service: LiveService) => directory.remove(service, never),
  };
}

test('without writes, a list is passed on as it is', async () => {
  const { see, listed, unconfirmed } = open();
  const items = [db(1), web];
  expect(await see(...items)).toBe(listed());
  expect(listed()).toEqual(items);
  expect(unconfirmed()).toEqual([]);
});

/** The same without the time of the last change. */
const timeless = ({ value, ...service }: LiveService): LiveService => ({
  ...service,
  value: Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'updated_at')),
});

describe('after an update', () => {
  test('a list that still shows the replaced value is corrected, and the service is unconfirmed', async () => {
    const { see, update, unconfirmed } = open();
    expect(await update(db(1), db(2))).toEqual({ live: db(2), attempts: 2 });
    expect(await see(db(1), web)).toEqual([db(2), web]);
    expect(unconfirmed()).toEqual([[id(1), 'db']]);
  });

  test('a list that shows the new value confirms it', async () => {
    const { see, update, unconfirmed } = open();
    await update(db(1), db(2));
    await see(db(1));
    expect(await see(db(2))).toEqual([db(2)]);
    expect(unconfirmed()).toEqual([]);
  });

  test('a value that this process did not replace is from another writer', async () => {
    const { see, update, unconfirmed } = open();
    await update(db(1), db(2));
    expect(await see(db(3))).toEqual([db(3)]);
    expect(unconfirmed()).toEqual([]);
  });

  test('the replaced value with a new time is from another writer, and so is another value with the same time', async () => {
    const { see, update } = open();
    await update(db(1), db(2));
    const reverted = db(1, { updated_at: '2026-01-01T00:00:09Z' });
    expect(await see({ ...reverted, value: { ...reverted.value, updated_at: 'later' } })).toMatchObject([
      { value: { tcp_port: 1, updated_at: 'later' } },
    ]);
    const sameTime = { ...db(1), value: { ...db(1).value, tcp_port: 7 } };
    expect(await see(sameTime)).toEqual([sameTime]);
  });

  test('values without a time are compared as a whole', async () => {
    const { see, update } = open();
    await update(timeless(db(1)), timeless(db(2)));
    expect(await see(timeless(db(1)))).toEqual([timeless(db(2))]);
    expect(await see(timeless(db(3)))).toEqual([timeless(db(3))]);
  });

  test('every value that was replaced in the last 30 seconds is outdated, and no older one', async () => {
    const { see, update, wait } = open();
    await update(db(1), db(2));
    wait(LAG);
    await update(db(2), db(3));
    expect(await see(db(1))).toEqual([db(3)]);
    expect(await see(db(2))).toEqual([db(3)]);
    wait(1);
    expect(await see(db(1))).toEqual([db(1)]);
    expect(await see(db(2))).toEqual([db(3)]);
    wait(LAG - 1);
    expect(await see(db(2))).toEqual([db(3)]);
    wait(1);
    expect(await see(db(2))).toEqual([db(2)]);
  });

  test('the last value counts although an earlier update replaced the same', async () => {
    const { see, update, unconfirmed } = open();
    await update(db(1), db(2));
    await update(db(2), db(1));
    expect(await see(db(1))).toEqual([db(1)]);
    expect(unconfirmed()).toEqual([]);
    expect(await see(db(2))).toEqual([db(1)]);
  });

  test('the service is unconfirmed under its new name', async () => {
    const { see, update, unconfirmed } = open();
    await update(db(1), db(2, { name: 'renamed' }));
    await see(db(1));
    expect(unconfirmed()).toEqual([[id(1), 'renamed']]);
  });

  test('an item that cannot be used, or has no id, is passed on', async () => {
    const { see, update, unconfirmed } = open();
    await update(db(1), db(2));
    const unusable = { service_id: id(1), name: 'db', value: null, reason: 'expected a type' };
    const nameless = { service_id: null, name: null, value: null, reason: 'expected an id' };
    expect(await see(unusable, nameless)).toEqual([unusable, nameless]);
    expect(unconfirmed()).toEqual([]);
  });
});

describe('after an update without a usable answer', () => {
  const lost = new FailureError(failure('transient', 'timeout'), { attempts: 1 });

  test('the value before it is the newest one known, so a list from before an earlier update is corrected', async () => {
    const { see, update, unconfirmed } = open();
    await update(db(1), db(2));
    expect(await failed(update(db(2), lost))).toBe(lost);
    expect(await see(db(1))).toEqual([db(2)]);
    expect(unconfirmed()).toEqual([[id(1), 'db']]);
    expect(await see(db(3))).toEqual([db(3)]);
  });

  test('a list with the value before it does not confirm anything', async () => {
    const { see, update, unconfirmed } = open();
    await failed(update(db(1), lost));
    expect(await see(db(1))).toEqual([db(1)]);
    expect(unconfirmed()).toEqual([[id(1), 'db']]);
  });

  test.for([
    ['was refused', new FailureError(failure('rejected', 'HTTP 400'), { attempts: 1 })],
    ['was not sent', new FailureError(failure('transient', 'stopped'))],
  ] as const)('an update that %s changes nothing', async ([, error]) => {
    const { see, update, unconfirmed } = open();
    expect(await failed(update(db(1), error))).toBe(error);
    expect(await see(db(1))).toEqual([db(1)]);
    expect(unconfirmed()).toEqual([]);
  });

  test('a bug is passed on and changes nothing', async () => {
    const { directory, see, unconfirmed } = open();
    const bug = new TypeError('undefined is not a function');
    const broken = withOwnWrites(
      {
        ...directory,
        update: async () => Promise.reject(bug),
        usage: () => ({ requests: 0, retries: 0, throttled_ms: 0 }),
        close: async () => {},
      },
      () => 0,
    );
    await expect(broken.update(db(1), {}, never)).rejects.toBe(bug);
    expect(await see(db(1))).toEqual([db(1)]);
    expect(unconfirmed()).toEqual([]);
  });
});

const gate = (applied: LiveService | null): WriteGate => ({
  enter: () => false,
  check: async () => {},
  applied: () => applied,
});

describe('after an update that was superseded because its service is as declared', () => {
  const superseded = new FailureError(failure('superseded', 'superseded'), { attempts: 2 });
  test('a lost answer had its effect: the update is done', async () => {
    const { see, update } = open();
    expect(await update(db(1), superseded, gate(db(2)))).toEqual({ live: db(2), attempts: 2 });
    expect(await see(db(1))).toEqual([db(2)]);
  });

  test.for([
    ['the gate does not find the service as declared', superseded, gate(null)],
    ['another error ended it', new FailureError(failure('transient', 'timeout'), { attempts: 2 }), gate(db(2))],
  ] as const)('it fails if %s', async ([, error, asked]) => {
    const { update } = open();
    expect(await failed(update(db(1), error, asked))).toBe(error);
  });
});

describe('after a create', () => {
  const created = { kind: 'created', live: db(1), attempts: 1 } as const;

  test('a list without the service is completed for 30 seconds, and the service is unconfirmed', async () => {
    const { see, create, unconfirmed, wait } = open();
    expect(await create(created)).toBe(created);
    wait(LAG);
    expect(await see(web)).toEqual([web, db(1)]);
    expect(unconfirmed()).toEqual([[id(1), 'db']]);
    wait(1);
    expect(await see(web)).toEqual([web]);
    expect(unconfirmed()).toEqual([]);
  });

  test('a list with the service, or with another one of its name, is newer', async () => {
    const { see, create, unconfirmed } = open();
    await create(created);
    expect(await see(db(1))).toEqual([db(1)]);
    const renamed = db(1, { name: 'renamed' });
    expect(await see(renamed)).toEqual([renamed]);
    const other = live({ ...http, name: 'db' });
    expect(await see(other)).toEqual([other]);
    expect(unconfirmed()).toEqual([]);
  });

  test('a service that was updated since is completed with its last value, counted from the create', async () => {
    const { see, create, update, wait } = open();
    await create(created);
    wait(LAG);
    await update(db(1), db(2));
    expect(await see(web)).toEqual([web, db(2)]);
    wait(1);
    expect(await see(web)).toEqual([web]);
  });

  test('a service that was updated but not created by this process is not added', async () => {
    const { see, update } = open();
    await update(db(1), db(2));
    expect(await see(web)).toEqual([web]);
  });

  test('an answer that leaves open whether the service exists adds nothing', async () => {
    const { see, create } = open();
    const unsure = { kind: 'unsure', failure: failure('transient', 'timeout'), attempts: 1 } as const;
    expect(await create(unsure)).toBe(unsure);
    expect(await see(web)).toEqual([web]);
  });
});

describe('after a delete', () => {
  test('a list that still shows the service is corrected for 30 seconds', async () => {
    const { see, remove, unconfirmed, wait } = open();
    expect(await remove(db(1))).toEqual({ attempts: 3 });
    wait(LAG);
    expect(await see(db(1), web)).toEqual([web]);
    expect(unconfirmed()).toEqual([[id(1), 'db']]);
    expect(await see(web)).toEqual([web]);
    expect(unconfirmed()).toEqual([]);
    wait(1);
    expect(await see(db(1), web)).toEqual([db(1), web]);
  });

  test('a service that was created before it is not added', async () => {
    const { see, create, remove } = open();
    await create({ kind: 'created', live: db(1), attempts: 1 });
    await remove(db(1));
    expect(await see(web)).toEqual([web]);
  });
});
