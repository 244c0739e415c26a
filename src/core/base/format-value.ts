import { escapeControlCharacters } from './text/escape.ts';
import { escapeNonAscii, looksAlike } from './text/look-alike.ts';
import type { Json } from './json.ts';

/** Returns a value in YAML flow style, in quotes where YAML would read it as another value; `unset` for null. */
export function formatValue(json: Json): string {
  if (json === null) return 'unset';
  if (Array.isArray(json)) return `[${json.map(formatValue).join(', ')}]`;
  const isPlain = typeof json === 'string' && /^[\w.:/@-]+$/.test(json) && !/^(unset|null|true|false)$/.test(json);
  return isPlain && Number.isNaN(Number(json)) ? json : escapeControlCharacters(JSON.stringify(json));
}

/** Formats two different values. Characters outside ASCII are escaped if the values would look the same, as with a no-break space. */
export function formatValues(one: Json, other: Json): readonly [string, string] {
  const texts = [formatValue(one), formatValue(other)] as const;
  return looksAlike(...texts) ? [escapeNonAscii(texts[0]), escapeNonAscii(texts[1])] : texts;
}
