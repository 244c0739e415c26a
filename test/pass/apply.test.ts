import { describe, expect, test } from 'vitest';
import type { Signals } from '../../src/core/base/abort.ts';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { compare } from '../../src/core/compare/compare.ts';
import { collect } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import { emptyMemory } from '../../src/core/plan/memory.ts';
import type { Outcome } from '../../src/core/plan/outcome.ts';
import { emptyPlan, plan } from '../../src/core/plan/plan.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import { remember } from '../../src/core/plan/remember.ts';
import type { Step } from '../../src/core/plan/step.ts';
import type { Directory, WriteGate, WriteOptions } from '../../src/core/service/directory.ts';
import { apply } from '../../src/pass/apply.ts';
import type { Applied, ApplyOptions } from '../../src/pass/apply.ts';
import { openGate } from '../cloudflare/client.ts';
import { planOptions } from '../core/builders.ts';
import { planFor } from './steps.ts';

const id = '0199a0c4-2b10-7c3e-8a51-000000000001';
const signal = new AbortController().signal;
const never = { stop: signal, kill: signal, gateOf: () => openGate };
const service = (fields: JsonObject = {}): JsonObject => ({
  service_id: id,
  name: 'db',
  type: 'tcp',
  tcp_port: 5432,
  host: { hostname: 'db.internal', resolver_network: { tunnel_id: id, resolver_ips: ['10.0.0.2', '10.0.0.1'] } },
  ...fields,
});
const declared = collect([parseFile('db.yaml', JSON.stringify(service()))]);
const findingsFor = (live: JsonObject) => compare(declared, [{ service_id: id, name: 'db', value: live }]);

/** An API that sorts the resolvers. */
const sorting: Directory['update'] = async (live, body) => {
  const host = { hostname: 'db.internal', resolver_network: { tunnel_id: id, resolver_ips: ['10.0.0.1', '10.0.0.2'] } };
  return { live: { ...live, value: { ...body, service_id: id, host } }, attempts: 1 };
};

const buggy: Directory['update'] = async () => {
  throw new TypeError('undefined is not a function');
};

/** Returns a directory that only updates. */
const directory = (update: Directory['update']): ApplyOptions['directory'] => ({
  update,
  list: unused,
  create: unused,
  remove: unused,
});

async function unused(): Promise<never> {
  throw new Error('not expected');
}

test('reports a field that the API stores differently as unsettled and does not send it again until either side changes', async () => {
  const findings = findingsFor(service({ tcp_port: 1 }));
  const first = plan(findings, planOptions());
  const { outcomes } = await apply(first, { directory: directory(sorting), concurrency: 1, ...never });
  expect(outcomes.get(id)).toMatchObject({ result: 'unsettled', paths: ['host.resolver_network.resolver_ips'] });

  const memory = remember({ findings, outcomes, memory: emptyMemory, now: 0 });
  const kept = service({
    host: { hostname: 'db.internal', resolver_network: { tunnel_id: id, resolver_ips: ['10.0.0.1', '10.0.0.2'] } },
  });
  const second = plan(findingsFor(kept), planOptions({ memory }));
  expect(second.steps).toEqual([]);
  expect(second.withheld).toMatchObject([{ reason: expect.stringContaining('host.resolver_network.resolver_ips') }]);

  const later = remember({ findings: findingsFor(kept), outcomes: new Map(), memory, now: 0 });
  expect(plan(findingsFor(kept), planOptions({ memory: later })).steps).toEqual([]);
  expect(plan(findingsFor({ ...kept, tcp_port: 9 }), planOptions({ memory: later })).steps).toHaveLength(1);
});

test('reports a bug in the directory as an outcome', async () => {
  const first = plan(findingsFor(service({ tcp_port: 1 })), planOptions());
  const { outcomes, denied } = await apply(first, {
    directory: directory(buggy),
    concurrency: 1,
    ...never,
  });
  expect(outcomes.get(id)).toMatchObject({
    result: 'failed',
    failure: { kind: 'internal', message: expect.stringContaining('undefined is not') },
  });
  expect(denied).toBeNull();
});

/** Returns a plan that updates this many services. */
function planOf(count: number) {
  const names = Array.from({ length: count }, (_, index) => ({
    service_id: `0199a0c4-2b10-7c3e-8a51-${String(index).padStart(12, '0')}`,
    name: `db-${index}`,
  }));
  const text = names.map((each) => `---\n${JSON.stringify(service(each))}\n`).join('');
  const live = names.map((each) => ({ ...each, value: service({ ...each, tcp_port: 1 }) }));
  return plan(compare(collect([parseFile('all.yaml', text)]), live), planOptions());
}

