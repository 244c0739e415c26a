import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { collect } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import type { PreventedWrite } from '../../src/core/plan/assertions/violation.ts';
import type { Source } from '../../src/core/load/source.ts';
import type { ListedItem, LiveService } from '../../src/core/service/directory.ts';
import { viewAccount } from '../../src/pass/account-view.ts';
import { guardWrites } from '../../src/pass/write-guard.ts';
import { failed, openGate } from '../cloudflare/client.ts';
import { http, id, live, requestOf, service, tcp } from '../core/builders.ts';
import { planFor } from './steps.ts';

const never = new AbortController().signal;

async function unused(): Promise<never> {
  throw new Error('not expected');
}

/** The declarations that the folder of a test has, and that a pass planned from. */
const filesOf = (declared: readonly JsonObject[]) =>
  declared.map((value, index) => parseFile(`${index}.json`, JSON.stringify(value)));

type Guarded = {
  readonly declared: readonly JsonObject[];
  readonly live: readonly LiveService[];
  readonly isPatient?: boolean;
  /** How long the pages of a list after the first one take. */
  readonly laterPagesMs?: number;
  /** The mode that the write is checked against. */
  readonly mode?: string;
};

/** Guards the steps of a plan that was made at 0 ms. The test changes the folder, the account and the time. */
function guard({ declared, live: planned, isPatient = false, laterPagesMs = 0, mode = 'apply' }: Guarded) {
  let now = 0;
  let folder: readonly JsonObject[] | Error = declared;
  let account: readonly ListedItem[] | Error = planned;
  let lists = 0;
  const prevented: PreventedWrite[] = [];
  const stopped = new AbortController();
  const { steps } = planFor(declared, planned);
  const source: Source = {
    path: 'services',
    read: async () => ({ path: 'services', revision: null, files: filesOf(declared) }),
    readAgain: async () => {
      if (folder instanceof Error) throw folder;
      return filesOf(folder);
    },
    findChange: async () => (folder === declared ? null : 'files'),
    readCount: () => 1,
  };
  const { directory, view } = viewAccount(
    {
      list: async () => {
        if (account instanceof Error) throw account;
        return account;
      },
      update: async (service, body) => ({ live: live({ ...body, service_id: service.service_id }), attempts: 1 }),
      create: unused,
      remove: unused,
    },
    planned,
  );
  const { stop, gateOf, onList, close } = guardWrites({
    source,
    steps,
    planned: collect(filesOf(declared)),
    isPatient,
    list: async (options) => {
      expect(options).toMatchObject({ stop, kill: never });
      lists += 1;
      const items = await directory.list(options);
      options.onFirstPage?.();
      now += laterPagesMs;
      return items;
    },
    view,
    facts: () => ({
      accountId: 'account',
      mode,
      isPaused: false,
      policy: 'sync',
      unknownFields: 'preserve',
      at: 0,
    }),
    onPrevented: (write) => void prevented.push(write),
    readAt: 0,
    listedAt: 0,
    now: () => now,
    stop: stopped.signal,
    kill: never,
  });
  onTestFinished(close);
  if (mode === 'apply') onTestFinished(() => expect(prevented).toEqual([]));
  return {
    steps,
    gates: steps.map((step) => {
      const { enter, ...gate } = gateOf(step);
      return { ...gate, enter: () => enter(requestOf(step)) };
    }),
    update: directory.update,
    /** Lists the account for something else. */
    onList: async (items: readonly ListedItem[]) => {
      account = items;
      await directory.list({ stop, kill: never });
      onList(now);
    },
    stop,
    close,
    lists: () => lists,
    prevented,
    wait: (ms: number) => {
      now += ms;
    },
    change: (declarations: readonly JsonObject[] | Error) => {
      folder = declarations;
    },
    see: (items: readonly ListedItem[] | Error) => {
      account = items;
    },
    interrupt: (reason: Error) => stopped.abort(reason),
  };
}

/** Returns the gate of the only step. */
function only<Gate>([gate]: readonly Gate[]): Gate {
  if (gate === undefined) throw new Error('expected a gate');
  return gate;
}

