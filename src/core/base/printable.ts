import type { Json } from './json.ts';

/** A value as YAML's flow style has it, in quotes where it would read as something else; `unset` where there is none. */
export function formatValue(json: Json): string {
  if (json === null) return 'unset';
  if (Array.isArray(json)) return `[${json.map(formatValue).join(', ')}]`;
  const plain = typeof json === 'string' && /^[\w.:/@-]+$/.test(json) && !/^(unset|null|true|false)$/.test(json);
  return plain && Number.isNaN(Number(json)) ? json : printable(JSON.stringify(json));
}

/** One line of it that steers no terminal: names and messages come from outside. */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\u2028\u2029]/gu,
    (character) => `\\u{${Number(character.codePointAt(0)).toString(16)}}`,
  );
}

/** As the text of a page or of an attribute in it has it. */
export function asMarkup(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
}