const isFirst = (service_id: string) => service_id.endsWith('000');
const resultsOf = ({ outcomes }: Applied) => [...outcomes.values()].map(({ result }) => result);

test('starts no further update after a denial and finishes those in flight', async () => {
  const refusal = failure('denied', 'HTTP 403');
  const inFlight = Promise.withResolvers<void>();
  const applied = await apply(planOf(4), {
    directory: directory(async (live, body, { stop, kill }) => {
      if (isFirst(live.service_id)) throw new FailureError(refusal, { attempts: 1 });
      if (live.service_id.endsWith('1')) {
        stop.addEventListener('abort', () => inFlight.resolve());
        await inFlight.promise;
        expect(kill.aborted).toBe(false);
        return { live: { ...live, value: body }, attempts: 1 };
      }
      // The directory also rejects a request that was not sent yet.
      return new Promise((_, reject) => {
        if (stop.aborted) reject(stop.reason);
        stop.addEventListener('abort', () => reject(stop.reason));
      });
    }),
    concurrency: 3,
    ...never,
  });
  expect(applied.denied).toEqual(refusal);
  expect(resultsOf(applied)).toEqual(['failed', 'updated', 'withheld', 'withheld']);
  expect([...applied.outcomes.values()][3]).toMatchObject({ reason: 'not started: another write was denied' });
});

test('starts no further update after five transient failures in a row, counted from the last success', async () => {
  const down = new FailureError(failure('transient', 'HTTP 503'), { attempts: 5 });
  const sent: string[] = [];
  const applied = await apply(planOf(12), {
    directory: directory(async (live, body, { stop }) => {
      stop.throwIfAborted();
      sent.push(live.service_id);
      if (sent.length !== 4) throw down;
      return { live: { ...live, value: body }, attempts: 1 };
    }),
    concurrency: 1,
    ...never,
  });
  expect(sent).toHaveLength(9);
  expect(applied.denied).toBeNull();
  expect([...applied.outcomes.values()].at(-1)).toEqual({
    result: 'withheld',
    attempts: 0,
    reason: 'not started: 5 writes in a row failed, the last one with: HTTP 503',
  });
});

const nameIn = ({ name }: JsonObject) => (typeof name === 'string' ? name : '');

/** A directory that answers each write as it is told, by the name of the service, and records what it was asked. */
function scripted(script: Readonly<Record<string, FailureError | ((signals: Signals) => Promise<void>)>> = {}) {
  const asked: string[] = [];
  const options: WriteOptions[] = [];
  const act = async (what: string, name: string, given: WriteOptions) => {
    asked.push(`${what} ${name}`);
    options.push(given);
    given.stop.throwIfAborted();
    const answer = script[name];
    if (answer instanceof FailureError) throw answer;
    await answer?.(given);
  };
  const directory: ApplyOptions['directory'] = {
    list: async () => [],
    create: async (body, given) => {
      await act('create', nameIn(body), given);
      return {
        kind: 'created',
        live: { service_id: id, name: nameIn(body), value: { ...body, service_id: id } },
        attempts: 1,
      };
    },
    update: async (live, body, given) => {
      await act('update', live.name, given);
      return { live: { ...live, value: { ...body, service_id: live.service_id } }, attempts: 2 };
    },
    remove: async (live, given) => {
      await act('delete', live.name, given);
      return { attempts: 3 };
    },
  };
  return { directory, asked, options };
}

const carryOut = async (made: Plan, given: Partial<ApplyOptions> & Pick<ApplyOptions, 'directory'>) =>
  apply(made, { concurrency: 1, ...never, ...given });

const idOf = (number: number) => `0199a0c4-2b10-7c3e-8a51-${String(number).padStart(12, '0')}`;
const liveNamed = (number: number, name: string, fields: JsonObject = {}) => ({
  service_id: idOf(number),
  name,
  value: service({ service_id: idOf(number), name, tcp_port: 1, ...fields }),
});

test('carries out creates, updates and deletes, with the number of requests of each', async () => {
  const made = planFor(
    [
      service({ service_id: null, name: 'new' }),
      service({ service_id: idOf(2), name: 'changed' }),
      { service_id: idOf(3), reconcile: { ensure: 'absent' } },
    ],
    [liveNamed(2, 'changed'), liveNamed(3, 'old')],
  );
  const { directory, asked } = scripted();
  const { outcomes, denied } = await carryOut(made, { directory });
  expect(asked.toSorted()).toEqual(['create new', 'delete old', 'update changed']);
  expect(outcomes).toEqual(
    new Map<string, Outcome>([
      ['name:new', { result: 'created', attempts: 1, service_id: id }],
      [idOf(2), { result: 'updated', attempts: 2 }],
      [idOf(3), { result: 'deleted', attempts: 3 }],
    ]),
  );
  expect(denied).toBeNull();
});

