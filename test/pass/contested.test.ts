import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/base/json.ts';
import type { Emulator } from '../../src/emulator/emulator.ts';
import { id, tcp } from '../core/builders.ts';
import { openFixture } from './pass-fixture.ts';

const MINUTE = 60_000;

test('keeps trying against another writer, less and less often, and names it as a possible cause', async () => {
  const { write, pass, emulator, advanceClock, putCount } = await openFixture({ services: [tcp] });
  write('db.json', JSON.stringify({ ...tcp, tcp_port: 5433 }));
  /** The other writer sets its value every five minutes, and this process runs a pass after it. */
  const round = async () => {
    emulator.change(id(1), (service) => ({ ...service, tcp_port: 5432 }));
    advanceClock(5 * MINUTE);
    return pass({ trigger: 'interval' });
  };
  for (let rounds = 0; rounds < 3; rounds += 1) expect(await round()).toMatchObject({ outcome: 'converged' });

  const withheld = await round();
  expect(withheld).toMatchObject({
    outcome: 'partial',
    services: [{ result: 'withheld', reason: expect.stringMatching(/another writer.*retried in 10m/) }],
  });
  expect(putCount()).toBe(3);

  const puts: number[] = [];
  for (let rounds = 0; rounds < 24; rounds += 1) {
    await round();
    puts.push(putCount());
  }
  expect(puts).toEqual([3, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6]);

  // A person who asks for a pass need not wait.
  emulator.change(id(1), (service) => ({ ...service, tcp_port: 5432 }));
  expect(await pass({ trigger: 'request' })).toMatchObject({ outcome: 'converged' });
});

const set = (fields: (round: number) => JsonObject) => async (emulator: Emulator, round: number) => {
  for (const service_id of idsOf(emulator)) {
    emulator.change(service_id, (service) => ({
      ...service,
      ...fields(round),
      updated_at: `round ${round}`,
    }));
  }
};
const call = async ({ url, accountId, token }: Emulator, method: string, path: string, body?: JsonObject) =>
  fetch(`${url}/accounts/${accountId}/connectivity/directory/services${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

function idsOf(emulator: Emulator): readonly string[] {
  return emulator.services().flatMap(({ service_id: id }) => (typeof id === 'string' ? [id] : []));
}

describe('in six hours of a fight, with a pass every five minutes, at most ten writes are sent', () => {
  const declaredTcp = JSON.stringify({ ...tcp, tcp_port: 5433 });
  const { service_id: _, ...byName } = tcp;
  const declaredByName = JSON.stringify(byName);
  const absent = JSON.stringify({ name: 'db', reconcile: { ensure: 'absent' } });
  test.for<readonly [what: string, file: string, rival: (emulator: Emulator, round: number) => Promise<unknown>]>([
    ['the old value', declaredTcp, set(() => ({ tcp_port: 5432 }))],
    ['another value each time', declaredTcp, set((round) => ({ tcp_port: 1 + round }))],
    [
      'a value in every other round',
      declaredTcp,
      async (...at) => at[1] % 2 === 0 && set(() => ({ tcp_port: 5432 }))(...at),
    ],
    ['another name each time', declaredTcp, set((round) => ({ name: `db-${round}` }))],
    [
      'its deletion',
      declaredByName,
      async (emulator) => {
        for (const service_id of idsOf(emulator)) await call(emulator, 'DELETE', `/${service_id}`);
      },
    ],
    [
      'its creation, although it is declared absent',
      absent,
      async (emulator) => emulator.services().length === 0 && call(emulator, 'POST', '', byName),
    ],
  ])('%s', async ([, file, rival]) => {
    const { write, pass, emulator, advanceClock } = await openFixture({ services: [tcp], rules: { policy: 'sync' } });
    write('db.json', file);
    let writes = 0;
    let contested = 0;
    for (let round = 0; round < 72; round += 1) {
      await rival(emulator, round);
      const { counts } = await pass({ trigger: 'interval' });
      advanceClock(5 * MINUTE);
      writes += counts.created + counts.updated + counts.deleted;
      contested = counts.contested;
    }
    expect(writes).toBeLessThanOrEqual(10);
    expect(contested).toBe(1);
  });
});
