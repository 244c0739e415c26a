import { isExactNumber, isObject, parseJson } from '../core/base/json.ts';
import type { Json, JsonObject } from '../core/base/json.ts';

/** At most this many bytes are in a line. Container runtimes split longer ones, and the parts are no JSON. */
const MAX_BYTES = 16 * 1024;

/** How much of each text, list and object remains: the first of these with which the line is short enough. */
const LENGTHS = [2000, 500, 100, 20];

/** Deeper values are cut off. Nothing that is logged is nested this deep, except for values from outside. */
const MAX_DEPTH = 8;

/** Returns a line of JSON that is not too long. A longer one becomes a line with shortened values, which says so. */
export function limitLine(line: string): string {
  // A character has at most three bytes, and almost all lines are short.
  if (line.length <= MAX_BYTES / 3 || Buffer.byteLength(line) <= MAX_BYTES) return line;
  const fields = parseJson(line);
  if (!isObject(fields)) return line;
  for (const length of LENGTHS) {
    const short = toLine(shorten(fields, length, MAX_DEPTH));
    if (Buffer.byteLength(short) <= MAX_BYTES) return short;
  }
  const { level = null, time = null, event = null, run_id = null } = fields;
  return toLine({ level, time, event, run_id });
}

function toLine(fields: Json): string {
  return `${JSON.stringify({ ...(isObject(fields) ? fields : {}), shortened: true })}\n`;
}

function shorten(value: Json, length: number, depth: number): Json {
  if (typeof value === 'string') {
    return value.length <= length ? value : `${value.slice(0, length)}… ${value.length - length} more characters`;
  }
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return value;
  if (depth === 0) return '…';
  if (isObject(value)) return shortenObject(value, length, depth);
  const items = value.slice(0, length).map((item) => shorten(item, length, depth - 1));
  return value.length <= length ? items : [...items, `… ${value.length - length} more`];
}

function shortenObject(object: JsonObject, length: number, depth: number): JsonObject {
  return Object.fromEntries(
    Object.entries(object)
      .slice(0, length)
      .map(([key, value]) => [key.slice(0, length), shorten(value, length, depth - 1)]),
  );
}
