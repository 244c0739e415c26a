import { Document, isScalar, Scalar } from 'yaml';
import type { Node } from 'yaml';
import { isObject } from '../../base/json.ts';
import type { Json } from '../../base/json.ts';
import { escapeJson } from '../../base/text/escape.ts';

/** How the surroundings of a value are written. */
export type Style = {
  /** Inside `{ }` or `[ ]`. */
  readonly flow: boolean;
  /** Whether keys and texts have double quotes, as in JSON. */
  readonly json: boolean;
  /** The columns before the keys of the mapping that holds the value, and by how many each level is indented. */
  readonly indent: number;
  readonly step: number;
  readonly lineBreak: string;
};

/** Text that needs no quotes anywhere: letters and digits, and the punctuation that is usual in names and addresses. */
const PLAIN = /^[\p{L}\p{N}][\p{L}\p{N} ._/:@+-]*$/u;

/** Writes a value in the place of `old`, in the same kind of quotes if they can hold it. */
export function formatValue(value: Json, old: Node | null, style: Style): string {
  if (Array.isArray(value)) return `[${value.map((item: Json) => formatScalar(item, null, style)).join(', ')}]`;
  if (isObject(value)) return formatMapping(value, style);
  return formatScalar(value, old, style);
}

/** Writes a key and its value. */
export function formatPair(key: string, value: Json, style: Style): string {
  const written = style.json ? JSON.stringify(key) : key;
  if (isObject(value) && !style.flow) return `${written}:${formatBlock(value, style)}`;
  return `${written}: ${formatValue(value, null, style)}`;
}

function formatMapping(value: { readonly [key: string]: Json }, style: Style): string {
  const pairs = Object.entries(value).map(([key, item]) => formatPair(key, item, { ...style, flow: true }));
  return `{ ${pairs.join(', ')} }`;
}

/** Writes a mapping below its key, with a line break before each pair. */
export function formatBlock(value: { readonly [key: string]: Json }, style: Style): string {
  const inner = { ...style, indent: style.indent + style.step };
  const start = style.lineBreak + ' '.repeat(inner.indent);
  return Object.entries(value)
    .map(([key, item]) => start + formatPair(key, item, inner))
    .join('');
}

function formatScalar(value: Json, old: Node | null, { json }: Style): string {
  // Invisible characters, which mislead a reviewer of the file, are escaped.
  const quoted = escapeJson(JSON.stringify(value));
  if (typeof value !== 'string') return quoted;
  const type = isScalar(old) ? old.type : null;
  if (type === Scalar.QUOTE_SINGLE && !UNPRINTABLE.test(value)) return `'${value.replaceAll("'", "''")}'`;
  if (json || type === Scalar.QUOTE_DOUBLE) return quoted;
  return isPlain(value) ? value : quoted;
}

/** Text that single quotes cannot hold. */
const UNPRINTABLE = /[\p{C}\p{Zl}\p{Zp}]|##\[/u;

/** Whether a text is read as itself without quotes, also by tools that read YAML 1.1. */
function isPlain(text: string): boolean {
  if (!PLAIN.test(text)) return false;
  return new Document(text, { version: '1.2', compat: 'yaml-1.1' }).toString({ lineWidth: 0 }).trimEnd() === text;
}