const port = (tcp_port: number) => service({ tcp_port });
const NEXT = '; the next pass makes a new plan';
const FOLDER_CHANGED = `superseded: the folder has changed since this pass read it${NEXT}`;
const SERVICE_CHANGED = `superseded: the live service has changed since this pass listed it${NEXT}`;
const APPLIED = `superseded: the live service is now as declared${NEXT}`;

describe('a write may begin', () => {
  test('for 144 ms after the folder was read, and then after the next check', async () => {
    const { gates, wait } = guard({ declared: [port(1)], live: [live()] });
    const gate = only(gates);
    wait(144);
    expect(gate.enter()).toBe(true);
    wait(1);
    expect(gate.enter()).toBe(false);
    await gate.check();
    expect(gate.enter()).toBe(true);
  });

  test('for five seconds after the list of the plan, and then after the next list', async () => {
    const { gates, wait, lists } = guard({ declared: [port(1)], live: [live()] });
    const gate = only(gates);
    wait(5000);
    await gate.check();
    expect(gate.enter()).toBe(true);
    wait(1);
    expect(gate.enter()).toBe(false);
    expect(lists()).toBe(0);
    await gate.check();
    expect(lists()).toBe(1);
    expect(gate.enter()).toBe(true);
  });

  test('not between two checks if the folder has changed', async () => {
    const { gates, wait, change, stop } = guard({ declared: [port(1)], live: [live()] });
    const gate = only(gates);
    wait(1000);
    change([port(2)]);
    expect(await failed(gate.check())).toMatchObject({ failure: failure('superseded', FOLDER_CHANGED) });
    expect(gate.enter()).toBe(false);
    expect(stop.aborted).toBe(true);
  });
});

describe('a write that violates an assertion', () => {
  const error = {
    failure: failure(
      'internal',
      'not sent, because the check "mode" right before the write failed: the mode is plan, which writes nothing; this is a bug in vpc-reconciler, please report it',
    ),
    attempts: 0,
  };
  const services = '/accounts/account/connectivity/directory/services';

  test.for([
    ['update', port(1), [live()], { method: 'PUT', path: `${services}/${id(1)}`, service_id: id(1), name: 'db' }],
    [
      'create',
      service({ service_id: null, name: 'new' }),
      [],
      { method: 'POST', path: services, service_id: null, name: 'new' },
    ],
  ] as const)('is reported and not sent: %s', ([, declared, account, write]) => {
    const { gates, prevented } = guard({ declared: [declared], live: account, mode: 'plan' });
    expect(only(gates).enter).toThrow(expect.objectContaining(error));
    expect(prevented).toEqual([{ assertion: 'mode', message: 'the mode is plan, which writes nothing', ...write }]);
  });
});

describe('a changed folder', () => {
  const other = service({ service_id: id(2), name: 'web', tcp_port: 1 });
  const two = { declared: [port(1), other], live: [live(), live({ ...other, tcp_port: 9 })] };

  test('ends the plan at once, even if no write is waiting', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { change, stop } = guard(two);
    change([port(1)]);
    await vi.advanceTimersByTimeAsync(120);
    expect(stop.reason).toMatchObject({ message: FOLDER_CHANGED });
  });

  test('does not end the plan if all declarations are still the same', async () => {
    const { gates, wait, change, stop } = guard(two);
    wait(1000);
    change([...two.declared]);
    await gates[0]?.check();
    expect(gates.map((gate) => gate.enter())).toEqual([true, true]);
    expect(stop.aborted).toBe(false);
  });

  test('that cannot be read ends the plan, even a patient one', async () => {
    const { gates, wait, change, stop } = guard({ ...two, isPatient: true });
    wait(1000);
    change(new Error('not readable'));
    expect(await failed(only(gates.slice(1)).check())).toMatchObject({ message: FOLDER_CHANGED });
    expect(stop.aborted).toBe(true);
  });

  test('leaves a patient plan the steps whose declarations are the same', async () => {
    const { gates, wait, change, stop } = guard({ ...two, isPatient: true });
    wait(1000);
    change([port(1)]);
    const [same, changed] = gates;
    await same?.check();
    expect(gates.map((gate) => gate.enter())).toEqual([true, false]);
    if (changed !== undefined) expect(await failed(changed.check())).toMatchObject({ message: FOLDER_CHANGED });
    expect(stop.aborted).toBe(false);
  });

  test('ends a patient plan if no declaration is the same', async () => {
    const { gates, wait, change, stop } = guard({ ...two, isPatient: true });
    wait(1000);
    change([port(2)]);
    expect(await failed(only(gates.slice(1)).check())).toMatchObject({ message: FOLDER_CHANGED });
    expect(stop.aborted).toBe(true);
  });
});

