import { expect, test } from 'vitest';
// Renamed so that the formatter does not change the whitespace in the templates.
import { html as markup, trustedMarkup } from '../../../src/server/page/html.ts';

test('escapes inserted text, also within a quoted attribute', () => {
  expect(markup`<p title="${`"'<>&`}">${'<b>&amp;</b>'}</p>`.text).toBe(
    '<p title="&#34;&#39;&#60;&#62;&#38;">&#60;b&#62;&#38;amp;&#60;/b&#62;</p>',
  );
});

test('inserts markup unchanged, alone and in lists, and nothing for null', () => {
  const items = ['a', '<'].map((text) => markup`<li>${text}</li>`);
  expect(markup`<ul>${items}${trustedMarkup('<hr>')}${null}${7}</ul>`.text).toBe(
    '<ul><li>a</li><li>&#60;</li><hr>7</ul>',
  );
});

test.each([
  { character: '\u0000', shown: String.raw`\u{0}` },
  { character: '\u202E', shown: String.raw`\u{202e}`, reason: 'reverses the following text' },
  { character: '\u200B', shown: String.raw`\u{200b}`, reason: 'has no width' },
  { character: '\n', shown: String.raw`\u{a}` },
])('shows an invisible character as $shown', ({ character, shown }) => {
  expect(markup`${`a${character}b`}`.text).toBe(`a${shown}b`);
});

test('removes the indentation of the template and keeps the spaces of values', () => {
  expect(
    markup`<p>
      ${'  two  spaces  '}
    </p>`.text,
  ).toBe('<p>\n  two  spaces  \n</p>');
});
