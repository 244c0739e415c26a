import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { redactor } from '../../../../src/core/base/text/redactor.ts';

function redacted(secrets: readonly string[], text: string): string {
  const { add, redact } = redactor();
  add(...secrets);
  return redact(text);
}

test.for([
  {
    reason: 'in plain form',
    text: 'Bearer v4-token/with+signs, v4-token/with+signs',
    is: 'Bearer [redacted], [redacted]',
  },
  { reason: 'in percent-encoding', text: '?t=v4-token%2Fwith%2Bsigns&x=1', is: '?t=[redacted]&x=1' },
  { reason: 'inside a word', text: 'xv4-token/with+signsx', is: 'x[redacted]x' },
  { reason: 'only as a whole', text: 'v4-token/with', is: 'v4-token/with' },
])('redacts a secret $reason', ({ text, is }) => {
  expect(redacted(['v4-token/with+signs'], text)).toBe(is);
});

test('redacts a secret in JSON, which stays valid JSON', () => {
  const secret = 'quote"and\\back';
  expect(redacted([secret], JSON.stringify({ message: `it is ${secret}` }))).toBe('{"message":"it is [redacted]"}');
});

test('redacts a secret in HTML, also if it is escaped for JSON first', () => {
  const page = String.raw`a it&#39;s&#34;&#60;0123456789 b &#34;it&#39;s\&#34;&#60;0123456789&#34;`;
  expect(redacted([`it's"<0123456789`], page)).toBe('a [redacted] b &#34;[redacted]&#34;');
});

test('redacts a whole secret whose escaped forms begin alike', () => {
  const secret = '0123456789abcdefgh"<the-rest-of-it>';
  for (const form of [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]) {
    expect(redacted([secret], `a ${form} b`)).toBe('a [redacted] b');
  }
});

test('does not interpret a secret as a pattern', () => {
  const secret = '$()*+./?[]^{|}\\-$&';
  expect(redacted([secret], `a ${secret} b`)).toBe('a [redacted] b');
  expect(redacted(['........'], 'anything else')).toBe('anything else');
});

test('redacts a whole secret that begins with another secret, in either order', () => {
  for (const secrets of [
    ['secret-one', 'secret-one-and-more'],
    ['secret-one-and-more', 'secret-one'],
  ]) {
    expect(redacted(secrets, 'secret-one-and-more secret-one')).toBe('[redacted] [redacted]');
  }
});

test('does not redact its own replacement text', () => {
  expect(redacted(['redacted', 'v4-abcdefgh'], 'v4-abcdefgh')).toBe('[redacted]');
});

test('ignores short values, which occur by chance', () => {
  expect(redacted(['in_sync', '', '        '], 'in_sync: 3 services')).toBe('in_sync: 3 services');
  expect(redacted(['12345678'], '12345678')).toBe('[redacted]');
});

test('redacts a secret without the space around it', () => {
  expect(redacted([' v4-abcdefgh\n'], '"v4-abcdefgh"')).toBe('"[redacted]"');
});

test('never redacts a public value, even if it is added as a secret', () => {
  const keeper = redactor(['not-a-secret']);
  keeper.add('not-a-secret', undefined, 'v4-abcdefgh');
  expect(keeper.redact('not-a-secret v4-abcdefgh')).toBe('not-a-secret [redacted]');
});

test('redacts earlier secrets after later ones are added', () => {
  const keeper = redactor();
  expect(keeper.redact('first-one second-one')).toBe('first-one second-one');
  keeper.add('first-one');
  keeper.add('second-one');
  expect(keeper.redact('first-one second-one')).toBe('[redacted] [redacted]');
});

test('leaves no secret in any text', () => {
  const secret = fc.string({ minLength: 8 }).filter((text) => text.trim().length >= 8);
  fc.assert(
    fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
      const keeper = redactor();
      keeper.add(value);
      for (const text of [value, JSON.stringify(value)]) {
        const shown = keeper.redact(before + text + after);
        if (!'[redacted]'.includes(value.trim())) expect(shown).not.toContain(value.trim());
      }
    }),
  );
});

test('redacts the beginning of a truncated secret', () => {
  const keeper = redactor();
  keeper.add('cfut_AbCdEfGhIj_KlMnOpQrStUv-WxYz0123456789');
  expect(keeper.redact('found "cfut_AbCdEfGhIj_KlMnOp…" and cfut_AbCdEfGhIj_ too')).toBe(
    'found "[redacted]…" and [redacted] too',
  );
  expect(keeper.redact('cfut_AbCdEfGhIj is short')).toBe('cfut_AbCdEfGhIj is short');
});

test('does not redact a name that is public, nor a part of it', () => {
  const { add, redact } = redactor(['CLOUDFLARE_API_TOKEN_FILE']);
  add('CLOUDFLARE_API_TOKEN', 'another-secret');
  expect(redact('CLOUDFLARE_API_TOKEN_FILE: another-secret')).toBe('CLOUDFLARE_API_TOKEN_FILE: [redacted]');
});