describe('a stop', () => {
  test('ends the plan with its reason', async () => {
    const { gates, wait, stop, interrupt } = guard({ declared: [port(1)], live: [live()] });
    const reason = new FailureError(failure('interrupted', 'stopped'));
    wait(1000);
    interrupt(reason);
    expect(stop.reason).toBe(reason);
    expect(await failed(only(gates).check())).toBe(reason);
  });
});

describe('after a new list', () => {
  type Case = {
    readonly what: string;
    readonly declared: JsonObject;
    readonly before?: JsonObject;
    readonly now: readonly ListedItem[];
    /** Why the write must not begin; null if it may. */
    readonly why: string | null;
    readonly applied?: boolean;
  };
  const created = service({ service_id: null, name: 'new' });
  const gone: JsonObject = { service_id: id(1), reconcile: { ensure: 'absent' } };
  const withLabel = service({ labels: { team: 'net' } });
  const unusable = { service_id: id(1), name: 'db', value: null, reason: 'expected a type' };

  test.for<Case>([
    { what: 'an update begins if its service is the same', declared: port(1), before: tcp, now: [live()], why: null },
    {
      what: 'an update begins if only the time of its service differs',
      declared: port(1),
      before: tcp,
      now: [live({ updated_at: 'later' })],
      why: null,
    },
    {
      what: 'an update ends if its service has changed',
      declared: port(1),
      before: tcp,
      now: [live({ tcp_port: 3 })],
      why: SERVICE_CHANGED,
    },
    {
      what: 'an update ends if an unknown field has changed',
      declared: port(1),
      before: withLabel,
      now: [live({ labels: { team: 'ops' } })],
      why: SERVICE_CHANGED,
    },
    {
      what: 'an update ends if its service is gone',
      declared: port(1),
      before: tcp,
      now: [live(http)],
      why: SERVICE_CHANGED,
    },
    {
      what: 'an update ends if its service cannot be used',
      declared: port(1),
      before: tcp,
      now: [unusable],
      why: SERVICE_CHANGED,
    },
    {
      what: 'an update ends if its service is as declared',
      declared: port(1),
      before: tcp,
      now: [live({ tcp_port: 1 })],
      why: APPLIED,
      applied: true,
    },
    {
      what: 'an update ends if its service is as declared and has another unknown field',
      declared: port(1),
      before: tcp,
      now: [live({ tcp_port: 1, labels: {} })],
      why: APPLIED,
      applied: true,
    },
    { what: 'a delete begins if its service is the same', declared: gone, before: tcp, now: [live()], why: null },
    { what: 'a delete begins if its service is gone', declared: gone, before: tcp, now: [], why: null },
    {
      what: 'a delete ends if its service has changed',
      declared: gone,
      before: tcp,
      now: [live({ tcp_port: 3 })],
      why: SERVICE_CHANGED,
    },
    {
      what: 'a delete ends if an unknown field has changed',
      declared: gone,
      before: withLabel,
      now: [live({ labels: { team: 'ops' } })],
      why: SERVICE_CHANGED,
    },
    { what: 'a create begins if its name is free', declared: created, now: [live(http)], why: null },
    {
      what: 'a create ends if its name is taken',
      declared: created,
      now: [live(), live({ ...http, name: 'new' })],
      why: SERVICE_CHANGED,
    },
    {
      what: 'a create ends if an item without an id has its name',
      declared: created,
      now: [{ service_id: null, name: 'new', value: null, reason: 'expected an id' }],
      why: SERVICE_CHANGED,
    },
    {
      what: 'a create begins although an item has no name',
      declared: created,
      now: [{ service_id: null, name: null, value: null, reason: 'expected an id' }],
      why: null,
    },
    {
      what: 'a create ends if its previous name is taken',
      declared: { ...created, reconcile: { renamed_from: 'web' } },
      now: [live(http)],
      why: SERVICE_CHANGED,
    },
  ])('$what', async ({ declared, before, now, why, applied = false }) => {
    const { gates, wait, see } = guard({ declared: [declared], live: before === undefined ? [] : [live(before)] });
    const gate = only(gates);
    see(now);
    wait(6000);
    expect(gate.applied()).toBeNull();
    const result = await gate.check().then(
      () => null,
      (error: unknown) => (error instanceof FailureError ? error.failure : error),
    );
    expect(result).toEqual(why === null ? null : failure('superseded', why));
    expect(gate.enter()).toBe(why === null);
    expect(gate.applied()).toEqual(applied ? now[0] : null);
  });

  test('a create begins if its name is held by the service that has given it up, and by no other', async () => {
    const declared = [service({ service_id: id(1), name: 'other' }), created];
    const { gates, steps, wait, see, update } = guard({ declared, live: [live({ name: 'new' })] });
    const gate = only(gates.filter((_, index) => steps[index]?.kind === 'create'));
    wait(6000);
    await gate.check();
    for (const step of steps) {
      if (step.kind === 'update')
        await update(step.finding.live, step.body, { stop: never, kill: never, gate: openGate });
    }
    see([live({ name: 'new' })]);
    wait(6000);
    await gate.check();
    expect(gate.enter()).toBe(true);
    see([live({ name: 'other' }), live({ ...http, name: 'new' })]);
    wait(6000);
    expect(await failed(gate.check())).toMatchObject({ message: SERVICE_CHANGED });
  });

  test('one service that has changed does not end the others', async () => {
    const other = service({ service_id: id(2), name: 'web', tcp_port: 1 });
    const changed = live({ ...other, tcp_port: 9 });
    const { gates, wait, see, stop } = guard({ declared: [port(1), other], live: [live(), changed] });
    see([live({ tcp_port: 3 }), changed]);
    wait(6000);
    const results = await Promise.allSettled(gates.map(async (gate) => gate.check()));
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(gates.map((gate) => gate.enter())).toEqual([false, true]);
    expect(stop.aborted).toBe(false);
  });
});

