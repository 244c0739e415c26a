import { expect, test } from 'vitest';
import { apply } from '../src/apply.ts';
import type { Directory } from '../src/cloudflare/directory.ts';
import { compare } from '../src/core/compare.ts';
import { parseFile } from '../src/core/declaration.ts';
import { collect } from '../src/core/declared.ts';
import type { JsonObject } from '../src/core/json.ts';
import { nothingSeen, remember } from '../src/core/memory.ts';
import { failure, FailureError } from '../src/core/outcome.ts';
import { plan } from '../src/core/plan.ts';

const id = '0199a0c4-2b10-7c3e-8a51-000000000001';
const never = new AbortController().signal;
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

/** An API that keeps its resolvers sorted, whatever it is sent. */
const sorting: Directory['update'] = async (live, body) => {
  const host = { hostname: 'db.internal', resolver_network: { tunnel_id: id, resolver_ips: ['10.0.0.1', '10.0.0.2'] } };
  return { live: { ...live, value: { ...body, service_id: id, host } }, attempts: 1 };
};

const buggy: Directory['update'] = async () => {
  throw new TypeError('undefined is not a function');
};

test('what the API keeps differently is unsettled, and not sent again until either side changes', async () => {
  const findings = findingsFor(service({ tcp_port: 1 }));
  const first = plan(findings, { unknownFields: 'preserve', memory: nothingSeen });
  const { outcomes } = await apply(first, { update: sorting, concurrency: 1, stop: never, kill: never });
  expect(outcomes.get(id)).toMatchObject({ result: 'unsettled', paths: ['host.resolver_network.resolver_ips'] });

  const memory = remember(findings, outcomes, nothingSeen);
  const kept = service({
    host: { hostname: 'db.internal', resolver_network: { tunnel_id: id, resolver_ips: ['10.0.0.1', '10.0.0.2'] } },
  });
  const second = plan(findingsFor(kept), { unknownFields: 'preserve', memory });
  expect(second.updates).toEqual([]);
  expect(second.withheld).toMatchObject([{ reason: expect.stringContaining('host.resolver_network.resolver_ips') }]);

  const later = remember(findingsFor(kept), new Map(), memory);
  expect(plan(findingsFor(kept), { unknownFields: 'preserve', memory: later }).updates).toEqual([]);
  expect(
    plan(findingsFor({ ...kept, tcp_port: 9 }), { unknownFields: 'preserve', memory: later }).updates,
  ).toHaveLength(1);
});

test('a bug in the room is an outcome, never an exception', async () => {
  const first = plan(findingsFor(service({ tcp_port: 1 })), { unknownFields: 'preserve', memory: nothingSeen });
  const { outcomes, denied } = await apply(first, { update: buggy, concurrency: 1, stop: never, kill: never });
  expect(outcomes.get(id)).toMatchObject({
    result: 'failed',
    failure: { kind: 'internal', message: expect.stringContaining('undefined is not') },
  });
  expect(denied).toBeNull();
});

test('a denial ends what waits to be tried again', async () => {
  const second = '0199a0c4-2b10-7c3e-8a51-000000000002';
  const other = service({ service_id: second, name: 'other' });
  const two = collect([
    parseFile('two.yaml', [service(), other].map((each) => `---\n${JSON.stringify(each)}\n`).join('')),
  ]);
  const live = [
    { service_id: id, name: 'db', value: service({ tcp_port: 1 }) },
    { service_id: second, name: 'other', value: { ...other, tcp_port: 1 } },
  ];
  const planned = plan(compare(two, live), { unknownFields: 'preserve', memory: nothingSeen });
  const refusal = failure('denied', 'HTTP 403');
  const { outcomes, denied } = await apply(planned, {
    update: async ({ service_id }, _, signal) => {
      if (service_id === id) throw new FailureError(refusal, { attempts: 1 });
      return new Promise((__, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    },
    concurrency: 2,
    stop: never,
    kill: never,
  });
  expect(denied).toEqual(refusal);
  expect([...outcomes.values()].map(({ result }) => result)).toEqual(['failed', 'failed']);
});
