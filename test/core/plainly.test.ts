import { expect, test } from 'vitest';
import { plainly } from '../../src/core/plainly.ts';

test.for([
  ['ENOENT', 'nothing is there'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EISDIR', 'it is a folder'],
] as const)('the code %s reads "%s"', ([code, words]) => {
  expect(plainly(code)).toBe(words);
});

test('a code that nobody meets is told as it is', () => {
  expect(plainly('EREMOTEIO')).toBe('EREMOTEIO');
});