test('an empty plan asks for nothing and has no outcomes', async () => {
  const progress: string[] = [];
  const { directory, asked } = scripted();
  const onProgress = (done: number, total: number) => void progress.push(`${done} of ${total}`);
  expect(await carryOut(emptyPlan, { directory, onProgress })).toEqual({ outcomes: new Map(), denied: null });
  expect(asked).toEqual([]);
  expect(progress).toEqual(['0 of 0']);
});

test('reports the progress at the start and after each step, whatever its result', async () => {
  const progress: string[] = [];
  const refused = new FailureError(failure('rejected', 'HTTP 400'), { attempts: 1 });
  const { directory } = scripted({ 'db-1': refused });
  const onProgress = (done: number, total: number) => void progress.push(`${done} of ${total}`);
  await carryOut(planOf(3), { directory, onProgress });
  expect(progress).toEqual(['0 of 3', '1 of 3', '2 of 3', '3 of 3']);
});

test('has at most so many steps in flight', async () => {
  let [inFlight, most] = [0, 0];
  const slow = async () => {
    inFlight += 1;
    most = Math.max(most, inFlight);
    await new Promise((resolve) => setImmediate(resolve));
    inFlight -= 1;
  };
  const script = Object.fromEntries(Array.from({ length: 6 }, (_, number) => [`db-${number}`, slow]));
  await carryOut(planOf(6), { directory: scripted(script).directory, concurrency: 2 });
  expect(most).toBe(2);
});

test('gives each step its own gate, and the signal that ends work in progress', async () => {
  const gate: WriteGate = { enter: () => true, check: async () => {}, applied: () => null };
  const gates = new Map<string, WriteGate>();
  const gateOf = (step: Step) => {
    const own = { ...gate };
    gates.set(step.finding.kind === 'drifted' ? step.finding.live.name : '', own);
    return own;
  };
  const kill = new AbortController().signal;
  const guarded = scripted();
  await carryOut(planOf(2), { directory: guarded.directory, gateOf, kill });
  expect([...gates.keys()]).toEqual(['db-0', 'db-1']);
  expect(guarded.options.map((given) => given.gate)).toEqual([...gates.values()]);
  expect(guarded.options.every((given) => given.kill === kill)).toBe(true);
});

const renamed = (fields: JsonObject = {}) =>
  planFor(
    [
      service({ service_id: idOf(1), name: 'b', ...fields }),
      service({ service_id: idOf(2), name: 'c' }),
      service({ service_id: null, name: 'a' }),
    ],
    [liveNamed(1, 'a'), liveNamed(2, 'b')],
  );

describe('a step that waits for a name', () => {
  test('starts after the step that frees it, even with room for more', async () => {
    const { directory, asked } = scripted({ b: async () => new Promise((resolve) => setImmediate(resolve)) });
    const { outcomes } = await carryOut(renamed(), { directory, concurrency: 9 });
    expect(asked).toEqual(['update b', 'update a', 'create a']);
    expect([...outcomes.values()].map(({ result }) => result).toSorted()).toEqual(['created', 'updated', 'updated']);
  });

  test('does not start if that step fails, and says why', async () => {
    const { directory, asked } = scripted({ b: new FailureError(failure('rejected', 'HTTP 400'), { attempts: 1 }) });
    const { outcomes } = await carryOut(renamed(), { directory, concurrency: 9 });
    expect(asked).toEqual(['update b']);
    expect(outcomes.get(idOf(1))).toEqual({
      result: 'withheld',
      attempts: 0,
      reason: `not started: the name "b" is still held by ${idOf(2)}, whose update has the result "failed": HTTP 400`,
    });
    expect(outcomes.get('name:a')).toEqual({
      result: 'withheld',
      attempts: 0,
      reason: `not started: the name "a" is still held by ${idOf(1)}, whose update has the result "withheld"`,
    });
  });

  test('does not take up room while it waits', async () => {
    const { directory, asked } = scripted();
    await carryOut(renamed(), { directory, concurrency: 1 });
    expect(asked).toEqual(['update b', 'update a', 'create a']);
  });
});

/** An API that accepts an update and changes nothing. */
const unchanged: Directory['update'] = async (live) => ({ live, attempts: 1 });

