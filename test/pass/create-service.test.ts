import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { FailureKind } from '../../src/core/base/failure.ts';
import type { Created, Directory, ListedItem, WriteGate } from '../../src/core/service/directory.ts';
import { createService } from '../../src/pass/create-service.ts';
import { failed, never } from '../cloudflare/client.ts';
import { id, live, service } from '../core/builders.ts';
import { onlyStep, planFor } from './steps.ts';

const step = onlyStep('create', planFor([service({ service_id: null, name: 'web' })], []));
const createdAs = live({ service_id: id(7), name: 'web' });
const declaredAs = live({ service_id: id(8), name: 'web' });
const other = live({ service_id: id(8), name: 'web', tcp_port: 9 });

const created: Created = { kind: 'created', live: createdAs, attempts: 1 };
const unsure: Created = { kind: 'unsure', failure: failure('rejected', 'HTTP 409: name exists'), attempts: 1 };
const refusal = (kind: FailureKind, attempts: number) =>
  new FailureError(failure(kind, `${kind} by the API`), { attempts });

const request = { method: 'POST', path: '' } as const;

type Account = {
  /** The answer of the API to each create; the last one also to all further ones. */
  readonly answers: readonly (Created | Error)[];
  /** The services in each list of this pass; the last one also all further ones. */
  readonly lists?: readonly (readonly ListedItem[] | Error)[];
  /** The last list of this pass before the create. */
  readonly latest?: readonly ListedItem[] | null;
  readonly waitsFor?: string | null;
  readonly gate?: WriteGate;
  readonly stop?: AbortSignal;
};

