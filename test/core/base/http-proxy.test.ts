import { expect, test } from 'vitest';
import { basicCredentials, describeProxy, secretsOf } from '../../../src/core/base/http-proxy.ts';

const proxy = { url: 'http://proxy.example:3128', login: null, variable: 'HTTPS_PROXY' };
const login = { user: 'Aladdin', password: 'open sesame' };

test('a proxy is named by its address and its variable, without the login', () => {
  expect(describeProxy(proxy)).toBe('http://proxy.example:3128 (HTTPS_PROXY)');
  expect(describeProxy({ ...proxy, login })).toBe('http://[redacted]@proxy.example:3128 (HTTPS_PROXY)');
});

test('the password and the header of a login are secret', () => {
  expect(secretsOf(null)).toEqual([]);
  expect(secretsOf(proxy)).toEqual([]);
  expect(secretsOf({ ...proxy, login })).toEqual(['QWxhZGRpbjpvcGVuIHNlc2FtZQ==', 'open sesame']);
});

test('a password that may be an ordinary word is not searched for', () => {
  expect(secretsOf({ ...proxy, login: { user: 'operator', password: 'proxy' } })).toEqual(['b3BlcmF0b3I6cHJveHk=']);
});

test('a user name without a password is secret, for it can be a token', () => {
  expect(secretsOf({ ...proxy, login: { user: 'a-long-token', password: '' } })).toContain('a-long-token');
});

test('a login is encoded as UTF-8', () => {
  expect(basicCredentials({ user: 'größe', password: '€' })).toBe('Z3LDtsOfZTrigqw=');
});
