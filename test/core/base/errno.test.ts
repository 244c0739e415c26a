import { expect, test } from 'vitest';
import { errnoText, errorCode, systemErrorCode } from '../../../src/core/base/errno.ts';

test.for([
  ['ENOENT', 'nothing is there'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EISDIR', 'it is a folder'],
] as const)('the code %s reads "%s"', ([code, words]) => {
  expect(errnoText(code)).toBe(words);
});

test('a code that nobody meets is told as it is', () => {
  expect(errnoText('EREMOTEIO')).toBe('EREMOTEIO');
});

test.for([
  [Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'ENOENT', 'ENOENT'],
  [Object.assign(new Error('odd'), { code: 7 }), null, 'odd'],
  [new Error('no code'), null, 'no code'],
  ['just a text', null, 'just a text'],
] as const)('%s is told by its code, or by what else there is to tell', ([thrown, code, told]) => {
  expect(systemErrorCode(thrown)).toBe(code);
  expect(errorCode(thrown)).toBe(told);
});
