import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { secretKeeper } from '../../../src/core/base/secrets.ts';

function hidden(secrets: readonly string[], text: string): string {
  const keeper = secretKeeper();
  keeper.add(...secrets);
  return keeper.hide(text);
}

test.for([
  { reason: 'plain', text: 'Bearer v4-token/with+signs, v4-token/with+signs', is: 'Bearer [redacted], [redacted]' },
  { reason: 'percent-encoded', text: '?t=v4-token%2Fwith%2Bsigns&x=1', is: '?t=[redacted]&x=1' },
  { reason: 'within a word', text: 'xv4-token/with+signsx', is: 'x[redacted]x' },
  { reason: 'only whole', text: 'v4-token/with', is: 'v4-token/with' },
])('hides a secret: $reason', ({ text, is }) => {
  expect(hidden(['v4-token/with+signs'], text)).toBe(is);
});

test('hides a secret in JSON, which stays JSON', () => {
  const secret = 'quote"and\\back';
  expect(hidden([secret], JSON.stringify({ message: `it is ${secret}` }))).toBe('{"message":"it is [redacted]"}');
});

test('hides a secret on a page, also where it stands there as in JSON', () => {
  const page = String.raw`a it&#39;s&#34;&#60;0123456789 b &#34;it&#39;s\&#34;&#60;0123456789&#34;`;
  expect(hidden([`it's"<0123456789`], page)).toBe('a [redacted] b &#34;[redacted]&#34;');
});

test('hides a secret whole, however far its spellings begin alike', () => {
  const secret = '0123456789abcdefgh"<the-rest-of-it>';
  for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
    expect(hidden([secret], `a ${form} b`)).toBe('a [redacted] b');
  }
});

test('takes no character of a secret for a pattern', () => {
  const secret = '$()*+./?[]^{|}\\-$&';
  expect(hidden([secret], `a ${secret} b`)).toBe('a [redacted] b');
  expect(hidden(['........'], 'anything else')).toBe('anything else');
});

test('hides a secret that begins with another one whole, in whatever order they are known', () => {
  for (const secrets of [
    ['secret-one', 'secret-one-and-more'],
    ['secret-one-and-more', 'secret-one'],
  ]) {
    expect(hidden(secrets, 'secret-one-and-more secret-one')).toBe('[redacted] [redacted]');
  }
});

test('hides nothing within what it has put there itself', () => {
  expect(hidden(['redacted', 'v4-abcdefgh'], 'v4-abcdefgh')).toBe('[redacted]');
});

test('leaves short values alone: they would shred the output', () => {
  expect(hidden(['in_sync', '', '        '], 'in_sync: 3 services')).toBe('in_sync: 3 services');
  expect(hidden(['12345678'], '12345678')).toBe('[redacted]');
});

test('knows a secret by its value without the space around it', () => {
  expect(hidden([' v4-abcdefgh\n'], '"v4-abcdefgh"')).toBe('"[redacted]"');
});

test('shows what anybody may see, even where it is used as a secret', () => {
  const keeper = secretKeeper(['not-a-secret']);
  keeper.add('not-a-secret', undefined, 'v4-abcdefgh');
  expect(keeper.hide('not-a-secret v4-abcdefgh')).toBe('not-a-secret [redacted]');
});

test('keeps what it knows when it learns more', () => {
  const keeper = secretKeeper();
  expect(keeper.hide('first-one second-one')).toBe('first-one second-one');
  keeper.add('first-one');
  keeper.add('second-one');
  expect(keeper.hide('first-one second-one')).toBe('[redacted] [redacted]');
});

test('no text shows a secret that it knows, whatever either holds', () => {
  const secret = fc.string({ minLength: 8 }).filter((text) => text.trim().length >= 8);
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      const keeper = secretKeeper();
      keeper.add(value);
      for (const text of [value, JSON.stringify(value)]) {
        const shown = keeper.hide(before + text + after);
        if (!'[redacted]'.includes(value.trim())) expect(shown).not.toContain(value.trim());
      }
    }),
  );
});

test('of a secret that was cut, the beginning is hidden, too', () => {
  const keeper = secretKeeper();
  keeper.add('cfut_AbCdEfGhIj_KlMnOpQrStUv-WxYz0123456789');
  expect(keeper.hide('found "cfut_AbCdEfGhIj_KlMnOp…" and cfut_AbCdEfGhIj_ too')).toBe(
    'found "[redacted]…" and [redacted] too',
  );
  expect(keeper.hide('cfut_AbCdEfGhIj is short')).toBe('cfut_AbCdEfGhIj is short');
});
