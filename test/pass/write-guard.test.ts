import { describe, expect, onTestFinished, test } from 'vitest';
import type { Source } from '../../src/core/load/source.ts';
import type { LiveService } from '../../src/core/service/directory.ts';
import { plan } from '../../src/core/plan/plan.ts';
import { viewAccount } from '../../src/pass/account-view.ts';
import { watchSnapshot } from '../../src/pass/snapshot-check.ts';
import { guardWrites } from '../../src/pass/write-guard.ts';
import { declaration, findings, http, live, planOptions, requestOf } from '../core/builders.ts';

const never = new AbortController().signal;

/** A folder that does not change, and whose reads take so long. */
function sourceOf(onCheck: () => void): Source {
  const files = [{ file: 'db.json', declarations: [declaration()], tombstones: [], skipped: [], problems: [] }];
  return {
    path: 'services',
    read: async () => ({ path: 'services', revision: null, files }),
    readAgain: async () => files,
    findChange: async () => {
      onCheck();
      return null;
    },
    readCount: () => 1,
  };
}

test('a write may begin after a check of the folder that took longer than the pause between checks', async () => {
  let now = 0;
  const onCheck = () => {
    now += 3000;
  };
  const check = watchSnapshot({
    source: sourceOf(onCheck),
    readAt: 0,
    now: () => now,
    stop: never,
    onChange: async () => {},
  });
  now = 10_000;
  expect(check.isFresh()).toBe(false);
  await check.check();
  expect(check.isFresh()).toBe(true);
  now += 1300;
  expect(check.isFresh()).toBe(false);
  check.close();
});

async function unused(): Promise<never> {
  throw new Error('not expected');
}

/** Guards two updates that were planned at 0 ms. */
function guardTwo({ laterPagesMs = 0 }: { readonly laterPagesMs?: number } = {}) {
  let now = 0;
  let lists = 0;
  const services = [{ tcp_port: 1 }, { ...http, http_port: 1 }];
  let listed: readonly LiveService[] = services.map(live);
  const list = async () => listed;
  const { directory, view } = viewAccount({ list, update: unused, create: unused, remove: unused }, services.map(live));
  const steps = plan(findings({ declared: [{}, http], live: services }), planOptions()).steps;
  const guard = guardWrites({
    source: sourceOf(() => {}),
    steps,
    planned: { declarations: [declaration(), declaration(http)], tombstones: [] },
    isPatient: false,
    list: async (options) => {
      lists += 1;
      const items = await directory.list(options);
      options.onFirstPage?.();
      now += laterPagesMs;
      return items;
    },
    view,
    facts: () => ({
      accountId: 'account',
      mode: 'apply',
      isPaused: false,
      policy: 'update',
      unknownFields: 'preserve',
      at: 0,
    }),
    onPrevented: ({ message }) => expect.unreachable(message),
    readAt: now,
    listedAt: now,
    now: () => now,
    stop: never,
    kill: never,
  });
  onTestFinished(guard.close);
  const gates = steps.map((step) => {
    const { enter, ...gate } = guard.gateOf(step);
    return { ...gate, enter: () => enter(requestOf(step)) };
  });
  return {
    gates,
    onList: async (items: readonly LiveService[]) => {
      listed = items;
      await directory.list({ stop: never, kill: never });
      guard.onList(now);
    },
    lists: () => lists,
    wait: (ms: number) => {
      now += ms;
    },
  };
}

describe('an update that waits for its turn', () => {
  test('needs another list if the wait after a new list was long', async () => {
    const { gates, lists, wait } = guardTwo();
    const [gate] = gates;
    wait(6000);
    expect(gate?.enter()).toBe(false);
    await gate?.check();
    expect(lists()).toBe(1);
    wait(31_000);
    expect(gate?.enter()).toBe(false);
    await gate?.check();
    expect(lists()).toBe(2);
    expect(gate?.enter()).toBe(true);
  });

  test('uses the new list if the request budget leaves ten seconds between two requests', async () => {
    const { gates, lists, wait } = guardTwo();
    const [gate] = gates;
    wait(6000);
    await gate?.check();
    wait(10_000);
    await gate?.check();
    expect(gate?.enter()).toBe(true);
    expect(lists()).toBe(1);
  });

  test('is done if a list for a create shows it so, and the others are not affected', async () => {
    const { gates, lists, onList } = guardTwo();
    const [done, other] = gates;
    await onList([live(), live({ ...http, http_port: 1 })]);
    expect(done?.enter()).toBe(false);
    await expect(done?.check()).rejects.toThrow('superseded: the live service is now as declared');
    expect(done?.applied()).not.toBeNull();
    expect(other?.enter()).toBe(true);
    expect(lists()).toBe(0);
  });

  test('uses the list for a create if that is newer than the one of the plan', async () => {
    const { gates, lists, onList, wait } = guardTwo();
    const [gate] = gates;
    wait(4000);
    await onList([{ tcp_port: 1 }, { ...http, http_port: 1 }].map(live));
    wait(4000);
    await gate?.check();
    expect(gate?.enter()).toBe(true);
    expect(lists()).toBe(0);
  });

  test('needs another list if the other pages of a new list took long', async () => {
    const { gates, lists, wait } = guardTwo({ laterPagesMs: 31_000 });
    const [gate] = gates;
    wait(6000);
    for (let turn = 0; turn < 3; turn += 1) {
      expect(gate?.enter()).toBe(false);
      await gate?.check();
    }
    expect(gate?.enter()).toBe(true);
    expect(lists()).toBe(2);
  });

  test('begins in the end if every wait is long, with one list for each update', async () => {
    const { gates, lists, wait } = guardTwo();
    const [first, second] = gates;
    for (let turn = 0; turn < 2; turn += 1) {
      wait(31_000);
      await Promise.all([first?.check(), second?.check()]);
    }
    expect(lists()).toBe(2);
    wait(31_000);
    await first?.check();
    expect(first?.enter()).toBe(true);
    expect(second?.enter()).toBe(false);
    await second?.check();
    expect(lists()).toBe(3);
    expect(second?.enter()).toBe(true);
  });
});
