import { expect, test } from 'vitest';
import { logPrevented } from '../../src/cli/daemon/daemon-log.ts';
import { cloudflareDirectory } from '../../src/cloudflare/directory.ts';
import { fixedCredentials } from '../../src/core/base/credentials.ts';
import type { Drifted, Finding } from '../../src/core/compare/compare.ts';
import type { PreventedWrite, WriteAssertion } from '../../src/core/plan/assertions/violation.ts';
import { plan as makePlan } from '../../src/core/plan/plan.ts';
import type { Plan } from '../../src/core/plan/plan.ts';
import type { Step, Update } from '../../src/core/plan/step.ts';
import type { Suspension } from '../../src/core/report/suspension.ts';
import { normalize } from '../../src/core/service/normalize.ts';
import { viewAccount } from '../../src/pass/account-view.ts';
import { apply } from '../../src/pass/apply.ts';
import { guardWrites } from '../../src/pass/write-guard.ts';
import { createLog } from '../../src/sinks/log.ts';
import { budgetOf } from '../cloudflare/client.ts';
import { served, success } from '../cloudflare/server.ts';
import { declaration as parsed, findings as findingsOf, live, planOptions } from '../core/builders.ts';
import { initialMetrics } from '../monitoring/metrics.ts';
import { valuesOf } from '../sinks/exposition.ts';
import { openFixture } from './pass-fixture.ts';
import { declaration, idOf, liveService } from './watching/web-service.ts';

/* A plan is changed before it is applied, as a bug would change it. The API must not see anything of it. */

const OLD = 1000;
const NEW = 2000;
const NEWER = 3000;

/** web-0 and web-1 differ, web-2 does not, web-3 is paused, web-4 is declared absent, web-5 is not declared. */
const lives = [OLD, OLD, NEW, OLD, OLD, OLD].map((port, number) => liveService(number, port));
const documents = (port: number) =>
  [
    declaration(0, port),
    declaration(1, NEW),
    declaration(2, NEW),
    `${declaration(3, NEW)}reconcile: {pause: true}\n`,
    `service_id: ${idOf(4)}\nreconcile: {ensure: absent}\n`,
  ]
    .map((document) => `---\n${document}`)
    .join('');

type Planned = { readonly plan: Plan; readonly findings: readonly Finding[] };

type Fault = {
  readonly name: string;
  readonly assertion: WriteAssertion;
  readonly message: string;
  /** Returns what becomes of the first step. */
  readonly plant: (first: Update, planned: Planned) => Step;
};

const faults: readonly Fault[] = [
  {
    name: 'a value that is not declared',
    assertion: 'body',
    message: 'it differs from what is declared at http_port',
    plant: (first) => ({ ...first, body: { ...first.body, http_port: 7 } }),
  },
  {
    name: 'a field that is not declared',
    assertion: 'unknown_fields',
    message: 'they are not sent as they are live: weight',
    plant: (first) => ({ ...first, body: { ...first.body, weight: 1 } }),
  },
  {
    name: 'the instructions of a declaration',
    assertion: 'unknown_fields',
    message: 'they are not sent as they are live: reconcile',
    plant: (first) => ({ ...first, body: { ...first.body, reconcile: { ensure: 'present' } } }),
  },
  {
    name: 'an update that changes nothing',
    assertion: 'differs',
    message: 'it changes nothing',
    plant: (first, planned) => updateOf(2, first, planned),
  },
  {
    name: 'an update of a paused service',
    assertion: 'declared',
    message: 'its declaration pauses it',
    plant: (first, planned) => updateOf(3, first, planned),
  },
  {
    name: 'an update of a service that is declared absent',
    assertion: 'declared',
    message: 'it is declared absent, and the step is "update"',
    plant: (first, planned) => updateOf(4, first, planned),
  },
  {
    name: 'an update of a service that is not declared',
    assertion: 'declared',
    message: 'the folder has 0 declarations of it',
    plant: (first, planned) => updateOf(5, first, planned),
  },
  {
    name: 'a delete that the policy does not allow',
    assertion: 'policy',
    message: 'a delete, and the policy is upsert',
    plant: (first, { findings }) => {
      const finding = findings.find(({ kind }) => kind === 'unwanted');
      if (finding?.kind !== 'unwanted') throw new Error('expected a service to delete');
      return { kind: 'delete', finding, carriedOver: [], waitsFor: first.waitsFor };
    },
  },
  {
    name: 'a create of a service that is not declared',
    assertion: 'declared',
    message: 'the folder has 0 declarations of it',
    plant: ({ finding: { declaration: declared, declared: fields }, body }) => ({
      kind: 'create',
      finding: {
        kind: 'missing',
        declaration: { ...declared, service_id: null, name: 'new' },
        declared: fields,
        hint: null,
      },
      body: { ...body, name: 'new' },
      carriedOver: [],
      waitsFor: null,
    }),
  },
];

