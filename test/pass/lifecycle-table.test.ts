import { expect, test } from 'vitest';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import type { JsonObject } from '../../src/core/base/json.ts';
import { POLICIES } from '../../src/core/plan/policy.ts';
import { id, tunnel } from '../core/builders.ts';
import { openFixture } from './pass-fixture.ts';

/* Every combination of a declared state, a live state and a policy: what is found, planned and done, and the exit code of `apply`. */

const host = { ipv4: '10.0.0.12', network: { tunnel_id: tunnel } };
const service = { name: 'web', type: 'http', http_port: 80, host };
const withId = { service_id: id(1), ...service };

const DECLARED: Readonly<Record<string, JsonObject | null>> = {
  'not declared': null,
  'by id': withId,
  'by name': service,
  'renamed from old': { ...service, reconcile: { renamed_from: 'old' } },
  'absent, by id': { service_id: id(1), reconcile: { ensure: 'absent' } },
  'absent, by name': { name: 'web', reconcile: { ensure: 'absent' } },
  paused: { ...service, reconcile: { pause: true } },
  'absent, paused': { name: 'web', reconcile: { ensure: 'absent', pause: true } },
  'port ignored': { ...service, reconcile: { ignore: ['http_port'] } },
  invalid: { ...withId, http_port: 0 },
};

const LIVE: Readonly<Record<string, JsonObject | null>> = {
  'not live': null,
  same: withId,
  'other port': { ...withId, http_port: 81 },
  'named old': { ...withId, name: 'old' },
  'other id': { ...withId, service_id: id(2) },
};

/** A service that is always in sync, so that the folder and the account are never empty. */
const other = { ...withId, service_id: id(9), name: 'other' };

async function run(declared: JsonObject | null, live: JsonObject | null, policy: (typeof POLICIES)[number]) {
  const fixture = await openFixture({
    tunnels: [tunnel],
    services: [other, ...(live === null ? [] : [live])],
    rules: { policy },
  });
  fixture.write('all.json', [other, ...(declared === null ? [] : [declared])]);
  const report = await fixture.pass();
  const calls = fixture.emulator.requests.filter(({ method }) => method !== 'GET').map(({ method }) => method);
  const findings = report.services.map(({ finding, action, result }) => `${finding} ${action ?? '-'} ${result ?? '-'}`);
  return `${findings.join(', ') || 'in_sync - -'} | ${calls.join(' ') || '-'} | ${report.outcome} ${exitCodeOf(report)}`;
}

/** Returns one line for each combination; policies with the same result share a line. */
async function table(): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const [declaredState, declared] of Object.entries(DECLARED)) {
    for (const [liveState, live] of Object.entries(LIVE)) {
      const byResult = new Map<string, string[]>();
      for (const policy of POLICIES) {
        const result = await run(declared, live, policy);
        byResult.set(result, [...(byResult.get(result) ?? []), policy]);
      }
      for (const [result, policies] of byResult) {
        lines.push(
          `${declaredState} | ${liveState} | ${policies.length === POLICIES.length ? 'any' : policies.join(', ')} | ${result}`,
        );
      }
    }
  }
  return lines;
}

