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

const TOKEN = 'v4-aB3+/=?&"\'<\\~ü€😀-0123456789';

const charactersOf = (text: string) => Array.from(text);
const bytesOf = (text: string) => [...Buffer.from(text)];
const hexOf = (byte: number) => byte.toString(16).padStart(2, '0');
const unitsOf = (text: string) => [...Array(text.length).keys()].map((at) => text.charCodeAt(at));

const ENCODINGS: Readonly<Record<string, (text: string) => string>> = {
  hexadecimal: (text) => Buffer.from(text).toString('hex'),
  'hexadecimal in upper case': (text) => Buffer.from(text).toString('hex').toUpperCase(),
  'escapes of JSON': (text) =>
    unitsOf(text)
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0')}`)
      .join(''),
  'escapes of JSON in upper case': (text) =>
    unitsOf(text)
      .map((unit) => `\\u${unit.toString(16).padStart(4, '0').toUpperCase()}`)
      .join(''),
  'escapes of JSON for some characters': (text) =>
    JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/[<&-]/g, '\\u00$&')
      .replaceAll(/u00(.)/g, (_, character: string) => `u${character.charCodeAt(0).toString(16).padStart(4, '0')}`),
  'escapes of JSON in JSON': (text) => JSON.stringify(ENCODINGS['escapes of JSON']?.(text)).slice(1, -1),
  'JSON in JSON': (text) => JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1),
  'JSON with escaped slashes': (text) => JSON.stringify(text).slice(1, -1).replaceAll('/', '\\/'),
  'escapes of JavaScript': (text) =>
    charactersOf(text)
      .map((character) => `\\u{${Number(character.codePointAt(0)).toString(16)}}`)
      .join(''),
  'percent-encoding': (text) => encodeURIComponent(text),
  'percent-encoding in lower case': (text) => encodeURIComponent(text).replaceAll(/%../g, (code) => code.toLowerCase()),
  'percent-encoding of every byte': (text) =>
    bytesOf(text)
      .map((byte) => `%${hexOf(byte)}`)
      .join(''),
  'percent-encoding twice': (text) => encodeURIComponent(encodeURIComponent(text)),
  'decimal entities': (text) =>
    charactersOf(text)
      .map((character) => `&#${character.codePointAt(0)};`)
      .join(''),
  'decimal entities with zeros': (text) =>
    charactersOf(text)
      .map((character) => `&#00${character.codePointAt(0)};`)
      .join(''),
  'hexadecimal entities': (text) =>
    charactersOf(text)
      .map((character) => `&#x${Number(character.codePointAt(0)).toString(16)};`)
      .join(''),
  'hexadecimal entities in upper case': (text) =>
    charactersOf(text)
      .map((character) => `&#X${Number(character.codePointAt(0)).toString(16).toUpperCase()};`)
      .join(''),
  'named entities': (text) =>
    text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;'),
  'named entities twice': (text) =>
    text.replaceAll('&', '&amp;amp;').replaceAll('<', '&amp;lt;').replaceAll('"', '&amp;quot;'),
  'different encodings': (text) =>
    charactersOf(text)
      .map((character, at) =>
        at % 3 === 0 ? `&#${character.codePointAt(0)};` : at % 3 === 1 ? encodeURIComponent(character) : character,
      )
      .join(''),
};

test.for(Object.entries(ENCODINGS))('redacts a secret in %s, whole or truncated', ([, encode]) => {
  expect(redacted([TOKEN], `a ${encode(TOKEN)} b`)).toBe('a [redacted] b');
  const start = encode(charactersOf(TOKEN).slice(0, 24).join(''));
  expect(redacted([TOKEN], `a ${start}… b`)).toBe('a [redacted]… b');
});

test.for(['base64', 'base64url'] as const)('redacts a secret in %s, at every place', (encoding) => {
  for (const before of ['', 'u', 'us', 'user:', 'ü', 'Bearer ']) {
    for (const after of ['', 'x', 'xy', ':password']) {
      const text = Buffer.from(before + TOKEN + after).toString(encoding);
      const shown = redacted([TOKEN], text);
      expect(shown).toContain('[redacted]');
      // At most three characters on each side belong to the secret in part.
      const rest = Buffer.from(shown.replace('[redacted]', ''), encoding).length;
      expect(rest).toBeLessThanOrEqual(Buffer.byteLength(before + after) + 2);
    }
  }
});

test('takes no quadratic time for a text with many escapes', () => {
  const text = ['\\', '%', '%25', '&', '&amp;', '&#38;', '&#0', '&#92;'].map((part) => part.repeat(50_000)).join(' ');
  const startedAt = performance.now();
  expect(redacted([TOKEN, `\\\\\\\\${TOKEN}`, `&&&&&&&&${TOKEN}`, `%%%%%%%%${TOKEN}`], text)).toBe(text);
  expect(performance.now() - startedAt).toBeLessThan(5000);
});

test('redacts a secret with half of a character', () => {
  expect(redacted(['v4-abcdefgh\uD83D'], 'a v4-abcdefgh\uD83D b')).toBe('a [redacted] b');
});