describe('canaries', () => {
  const rejected = new FailureError(failure('rejected', 'HTTP 400'), { attempts: 1 });

  test('run alone, and the others start once all of them have succeeded', async () => {
    const started: string[] = [];
    const slow = async () => {
      started.push('canary');
      await new Promise((resolve) => setImmediate(resolve));
      started.push('done');
    };
    const { directory, asked } = scripted({
      'db-0': slow,
      'db-1': slow,
      'db-2': async () => void started.push('other'),
    });
    const applied = await carryOut(planOf(3), { directory, canary: 2, concurrency: 9 });
    expect(started).toEqual(['canary', 'canary', 'done', 'done', 'other']);
    expect(asked).toHaveLength(3);
    expect(resultsOf(applied)).toEqual(['updated', 'updated', 'updated']);
  });

  test('withhold the others if one of them fails, with the reason', async () => {
    const progress: string[] = [];
    const { directory, asked } = scripted({ 'db-1': rejected });
    const onProgress = (done: number, total: number) => void progress.push(`${done} of ${total}`);
    const applied = await carryOut(planOf(4), { directory, canary: 2, onProgress });
    expect(asked).toEqual(['update db-0', 'update db-1']);
    expect(resultsOf(applied)).toEqual(['updated', 'failed', 'withheld', 'withheld']);
    expect(applied.outcomes.get(idOf(3))).toEqual({
      result: 'withheld',
      attempts: 0,
      reason: 'not started: canary: the update of "db-1", which ran first, has the result "failed": HTTP 400',
    });
    expect(progress.at(-1)).toBe('4 of 4');
  });

  test('withhold the others if the API stores another value', async () => {
    const { directory } = scripted();
    const applied = await carryOut(planOf(2), { directory: { ...directory, update: unchanged }, canary: 1 });
    expect(applied.outcomes.get(idOf(1))).toMatchObject({
      reason: 'not started: canary: the update of "db-0", which ran first, has the result "unsettled"',
    });
  });

  test('that are denied leave the others the reason of the denial', async () => {
    const denial = new FailureError(failure('denied', 'HTTP 403'), { attempts: 1 });
    const { directory } = scripted({ 'db-0': denial });
    const applied = await carryOut(planOf(2), { directory, canary: 1 });
    expect(applied.denied).toEqual(denial.failure);
    expect(applied.outcomes.get(idOf(1))).toMatchObject({ reason: 'not started: another write was denied' });
  });
});

const planned = (fields: JsonObject = {}) =>
  planFor([service({ service_id: idOf(1), name: 'db' })], [liveNamed(1, 'db', fields)]);
const outcomeAfter = async (made: Plan, error: FailureError) => {
  const { outcomes } = await carryOut(made, { directory: scripted({ db: error }).directory });
  return outcomes.get(idOf(1));
};

describe('a step that fails', () => {
  const bad = { ...failure('rejected', 'HTTP 400: unknown field'), status: 400 };

  test('before a request was sent is withheld', async () => {
    const error = new FailureError(failure('transient', 'pass_timeout'));
    expect(await outcomeAfter(planned(), error)).toEqual({
      result: 'withheld',
      attempts: 0,
      reason: 'not started: pass_timeout',
    });
  });

  test('because of a bug that was found right before the request has failed', async () => {
    const bug = failure('internal', 'not sent');
    expect(await outcomeAfter(planned(), new FailureError(bug))).toEqual({
      result: 'failed',
      attempts: 0,
      failure: bug,
    });
  });

  test('because it is superseded is withheld for the next pass, whether or not a request was sent', async () => {
    for (const attempts of [0, 2]) {
      const error = new FailureError(failure('superseded', 'superseded: changed'), { attempts });
      expect(await outcomeAfter(planned(), error)).toEqual({
        result: 'withheld',
        attempts,
        reason: 'superseded: changed',
        superseded: true,
      });
    }
  });

  test('fails with its failure and the number of requests', async () => {
    expect(await outcomeAfter(planned(), new FailureError(bad, { attempts: 2 }))).toEqual({
      result: 'failed',
      attempts: 2,
      failure: bad,
    });
  });

  test('names unknown_fields if the API may have refused fields that this version does not know', async () => {
    const withUnknown = planned({ labels: {}, zone: 'a' });
    expect(await outcomeAfter(withUnknown, new FailureError(bad, { attempts: 1 }))).toEqual({
      result: 'failed',
      attempts: 1,
      failure: {
        ...bad,
        message:
          'HTTP 400: unknown field; the update kept live fields that this version does not know (labels, zone); if the API refuses them, set unknown_fields to drop',
      },
    });
    const other = { ...bad, status: 409 };
    expect(await outcomeAfter(withUnknown, new FailureError(other, { attempts: 1 }))).toMatchObject({ failure: other });
  });
});

