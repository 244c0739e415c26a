import { cachedByIdentity } from '../../core/base/identity-cache.ts';
import { asMarkup, printable } from '../../core/base/printable.ts';

/** No value from a file or an answer can have it, so none is taken for markup. */
const markup: unique symbol = Symbol('markup');

/** Markup that is safe to send: only `html` makes it. */
export type Html = { readonly [markup]: true; readonly text: string };

export type Part = Html | string | number | null | readonly Html[];

/**
 * Markup, written as it is; whatever is put into it is text, also within the quotes of an attribute. Texts come from outside, so characters
 * that cannot be seen, or that turn the direction of others, are spelled as they are on a terminal. Null is nothing.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return trusted(String.raw({ raw: closeUp(strings) }, ...parts.map(markupOf)));
}

/** Markup of our own, such as a drawing, which holds nothing from outside. */
export function trusted(text: string): Html {
  return { [markup]: true, text };
}

/** The source is indented for who reads it; a thousand times over it is half of a page. */
const closeUp = cachedByIdentity((strings: TemplateStringsArray): readonly string[] =>
  strings.map((text) => text.replaceAll(/\s*\n\s*/g, '\n')),
);

function markupOf(part: Part): string {
  if (part === null) return '';
  if (typeof part !== 'object') return asMarkup(printable(String(part)));
  if ('text' in part) return part.text;
  return part.map(markupOf).join('');
}
