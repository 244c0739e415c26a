import { cachedByIdentity } from '../../core/base/identity-cache.ts';
import { escapeControlCharacters, escapeHtml } from '../../core/base/text/escape.ts';

/** Values from files or responses cannot carry this symbol, so they are never taken for markup. */
const markup: unique symbol = Symbol('markup');

/** Markup that is safe to send. Only `html` and `trustedMarkup` create it. */
export type Html = { readonly [markup]: true; readonly text: string };

export type HtmlPart = Html | string | number | null | readonly Html[];

/**
 * Builds markup from a template. Every inserted value is escaped as text, also within a quoted attribute, unless it is markup itself; null
 * inserts nothing. Inserted text is untrusted, so invisible characters and those that change the text direction are shown as escapes,
 * as on a terminal.
 */
export function html(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return trustedMarkup(String.raw({ raw: withoutIndentation(strings) }, ...parts.map(markupOf)));
}

/** Marks a text as safe to send without escaping. Use it only for constants, such as drawings, that contain no outside text. */
export function trustedMarkup(text: string): Html {
  return { [markup]: true, text };
}

/** Returns the strings without the indentation of the source, which would otherwise be half of a page with a thousand services. */
const withoutIndentation = cachedByIdentity((strings: TemplateStringsArray): readonly string[] =>
  strings.map((text) => text.replaceAll(/\s*\n\s*/g, '\n')),
);

function markupOf(part: HtmlPart): string {
  if (part === null) return '';
  if (typeof part !== 'object') return escapeHtml(escapeControlCharacters(String(part)));
  if ('text' in part) return part.text;
  return part.map(markupOf).join('');
}
