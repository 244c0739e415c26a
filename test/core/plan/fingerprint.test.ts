import { expect, test } from 'vitest';
import { sameFields } from '../../../src/core/plan/fingerprint.ts';
import { normalize } from '../../../src/core/service/normalize.ts';
import { tcp } from '../builders.ts';

test('two services have the same fields if their values are the same, in whatever order and notation', () => {
  const { known } = normalize(tcp);
  const { host, ...rest } = tcp;
  expect(sameFields(known, normalize({ http_port: null, host, ...rest }).known)).toBe(true);
  expect(sameFields(known, normalize({ ...tcp, tcp_port: 1 }).known)).toBe(false);
  expect(sameFields(known, new Map())).toBe(false);
});
