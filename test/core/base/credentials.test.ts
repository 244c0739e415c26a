import { expect, test } from 'vitest';
import { fixedCredentials } from '../../../src/core/base/credentials.ts';

test('fixed credentials never change', async () => {
  const credentials = { token: 'abc' };
  const source = fixedCredentials(credentials);
  expect(source.current()).toBe(credentials);
  expect(await source.reload(credentials)).toBe(false);
  const stop = source.watch(() => expect.unreachable());
  stop();
});