test('finds, plans and does what the table says, in every combination', { timeout: 120_000 }, async () => {
  expect(await table()).toMatchInlineSnapshot(`
    [
      "not declared | not live | any | in_sync - - | - | in_sync 0",
      "not declared | same | any | unmanaged - - | - | in_sync 0",
      "not declared | other port | any | unmanaged - - | - | in_sync 0",
      "not declared | named old | any | unmanaged - - | - | in_sync 0",
      "not declared | other id | any | unmanaged - - | - | in_sync 0",
      "by id | not live | any | missing - - | - | partial 1",
      "by id | same | any | in_sync - - | - | in_sync 0",
      "by id | other port | any | drifted update updated | PUT | converged 0",
      "by id | named old | any | drifted update updated | PUT | converged 0",
      "by id | other id | any | missing - -, unmanaged - - | - | partial 1",
      "by name | not live | update | missing - withheld | - | partial 1",
      "by name | not live | upsert, sync | missing create created | POST | converged 0",
      "by name | same | any | in_sync - - | - | in_sync 0",
      "by name | other port | any | drifted update updated | PUT | converged 0",
      "by name | named old | update | missing - withheld, unmanaged - - | - | partial 1",
      "by name | named old | upsert, sync | missing create created, unmanaged - - | POST | converged 0",
      "by name | other id | any | in_sync - - | - | in_sync 0",
      "renamed from old | not live | update | missing - withheld | - | partial 1",
      "renamed from old | not live | upsert, sync | missing create created | POST | converged 0",
      "renamed from old | same | any | in_sync - - | - | in_sync 0",
      "renamed from old | other port | any | drifted update updated | PUT | converged 0",
      "renamed from old | named old | any | drifted update updated | PUT | converged 0",
      "renamed from old | other id | any | in_sync - - | - | in_sync 0",
      "absent, by id | not live | any | in_sync - - | - | in_sync 0",
      "absent, by id | same | update, upsert | unwanted - withheld | - | partial 1",
      "absent, by id | same | sync | unwanted delete deleted | DELETE | converged 0",
      "absent, by id | other port | update, upsert | unwanted - withheld | - | partial 1",
      "absent, by id | other port | sync | unwanted delete deleted | DELETE | converged 0",
      "absent, by id | named old | update, upsert | unwanted - withheld | - | partial 1",
      "absent, by id | named old | sync | unwanted delete deleted | DELETE | converged 0",
      "absent, by id | other id | any | unmanaged - - | - | in_sync 0",
      "absent, by name | not live | any | in_sync - - | - | in_sync 0",
      "absent, by name | same | update, upsert | unwanted - withheld | - | partial 1",
      "absent, by name | same | sync | unwanted delete deleted | DELETE | converged 0",
      "absent, by name | other port | update, upsert | unwanted - withheld | - | partial 1",
      "absent, by name | other port | sync | unwanted delete deleted | DELETE | converged 0",
      "absent, by name | named old | any | unmanaged - - | - | in_sync 0",
      "absent, by name | other id | update, upsert | unwanted - withheld | - | partial 1",
      "absent, by name | other id | sync | unwanted delete deleted | DELETE | converged 0",
      "paused | not live | any | missing - paused | - | in_sync 0",
      "paused | same | any | in_sync - - | - | in_sync 0",
      "paused | other port | any | drifted - paused | - | in_sync 0",
      "paused | named old | any | missing - paused, unmanaged - - | - | in_sync 0",
      "paused | other id | any | in_sync - - | - | in_sync 0",
      "absent, paused | not live | any | in_sync - - | - | in_sync 0",
      "absent, paused | same | any | unwanted - paused | - | in_sync 0",
      "absent, paused | other port | any | unwanted - paused | - | in_sync 0",
      "absent, paused | named old | any | unmanaged - - | - | in_sync 0",
      "absent, paused | other id | any | unwanted - paused | - | in_sync 0",
      "port ignored | not live | update | missing - withheld | - | partial 1",
      "port ignored | not live | upsert, sync | missing create created | POST | converged 0",
      "port ignored | same | any | in_sync - - | - | in_sync 0",
      "port ignored | other port | any | in_sync - - | - | in_sync 0",
      "port ignored | named old | update | missing - withheld, unmanaged - - | - | partial 1",
      "port ignored | named old | upsert, sync | missing create created, unmanaged - - | POST | converged 0",
      "port ignored | other id | any | in_sync - - | - | in_sync 0",
      "invalid | not live | any | invalid - - | - | partial 1",
      "invalid | same | any | invalid - - | - | partial 1",
      "invalid | other port | any | invalid - - | - | partial 1",
      "invalid | named old | any | invalid - - | - | partial 1",
      "invalid | other id | any | invalid - -, unmanaged - - | - | partial 1",
    ]
  `);
});
