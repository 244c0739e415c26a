import { expect, test } from 'vitest';
import {
  describeErrorCode,
  describeSystemError,
  errorCodeOrMessage,
  systemErrorCode,
} from '../../../src/core/base/errno.ts';

test.for([
  ['ENOENT', 'no such file or folder'],
  ['EACCES', 'permission denied'],
  ['EPERM', 'permission denied'],
  ['EISDIR', 'it is a folder'],
] as const)('writes the code %s as "%s"', ([code, words]) => {
  expect(describeErrorCode(code)).toBe(words);
});

test('returns an unusual code unchanged', () => {
  expect(describeErrorCode('EREMOTEIO')).toBe('EREMOTEIO');
});

test.for([
  [Object.assign(new Error('no such file'), { code: 'ENOENT' }), 'ENOENT', 'ENOENT'],
  [Object.assign(new Error('odd'), { code: 7 }), null, 'odd'],
  [new Error('no code'), null, 'no code'],
  ['just a text', null, 'just a text'],
] as const)('returns the code or the message of %s', ([thrown, code, codeOrMessage]) => {
  expect(systemErrorCode(thrown)).toBe(code);
  expect(errorCodeOrMessage(thrown)).toBe(codeOrMessage);
});

test('describes an error by the meaning of its code, or else by its message', () => {
  expect(describeSystemError(Object.assign(new Error('no such file'), { code: 'ENOENT' }))).toBe(
    'no such file or folder',
  );
  expect(describeSystemError(new Error('no code'))).toBe('no code');
});