/** Returns an update of another service with the body of a step. */
function updateOf(number: number, { finding, ...step }: Update, { findings }: Planned): Update {
  const wanted = findings.find((each) => 'live' in each && each.live?.service_id === idOf(number));
  if (wanted === undefined || !('live' in wanted) || wanted.live === null) throw new Error('expected a live service');
  const declared = wanted.kind === 'drifted' || wanted.kind === 'in_sync' ? wanted.declaration : finding.declaration;
  const { name, http_port } = { ...declared.value };
  const { known: liveFields, unknown } = normalize(wanted.live.value);
  const drifted: Drifted = { ...finding, declaration: declared, live: wanted.live, liveFields, unknown };
  return { ...step, finding: drifted, body: { ...step.body, name: name ?? '', http_port: http_port ?? null } };
}

/** Runs a pass in which a fault is planted. */
async function passWith(plant: Fault['plant'], options: Parameters<typeof openFixture>[0] = {}) {
  const prevented: PreventedWrite[] = [];
  const fixture = await openFixture({
    services: lives,
    rules: { policy: 'upsert' },
    ...options,
    onPrevented: (write) => prevented.push(write),
    onPlan: ({ plan, findings }) => {
      const [first, ...others] = plan.steps;
      if (first?.kind !== 'update') throw new Error('expected an update');
      Object.assign(plan, { steps: [plant(first, { plan, findings }), ...others] });
    },
  });
  fixture.write('all.yaml', documents(NEW));
  const report = await fixture.pass();
  const writes = fixture.emulator.requests
    .filter(({ method }) => method !== 'GET')
    .map(({ method, path }) => `${method} ${path.split('/').at(-1)}`);
  return { ...fixture, report, prevented, writes };
}

test.each(faults)('is not sent: $name', async ({ assertion, message, plant }) => {
  const { prevented, writes } = await passWith(plant);
  expect(prevented).toMatchObject([{ assertion, message }]);
  expect(writes).toEqual([`PUT ${idOf(1)}`]);
});

test('a write that is not sent has failed because of a bug, in the report, the log and the metrics', async () => {
  const { report, prevented } = await passWith((first) => ({ ...first, body: { ...first.body, http_port: 7 } }));
  const reason =
    'not sent, because the check "body" right before the write failed: it differs from what is declared at http_port; this is a bug in vpc-reconciler, please report it';
  expect(report).toMatchObject({ outcome: 'partial', error: null, counts: { updated: 1, failed: 1 } });
  expect(report.services.find(({ name }) => name === 'web-0')).toMatchObject({
    action: 'update',
    result: 'failed',
    reason,
    attempts: 0,
    error: { kind: 'internal', status: null },
  });
  const lines: string[] = [];
  const log = createLog({
    level: 'error',
    format: 'json',
    fd: 1,
    stream: process.stdout,
    colors: false,
    redact: (line) => line,
    openWriter: () => ({ write: (line) => lines.push(line) }),
  });
  const metrics = initialMetrics();
  for (const write of prevented) {
    logPrevented(log, write);
    metrics.onPrevented(write);
  }
  expect(lines.map((line): unknown => JSON.parse(line))).toMatchObject([
    {
      level: 'error',
      event: 'write_prevented',
      assertion: 'body',
      method: 'PUT',
      path: expect.stringMatching(`/services/${idOf(0)}$`),
      service_id: idOf(0),
      name: 'web-0',
      msg: `internal error: PUT of "web-0" ${reason}`,
    },
  ]);
  expect(await valuesOf(metrics, 'vpc_reconciler_prevented_writes_total')).toMatchObject({
    '{assertion="body"}': 1,
    '{assertion="differs"}': 0,
  });
});

