import { expect, test } from 'vitest';
import { formatPath } from '../../../src/core/load/field-path.ts';

test.for([
  [[], ''],
  [['name'], 'name'],
  [['host', 'resolver_network', 'resolver_ips', 1], 'host.resolver_network.resolver_ips[1]'],
  [[0, 'name'], '[0].name'],
] as const)('formats the path %j as "%s"', ([path, expected]) => {
  expect(formatPath(path)).toBe(expected);
});
