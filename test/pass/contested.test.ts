import { expect, test } from 'vitest';
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
