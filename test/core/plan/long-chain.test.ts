import { expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/base/json.ts';
import { plan } from '../../../src/core/plan/plan.ts';
import { findings, id, planOptions, service } from '../builders.ts';

test('plans a chain as long as an account quickly and names only its ends', () => {
  const numbers = Array.from({ length: 1000 }, (_, number) => number + 1);
  const chain = (last: JsonObject[]) =>
    findings({
      declared: numbers.map((number) => ({ service_id: id(number), name: `s${number + 1}` })),
      live: [...numbers.map((number) => service({ service_id: id(number), name: `s${number}` })), ...last],
    });
  const start = process.cpuUsage();
  expect(plan(chain([]), planOptions()).steps).toHaveLength(1000);
  const stuck = plan(chain([service({ service_id: id(5000), name: 's1001' })]), planOptions());
  expect(stuck.withheld).toHaveLength(1000);
  expect(stuck.withheld[0]?.reason).toBe(
    `waits for the name "s2", whose holder waits for "s3", whose holder waits for "s4", whose holder waits for "s5", whose holder waits for … (992 more), whose holder waits for "s998", whose holder waits for "s999", whose holder waits for "s1000", whose holder waits for "s1001", which ${id(5000)} keeps`,
  );
  expect(process.cpuUsage(start).user / 1e6).toBeLessThan(10);
});