test('a step from an older snapshot is not sent', async () => {
  const steps: Update[] = [];
  const { prevented, putCount, write, pass } = await passWith((first) => {
    steps.push(first);
    const [old = first] = steps;
    return steps.length === 1 ? { ...old, body: {} } : old;
  });
  expect(prevented).toMatchObject([{ assertion: 'body' }]);
  write('all.yaml', documents(NEWER));
  await pass();
  expect(prevented[1]).toMatchObject({ assertion: 'body', message: 'it differs from what is declared at http_port' });
  expect(putCount()).toBe(1);
});

test('a retry is checked, too', async () => {
  let paused: Suspension | null = null;
  const { prevented, report, writes } = await passWith((first) => first, {
    services: lives.filter(({ name }) => name === 'web-0'),
    // A pause that the pass does not notice.
    pause: { current: () => paused, signal: () => new AbortController().signal },
    scenario: { share: 1, faults: [503], methods: ['PUT'], stops_after: 1 },
    onRequest: ({ method }) => {
      if (method === 'PUT') paused = { since: '2026-01-02T03:04:05Z', until: null, reason: null };
    },
  });
  expect(prevented).toMatchObject([{ assertion: 'mode', message: 'all writes are paused' }]);
  expect(report.services[0]).toMatchObject({ result: 'failed', attempts: 1, error: { kind: 'internal' } });
  expect(writes).toEqual([`PUT ${idOf(0)}`]);
});

test('nothing is sent to another account', async () => {
  const { url, seen } = await served((_, response) => response.end(JSON.stringify(success(live().value))));
  const directory = cloudflareDirectory({
    baseUrl: url,
    accountId: 'other',
    credentials: fixedCredentials({ token: 'token-of-the-test' }),
    budget: budgetOf(),
    connections: 1,
    requestTimeoutMs: 5000,
    userAgent: 'test',
    attempts: 3,
    random: () => 0,
  });
  const listed = [live({ tcp_port: 1 })];
  const plan = makePlan(findingsOf({ declared: [{}], live: [{ tcp_port: 1 }] }), planOptions());
  const { directory: viewed, view } = viewAccount(directory, listed);
  const { signal } = new AbortController();
  const prevented: PreventedWrite[] = [];
  const files = [{ file: 'db.json', declarations: [parsed()], tombstones: [], skipped: [], problems: [] }];
  const guard = guardWrites({
    source: {
      path: 'services',
      read: async () => ({ path: 'services', revision: null, files }),
      readAgain: async () => files,
      findChange: async () => null,
      readCount: () => 1,
    },
    steps: plan.steps,
    planned: { declarations: [parsed()], tombstones: [] },
    isPatient: false,
    list: viewed.list,
    view,
    facts: () => ({
      accountId: 'account',
      mode: 'apply',
      isPaused: false,
      policy: 'update',
      unknownFields: 'drop',
      at: 0,
    }),
    onPrevented: (write) => prevented.push(write),
    readAt: performance.now(),
    listedAt: performance.now(),
    now: () => performance.now(),
    stop: signal,
    kill: signal,
  });
  const { outcomes } = await apply(plan, {
    directory: viewed,
    gateOf: guard.gateOf,
    concurrency: 1,
    stop: guard.stop,
    kill: signal,
  });
  guard.close();
  await directory.close();
  expect([...outcomes.values()]).toMatchObject([{ result: 'failed', attempts: 0, failure: { kind: 'internal' } }]);
  expect(prevented).toMatchObject([{ assertion: 'account' }]);
  expect(seen).toEqual([]);
});
