import { escapeControlCharacters } from './text/escape.ts';
import type { Json } from './json.ts';

/** Returns a value in YAML flow style, in quotes where YAML would read it as another value; `unset` for null. */
export function formatValue(json: Json): string {
  if (json === null) return 'unset';
  if (Array.isArray(json)) return `[${json.map(formatValue).join(', ')}]`;
  const isPlain = typeof json === 'string' && /^[\w.:/@-]+$/.test(json) && !/^(unset|null|true|false)$/.test(json);
  return isPlain && Number.isNaN(Number(json)) ? json : escapeControlCharacters(JSON.stringify(json));
}
