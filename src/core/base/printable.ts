import type { Json } from './json.ts';

/** Returns a value in YAML flow style, in quotes where YAML would read it as another value; `unset` for null. */
export function formatValue(json: Json): string {
  if (json === null) return 'unset';
  if (Array.isArray(json)) return `[${json.map(formatValue).join(', ')}]`;
  const isPlain = typeof json === 'string' && /^[\w.:/@-]+$/.test(json) && !/^(unset|null|true|false)$/.test(json);
  return isPlain && Number.isNaN(Number(json)) ? json : printable(JSON.stringify(json));
}

/** Escapes control and format characters, so that a text from outside stays on one line and cannot control a terminal. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${Number(character.codePointAt(0)).toString(16)}}`,
  );
}

/** Escapes a text for HTML content and attribute values. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
