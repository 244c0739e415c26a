import { isObject, sameJson, toPlainNumber } from '../../base/json.ts';
import type { Json, JsonObject } from '../../base/json.ts';
import { fieldByPath } from '../../service/fields.ts';

/*
 * A second way to read a service. It shares only the table of fields with the one that compares and plans (service/normalize.ts), because
 * assertions that used that one would have the same bugs.
 */

/** A service as a file declares it, as the API returns it, or as it is sent. Paths are dotted. */
export type Reading = {
  /** The values of known fields, in one form for all notations of a value; null like an unset one. A mapping is no value of its own. */
  readonly known: ReadonlyMap<string, Json>;
  readonly unknown: ReadonlyMap<string, UnknownValue>;
  /** The paths of everything else: nulls, and the fields that the API sets. */
  readonly others: readonly string[];
};

export type UnknownValue = {
  readonly value: Json;
  /** The path of the mapping that directly contains it; empty for the service itself. */
  readonly mapping: string;
};

/** The fields that may be sent, by path. */
const SENT = new Map([...fieldByPath].filter(([, { readOnly, local }]) => readOnly !== true && local !== true));

export function readService(service: JsonObject): Reading {
  const reading = { known: new Map<string, Json>(), unknown: new Map<string, UnknownValue>(), others: [] };
  collectValues(service, '', reading);
  return reading;
}

type OpenReading = {
  readonly known: Map<string, Json>;
  readonly unknown: Map<string, UnknownValue>;
  readonly others: string[];
};

// Loops, because this is part of every write.
function collectValues(object: JsonObject, mapping: string, reading: OpenReading): void {
  for (const [key, value] of Object.entries(object)) {
    // A dot in a key does not separate two keys of a path.
    const last = key.includes('.') ? JSON.stringify(key) : key;
    const path = mapping === '' ? last : `${mapping}.${last}`;
    const field = SENT.get(path);
    if (value === null || fieldByPath.get(path)?.readOnly === true) reading.others.push(path);
    else if (field === undefined) reading.unknown.set(path, { value, mapping });
    else if (field.value.kind === 'mapping' && isObject(value)) collectValues(value, path, reading);
    else {
      const plain = toPlainNumber(value);
      const { canonicalize } = field.value;
      reading.known.set(path, canonicalize === undefined ? plain : canonicalize(plain));
    }
  }
}

/** Returns a known value; the default if it is unset; null if it has none. */
export function valueAt(known: Reading['known'], path: string): Json {
  return known.get(path) ?? SENT.get(path)?.unset ?? null;
}

/** Returns the paths of the known values that differ. */
export function differingPaths(a: Reading['known'], b: Reading['known']): readonly string[] {
  const paths: string[] = [];
  for (const path of a.keys()) if (!sameJson(valueAt(a, path), valueAt(b, path))) paths.push(path);
  for (const path of b.keys()) if (!a.has(path) && !sameJson(valueAt(a, path), valueAt(b, path))) paths.push(path);
  return paths;
}
