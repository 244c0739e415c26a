import { parseList } from 'structured-headers';
import type { List } from 'structured-headers';

/** The limits of the API in the headers of a response. */
export type ResponseLimits = {
  readonly status: number;
  /** For how long `Retry-After` asks the client to wait; 0 when the header is absent, invalid, or without meaning for the status. */
  readonly retryAfterMs: number;
  readonly quotas: readonly Quota[];
};

/** A quota that `Ratelimit` reports. `size` comes from `Ratelimit-Policy`; null when that header does not name the quota. */
export type Quota = { readonly remaining: number; readonly size: number | null; readonly resetMs: number };

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Reads `Retry-After`, `Ratelimit` and `Ratelimit-Policy`. An invalid header counts as absent. */
export function parseLimits(status: number, headers: Headers): ResponseLimits {
  const sizes = new Map(parseItems(headers['ratelimit-policy']).map(({ name, number }) => [name, number('q')]));
  const quotas = parseItems(headers['ratelimit']).flatMap(({ name, number }): Quota[] => {
    const [remaining, seconds] = [number('r'), number('t')];
    if (remaining === null || seconds === null) return [];
    return [{ remaining, size: sizes.get(name) ?? null, resetMs: seconds * 1000 }];
  });
  const retryAfter = asksToWait(status) ? firstValue(headers['retry-after']) : undefined;
  const retryAfterMs = parseRetryAfter(retryAfter, firstValue(headers['date']));
  return { status, retryAfterMs, quotas };
}

/** Whether `Retry-After` has a meaning: a success, a redirect or a refusal with this header must not hold back all other requests. */
function asksToWait(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

/** Returns the first value of a header; undefined when the header is absent. */
export function firstValue(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}

type Item = {
  readonly name: string;
  /** Returns a parameter that is a whole number from 0; null otherwise. */
  readonly number: (key: string) => number | null;
};

/** Returns the named items of a list such as `"default";r=1199;t=1, "burst";r=50`. */
function parseItems(header: string | string[] | undefined): readonly Item[] {
  return parseListOrNone(Array.isArray(header) ? header.join(',') : (header ?? '')).flatMap(([name, parameters]) => {
    if (typeof name !== 'string') return [];
    const number = (key: string) => {
      const value = parameters.get(key);
      return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : null;
    };
    return [{ name, number }];
  });
}

function parseListOrNone(header: string): List {
  try {
    return parseList(header);
  } catch {
    return []; // RFC 9651, section 4.2: a field that cannot be parsed is ignored as a whole.
  }
}

/**
 * Returns the time that `Retry-After` names, as seconds or as a date, in milliseconds. A date counts from the `Date` header of the
 * response, because the local clock may be wrong. `Date.parse` alone is too lenient: it reads "-45" as a year.
 */
function parseRetryAfter(header: string | undefined, date: string | undefined): number {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return finiteOrZero(Number(text) * 1000);
  if (!HTTP_DATE.test(text)) return 0;
  const now = date !== undefined && HTTP_DATE.test(date) ? Date.parse(date) : Date.now();
  return finiteOrZero(Date.parse(text) - now);
}

/** The format that servers must send: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function finiteOrZero(ms: number): number {
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
