import { expect, test } from 'vitest';
// By another name, so that the formatter leaves the space between the tags as it is here.
import { html as markup, trusted } from '../../../src/server/page/html.ts';

test('whatever is put in is text, also within the quotes of an attribute', () => {
  expect(markup`<p title="${`"'<>&`}">${'<b>&amp;</b>'}</p>`.text).toBe(
    '<p title="&#34;&#39;&#60;&#62;&#38;">&#60;b&#62;&#38;amp;&#60;/b&#62;</p>',
  );
});

test('markup that was made so goes in as it is, alone and in lists; null is nothing', () => {
  const items = ['a', '<'].map((text) => markup`<li>${text}</li>`);
  expect(markup`<ul>${items}${trusted('<hr>')}${null}${7}</ul>`.text).toBe('<ul><li>a</li><li>&#60;</li><hr>7</ul>');
});

test.each([
  { character: '\u0000', spelled: String.raw`\u{0}` },
  { character: '\u202E', spelled: String.raw`\u{202e}`, reason: 'turns what follows around' },
  { character: '\u200B', spelled: String.raw`\u{200b}`, reason: 'has no width' },
  { character: '\n', spelled: String.raw`\u{a}` },
])('$spelled can be seen', ({ character, spelled }) => {
  expect(markup`${`a${character}b`}`.text).toBe(`a${spelled}b`);
});

test('the indentation of the source is not sent, the words of values are', () => {
  expect(
    markup`<p>
      ${'  two  spaces  '}
    </p>`.text,
  ).toBe('<p>\n  two  spaces  \n</p>');
});