describe('a list that fails', () => {
  test('ends the plan, because nothing may be written from an old list', async () => {
    const { gates, wait, see, stop } = guard({ declared: [port(1)], live: [live()] });
    const timeout = { ...failure('transient', 'HTTP 503'), status: 503 };
    see(new FailureError(timeout));
    wait(6000);
    const error = await failed(only(gates).check());
    const message = 'the live services could not be listed again: HTTP 503';
    expect(error.failure).toEqual({ ...timeout, message });
    expect(stop.reason).toBe(error);
  });

  test('because the plan is superseded, ends with that reason', async () => {
    const { gates, wait, see, stop } = guard({ declared: [port(1)], live: [live()] });
    const reason = new FailureError(failure('superseded', FOLDER_CHANGED));
    see(reason);
    wait(6000);
    expect(await failed(only(gates).check())).toBe(reason);
    expect(stop.reason).toBe(reason);
  });

  test('because of a bug, is a bug', async () => {
    const { gates, wait, see, stop } = guard({ declared: [port(1)], live: [live()] });
    const bug = new TypeError('undefined is not a function');
    see(bug);
    wait(6000);
    await expect(only(gates).check()).rejects.toBe(bug);
    expect(stop.aborted).toBe(false);
  });

  test('is asked again by the next write if the first one failed by a bug', async () => {
    const { gates, wait, see, lists } = guard({ declared: [port(1)], live: [live()] });
    const gate = only(gates);
    see(new TypeError('undefined is not a function'));
    wait(6000);
    await expect(gate.check()).rejects.toThrow(TypeError);
    see([live()]);
    await gate.check();
    expect(lists()).toBe(2);
    expect(gate.enter()).toBe(true);
  });
});

/** Guards two updates. */
function guardTwo(fields: Pick<Guarded, 'laterPagesMs'> = {}) {
  const declared = [service(), http];
  return guard({ declared, live: [live({ tcp_port: 1 }), live({ ...http, http_port: 1 })], ...fields });
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
