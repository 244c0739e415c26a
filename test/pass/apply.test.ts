import { expect, test } from 'vitest';
import { failure, FailureError } from '../../src/core/base/failure.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { compare } from '../../src/core/compare/compare.ts';
import { collect } from '../../src/core/load/collect.ts';
import { parseFile } from '../../src/core/load/parse-file.ts';
import { emptyMemory } from '../../src/core/plan/memory.ts';
import { plan } from '../../src/core/plan/plan.ts';
import { remember } from '../../src/core/plan/remember.ts';
import type { Directory } from '../../src/core/service/directory.ts';
import { apply } from '../../src/pass/apply.ts';
import type { Applied, ApplyOptions } from '../../src/pass/apply.ts';
import { openGate } from '../cloudflare/client.ts';
import { planOptions } from '../core/builders.ts';

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
