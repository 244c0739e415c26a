import { expect, test } from 'vitest';
import type { Json } from '../../../src/core/base/json.ts';
import { findLostPaths } from '../../../src/core/compare/lost-fields.ts';

test.for<{ sent?: Json; stored?: Json; lost: readonly string[] }>([
  { lost: [] },
  { stored: 1, lost: [] },
  { sent: null, lost: [] },
  { sent: 1, lost: ['x'] },
  { sent: { a: 1 }, stored: null, lost: ['x'] },
  { sent: 1, stored: 2, lost: [] },
  { sent: [1, 2], stored: [3, 4], lost: [] },
  { sent: [1, 2], stored: [1], lost: ['x'] },
  { sent: [1], stored: 'none', lost: [] },
  { sent: { a: 1 }, stored: 'none', lost: [] },
  { sent: { a: 1, b: { c: 1, d: null } }, stored: { b: {} }, lost: ['x.a', 'x.b.c'] },
  { sent: { constructor: 1 }, stored: {}, lost: ['x.constructor'] },
])('$sent, stored as $stored, has lost $lost', ({ sent, stored, lost }) => {
  expect(findLostPaths('x', sent, stored)).toEqual(lost);
});