/** Creates a service in an account, and counts the requests. */
function createIn({ answers, lists = [[]], latest = null, waitsFor = null, gate, stop }: Account) {
  const sent: number[] = [];
  let listed = 0;
  let last = latest;
  const create: Directory['create'] = async (body, options) => {
    expect(body).toBe(step.body);
    // As a client does right before it sends the request.
    while (!options.gate.enter(request)) await options.gate.check();
    sent.push(Date.now());
    const answer = answers[Math.min(sent.length, answers.length) - 1] ?? created;
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const list = async () => {
    listed += 1;
    const items = lists[Math.min(listed, lists.length) - 1] ?? [];
    if (items instanceof Error) throw items;
    last = items;
    return items;
  };
  const signals = { ...never, ...(stop === undefined ? {} : { stop }), ...(gate === undefined ? {} : { gate }) };
  const outcome = createService({ ...step, waitsFor }, { ...signals, create, lists: { list, latest: () => last } });
  // A test may look at the result later than it fails.
  outcome.catch(() => {});
  return { outcome, sent, creates: () => sent.length, listed: () => listed };
}

beforeEach(() => {
  vi.useFakeTimers({ fakeNodeBuiltins: true });
  onTestFinished(() => void vi.useRealTimers());
});

/** Runs all timers until the outcome is there. */
async function outcomeIn(account: Account) {
  const run = createIn(account);
  await vi.runAllTimersAsync();
  return { ...(await run.outcome), creates: run.creates(), listed: run.listed() };
}

describe('before the first attempt', () => {
  test('creates a service that no list of this pass shows', async () => {
    for (const latest of [null, [], [live({ service_id: id(8), name: 'other' })]]) {
      expect(await outcomeIn({ answers: [created], latest })).toEqual({
        result: 'created',
        attempts: 1,
        service_id: id(7),
        creates: 1,
        listed: 0,
      });
    }
  });

  test('sends nothing once a list of this pass shows that another writer created the service', async () => {
    expect(await outcomeIn({ answers: [created], latest: [declaredAs] })).toEqual({
      result: 'created',
      attempts: 0,
      service_id: id(8),
      note: 'found in a newer list before it was created: another writer created it',
      creates: 0,
      listed: 0,
    });
    expect(await outcomeIn({ answers: [created], latest: [other] })).toEqual({
      result: 'withheld',
      attempts: 0,
      reason: `superseded: a service with this name and other values exists now, ${id(8)}; the next pass updates it`,
      superseded: true,
      creates: 0,
      listed: 0,
    });
  });

  test('creates a service although an older list shows the one that gave up its name', async () => {
    expect(await outcomeIn({ answers: [created], latest: [other], waitsFor: id(8) })).toMatchObject({
      result: 'created',
      creates: 1,
    });
  });

  test('creates a service although an item of the list that cannot be used has its name', async () => {
    const unusable = { service_id: id(8), name: 'web', value: null, reason: 'expected a type' };
    expect(await outcomeIn({ answers: [created], latest: [unusable] })).toMatchObject({
      result: 'created',
      creates: 1,
    });
  });

  test('asks the gate of the plan, too', async () => {
    let checks = 0;
    const gate = {
      enter: () => checks > 1,
      check: async () => {
        checks += 1;
      },
      applied: () => declaredAs,
    };
    expect(await outcomeIn({ answers: [created], gate })).toMatchObject({ result: 'created', creates: 1 });
    expect(checks).toBe(2);
    const closed = { ...gate, enter: () => false, check: async () => Promise.reject(refusal('superseded', 0)) };
    const { outcome, creates } = createIn({ answers: [created], gate: closed });
    expect(await failed(outcome)).toMatchObject({ failure: { kind: 'superseded' }, attempts: 0 });
    expect(creates()).toBe(0);
  });

  test('never takes the service that the gate finds for the one that a lost request created', async () => {
    let applied: unknown = 'not asked';
    const create: Directory['create'] = async (_body, { gate }) => {
      applied = gate.applied();
      await gate.check();
      return created;
    };
    await createService(step, { ...never, create, lists: { list: async () => [], latest: () => [live()] } });
    expect(applied).toBeNull();
  });
});

const unused = async () => Promise.reject(new Error('not expected'));

describe('after an answer that leaves open whether the service exists', () => {
  test('a service that is listed as declared is the one that was created', async () => {
    expect(await outcomeIn({ answers: [unsure], lists: [[live(), declaredAs]] })).toEqual({
      result: 'created',
      attempts: 1,
      service_id: id(8),
      note: 'found in the list after a create without a usable answer: that request created it, or another writer',
      creates: 1,
      listed: 1,
    });
  });

  test('a service that is listed with other values is left to the next pass', async () => {
    expect(await outcomeIn({ answers: [{ ...unsure, attempts: 2 }], lists: [[other]] })).toMatchObject({
      result: 'withheld',
      attempts: 2,
      superseded: true,
      creates: 1,
    });
  });

  test('the account is not listed again if another step has listed it since', async () => {
    const latest: ListedItem[] = [];
    const create: Directory['create'] = async () => {
      latest.push(declaredAs);
      return unsure;
    };
    expect(
      await createService(step, { ...never, create, lists: { list: unused, latest: () => latest } }),
    ).toMatchObject({
      result: 'created',
      service_id: id(8),
    });
  });

  test('a service that is not listed is created again, after 300 ms and then 600 ms', async () => {
    const run = createIn({ answers: [unsure, { ...unsure, attempts: 2 }, created] });
    const start = Date.now();
    await vi.runAllTimersAsync();
    expect(await run.outcome).toEqual({ result: 'created', attempts: 4, service_id: id(7) });
    expect(run.sent.map((at) => at - start)).toEqual([0, 300, 900]);
    expect(run.listed()).toBe(2);
  });

  test('a service that appears in the list during the pause is not created again', async () => {
    const run = createIn({ answers: [unsure], lists: [[], [declaredAs]] });
    await vi.runAllTimersAsync();
    expect(await run.outcome).toMatchObject({ result: 'created', attempts: 2, service_id: id(8) });
  });

  test('gives up after three creates, and the next pass tries again', async () => {
    const run = createIn({ answers: [unsure] });
    await vi.runAllTimersAsync();
    const error = await failed(run.outcome);
    expect(error.attempts).toBe(3);
    expect(error.failure).toEqual(failure('transient', 'HTTP 409: name exists; no service with this name is listed'));
    expect([run.creates(), run.listed()]).toEqual([3, 3]);
  });

  test('says that the state is unknown if the account cannot be listed', async () => {
    const denied = refusal('denied', 1);
    const run = createIn({ answers: [{ ...unsure, attempts: 2 }], lists: [denied] });
    const error = await failed(run.outcome);
    expect(error.cause).toMatchObject({ cause: denied });
    expect(error.attempts).toBe(2);
    expect(error.failure).toEqual(
      failure(
        'denied',
        'HTTP 409: name exists; whether the service exists is unknown, because the account could not be listed: denied by the API',
      ),
    );
    expect(run.creates()).toBe(1);
  });

  test('does not hide a bug in the list', async () => {
    const bug = new TypeError('undefined is not a function');
    await expect(createIn({ answers: [unsure], lists: [bug] }).outcome).rejects.toBe(bug);
  });

  test('counts the requests of all attempts if a later one is refused', async () => {
    const run = createIn({ answers: [unsure, { ...unsure, attempts: 3 }, refusal('rejected', 1)] });
    await vi.runAllTimersAsync();
    const error = await failed(run.outcome);
    expect(error).toMatchObject({ attempts: 5, failure: { kind: 'rejected', message: 'rejected by the API' } });
  });

  test.for(['transient', 'interrupted'] as const)(
    'a stop during the pause ends it, and the failure stays %s',
    async (kind) => {
      const controller = new AbortController();
      const run = createIn({ answers: [unsure], stop: controller.signal });
      await vi.advanceTimersByTimeAsync(299);
      controller.abort(new FailureError(failure(kind, 'stopped')));
      const error = await failed(run.outcome);
      expect(error.attempts).toBe(1);
      expect(error.failure).toEqual(failure(kind, 'HTTP 409: name exists; no service with this name is listed'));
      expect(run.creates()).toBe(1);
    },
  );
});

test('a create that the API refuses fails with its own error, and so does a bug', async () => {
  const refused = refusal('rejected', 1);
  await expect(createIn({ answers: [refused], latest: [] }).outcome).rejects.toBe(refused);
  const latest: ListedItem[] = [];
  const create: Directory['create'] = async () => {
    // Another step lists the account meanwhile. The refusal says more about this create.
    latest.push(declaredAs);
    throw refused;
  };
  await expect(createService(step, { ...never, create, lists: { list: unused, latest: () => latest } })).rejects.toBe(
    refused,
  );
  const bug = new TypeError('undefined is not a function');
  const run = createIn({ answers: [unsure, bug] });
  await vi.runAllTimersAsync();
  await expect(run.outcome).rejects.toBe(bug);
});