const resultsAfter = async (...errors: readonly (FailureError | null)[]) => {
  const script = Object.fromEntries(
    errors.flatMap((error, number) => (error === null ? [] : [[`db-${number}`, error]])),
  );
  return resultsOf(await carryOut(planOf(errors.length), { directory: scripted(script).directory }));
};

const denial = (message: string) => new FailureError(failure('denied', message), { attempts: 1 });

describe('further steps', () => {
  const down = new FailureError(failure('transient', 'HTTP 503'), { attempts: 5 });
  const refused = new FailureError(failure('rejected', 'HTTP 400'), { attempts: 1 });
  test('start after four transient failures, and after a refusal between them', async () => {
    expect(await resultsAfter(down, down, down, down, null)).toEqual([
      ...Array.from({ length: 4 }, () => 'failed'),
      'updated',
    ]);
    expect((await resultsAfter(down, down, down, down, refused, down, null)).at(-1)).toBe('updated');
    expect((await resultsAfter(down, down, down, down, down, null)).at(-1)).toBe('withheld');
  });

  test('start after refusals, however many', async () => {
    expect((await resultsAfter(refused, refused, refused, refused, refused, refused, null)).at(-1)).toBe('updated');
  });

  test('do not start once the caller stops, whose reason they have', async () => {
    const controller = new AbortController();
    const reason = new FailureError(failure('interrupted', 'stopped by SIGTERM'));
    const { directory, asked } = scripted({ 'db-0': async () => controller.abort(reason) });
    const applied = await carryOut(planOf(2), { directory, stop: controller.signal });
    expect(asked).toHaveLength(2);
    expect(resultsOf(applied)).toEqual(['updated', 'withheld']);
    expect(applied.outcomes.get(idOf(1))).toMatchObject({ reason: 'not started: stopped by SIGTERM' });
    expect(applied.denied).toBeNull();
  });

  test('have the first denial if several are denied', async () => {
    const later = async () => {
      await new Promise((resolve) => setImmediate(resolve));
      throw denial('second');
    };
    const { directory } = scripted({ 'db-0': denial('first'), 'db-1': later });
    const applied = await carryOut(planOf(2), { directory, concurrency: 2 });
    expect(resultsOf(applied)).toEqual(['failed', 'failed']);
    expect(applied.denied).toMatchObject({ message: 'first' });
  });
});

test.for([
  ['denied', 1],
  ['transient', 5],
] as const)('a create that waits to be repeated ends as %s if that ends the plan', async ([kind, failures]) => {
  const numbers = Array.from({ length: failures }, (_, number) => number);
  const made = planFor(
    [
      service({ service_id: null, name: 'new' }),
      ...numbers.map((number) => service({ service_id: idOf(number), name: `db-${number}` })),
    ],
    numbers.map((number) => liveNamed(number, `db-${number}`)),
  );
  const fail = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    throw new FailureError(failure(kind, 'HTTP'), { attempts: 1 });
  };
  const { directory } = scripted(Object.fromEntries(numbers.map((number) => [`db-${number}`, fail])));
  const unsure = { kind: 'unsure', failure: failure('rejected', 'name exists'), attempts: 1 } as const;
  const { outcomes } = await carryOut(made, {
    directory: { ...directory, create: async () => unsure },
    concurrency: 9,
  });
  expect(outcomes.get('name:new')).toMatchObject({
    result: 'failed',
    attempts: 1,
    failure: { kind, message: 'name exists; no service with this name is listed' },
  });
});

test('creates whose answers are lost share a list of the account', async () => {
  const names = ['a', 'b', 'c'];
  const made = planFor(
    names.map((name) => service({ service_id: null, name })),
    [],
  );
  const { directory } = scripted();
  let lists = 0;
  const unsure = { kind: 'unsure', failure: failure('transient', 'timeout'), attempts: 1 } as const;
  const { outcomes } = await carryOut(made, {
    directory: {
      ...directory,
      create: async () => unsure,
      list: async () => {
        lists += 1;
        await new Promise((resolve) => setImmediate(resolve));
        return names.map((name, number) => liveNamed(number, name, { tcp_port: 5432 }));
      },
    },
    concurrency: 3,
  });
  expect([...outcomes.values()].map(({ result }) => result)).toEqual(['created', 'created', 'created']);
  expect(lists).toBe(2);
});
