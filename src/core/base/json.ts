/** A JSON value, as in files, requests and responses. */
export type Json = string | number | ExactNumber | boolean | null | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

/**
 * A number whose text a JavaScript number would change, such as `1.10`, `1e400` or `9007199254740993`. It is a value and not an object:
 * only `parseJson` makes one, `JSON.stringify` writes its text, and a copy such as `{ ...number }` is not one.
 * An interface, because only that is no `JsonObject` for TypeScript.
 */
export interface ExactNumber {
  readonly rawJSON: string;
}

/** JSON.rawJSON of ECMAScript, which TypeScript does not declare yet: https://github.com/tc39/proposal-json-parse-with-source */
type JsonWithSource = {
  readonly rawJSON: (text: string) => ExactNumber;
  readonly isRawJSON: (value: unknown) => value is ExactNumber;
  readonly parse: (
    text: string,
    reviver: (key: string, value: Json, context: { readonly source?: string }) => Json,
  ) => Json;
};
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node has had these functions since version 21; TypeScript does not declare them.
const { isRawJSON, parse, rawJSON } = JSON as unknown as JsonWithSource;

/**
 * Matches every text with a number that may need an `ExactNumber`: a negative zero, 16 digits, a fraction or an exponent. Such a number
 * follows a key, a comma or a bracket, unlike the digits of a time. The text in a string can match by chance, which only costs time.
 */
const MAY_CHANGE = /[:,[]\s*-?(?<=(?:"\s*:|[,[])\s*-?)(?:\d{16}|\d+[.eE]|(?<=-)0)/;

/**
 * Parses an object or a list as `JSON.parse` does, except for numbers that would not be written again as they were read: those are of
 * type `ExactNumber`. Throws a `SyntaxError`.
 */
export function parseJson(text: string): Json {
  // Almost no text has such a number. The reviver takes more than five times as long, the test a quarter of the time.
  return MAY_CHANGE.test(text) ? parse(text, exactly) : JSON.parse(text);
}

function exactly(_key: string, value: Json, { source }: { readonly source?: string }): Json {
  return typeof value === 'number' && source !== undefined && JSON.stringify(value) !== source
    ? rawJSON(source)
    : value;
}

export function isExactNumber(value: unknown): value is ExactNumber {
  return isRawJSON(value);
}

/** Returns the JavaScript number of the same value if the value is a safe integer, such as 80 for `80.0`; anything else unchanged. */
export function toPlainNumber(value: Json): Json;
export function toPlainNumber(value: unknown): unknown;
export function toPlainNumber(value: unknown): unknown {
  if (!isExactNumber(value)) return value;
  const number = Number(value.rawJSON);
  return Number.isSafeInteger(number) ? number + 0 : value;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isExactNumber(value);
}

/**
 * Whether two values are equal. The order of elements in a list counts; the order of keys in an object does not. An `ExactNumber` equals
 * only a number of the same text.
 */
export function sameJson(a: Json, b: Json): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, index) => sameJson(item, b[index] ?? null));
  }
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length &&
      keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key] ?? null, b[key] ?? null))
    );
  }
  return isExactNumber(a) && isExactNumber(b) && a.rawJSON === b.rawJSON;
}

/** Whether a value is nested deeper than `levels`. Does not descend further than that. */
export function isDeeperThan(levels: number, value: Json): boolean {
  if (typeof value !== 'object' || value === null || isExactNumber(value)) return false;
  return levels === 0 || Object.values(value).some((item) => isDeeperThan(levels - 1, item));
}
