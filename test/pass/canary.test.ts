import { describe, expect, test } from 'vitest';
import type { Report } from '../../src/core/report/report.ts';
import { openFixture } from './pass-fixture.ts';
import { declaration, idOf, liveService } from './watching/web-service.ts';

const numbers = Array.from({ length: 6 }, (_, number) => number);
const lives = numbers.map((number) => liveService(number, 1000));
const documents = numbers.map((number) => `---\n${declaration(number, 2000)}`).join('');

const results = ({ services }: Report) => services.map(({ result }) => result);

/** The numbers of the services in the order of their PUTs, and how many PUTs were in flight at most while the first ones ran. */
function puttingIn(order: number[]) {
  return ({ method, path }: { readonly method: string; readonly path: string }) => {
    if (method === 'PUT') order.push(numbers.findIndex((number) => path.endsWith(idOf(number))));
  };
}

test('the first writes run alone, and the rest follows if they succeed', async () => {
  const order: number[] = [];
  const { write, pass } = await openFixture({
    services: lives,
    latencyMs: 20,
    rules: { canary: 2 },
    onRequest: puttingIn(order),
  });
  write('all.yaml', documents);
  const report = await pass();
  expect(report).toMatchObject({ outcome: 'converged', counts: { updated: 6 } });
  expect(new Set(order.slice(0, 2))).toEqual(new Set([0, 1]));
  expect(order).toHaveLength(6);
});

describe('if a canary is refused', () => {
  const refused = { services: lives, rules: { canary: 1 }, scenario: { refuse: [idOf(0)] } };

  test('the rest is withheld, in this pass and in later ones', async () => {
    const order: number[] = [];
    const { write, pass, advanceClock, emulator } = await openFixture({ ...refused, onRequest: puttingIn(order) });
    write('all.yaml', documents);
    const first = await pass({ trigger: 'interval' });
    expect(results(first)).toEqual(['failed', ...Array.from({ length: 5 }, () => 'withheld')]);
    expect(first.services[1]?.reason).toMatch(
      /^not started: canary: the update of "web-0", which ran first, has the result "failed": .*HTTP 400/,
    );
    const second = await pass({ trigger: 'interval' });
    expect(results(second)).toEqual(Array.from({ length: 6 }, () => 'withheld'));
    expect(second.services[0]?.reason).toMatch(/^parked because the API refused the last update/);
    expect(second.services[1]?.reason).toBe(
      'canary: the last update of "web-0" did not succeed, and nothing else is written until it does; correct its declaration, or write the others once: vpc-reconciler apply --canary 0',
    );
    expect(order).toEqual([0]);
    // The retry runs first, and is the only one until it succeeds.
    advanceClock(16 * 60_000);
    expect(results(await pass({ trigger: 'interval' }))).toEqual([
      'failed',
      ...Array.from({ length: 5 }, () => 'withheld'),
    ]);
    expect(order).toEqual([0, 0]);
    expect(new Set(emulator.services().map(({ http_port: port }) => port))).toEqual(new Set([1000]));
  });

  test('the rest is written once its declaration is taken back', async () => {
    const { write, pass, putCount } = await openFixture(refused);
    write('all.yaml', documents);
    await pass({ trigger: 'interval' });
    write('all.yaml', documents.replace(declaration(0, 2000), declaration(0, 1000)));
    expect(await pass({ trigger: 'change' })).toMatchObject({
      outcome: 'converged',
      counts: { in_sync: 1, updated: 5 },
    });
    expect(putCount()).toBe(6);
  });

  test('the rest is written without canaries', async () => {
    const { write, pass } = await openFixture({ ...refused, rules: { canary: 0 } });
    write('all.yaml', documents);
    expect(results(await pass())).toEqual(['failed', ...Array.from({ length: 5 }, () => 'updated')]);
  });
});
