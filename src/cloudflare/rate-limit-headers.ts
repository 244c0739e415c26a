/** What an answer of the API says of its limits. */
export type Limits = {
  readonly status: number;
  /** What it asks for with `Retry-After`; 0 where it does not, or makes no sense. */
  readonly retryAfterMs: number;
  readonly quotas: readonly Quota[];
};

/** A quota as `Ratelimit` tells it, `of` how many as `Ratelimit-Policy` does; null where that does not. */
export type Quota = { readonly remaining: number; readonly of: number | null; readonly resetMs: number };

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/** Reads `Retry-After`, `Ratelimit` and `Ratelimit-Policy`. What makes no sense counts as not said. */
export function limitsOf(status: number, headers: Headers): Limits {
  const sizes = new Map(itemsOf(headers['ratelimit-policy']).map(({ name, numbers }) => [name, numbers.get('q')]));
  const quotas = itemsOf(headers['ratelimit']).flatMap(({ name, numbers }): Quota[] => {
    const [remaining, seconds] = [numbers.get('r'), numbers.get('t')];
    if (remaining === undefined || seconds === undefined) return [];
    return [{ remaining, of: sizes.get(name) ?? null, resetMs: seconds * 1000 }];
  });
  return { status, retryAfterMs: retryAfter(one(headers['retry-after']), one(headers['date'])), quotas };
}

/** The items of a structured list (RFC 9651) such as `"default";r=1199;t=1, "burst";r=50`, with those parameters that are whole numbers. */
function itemsOf(
  header: string | string[] | undefined,
): { readonly name: string; readonly numbers: ReadonlyMap<string, number> }[] {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return [...text.matchAll(/"([^"]*)"([^,"]*)/g)].map(([, name = '', parameters = '']) => ({
    name,
    numbers: new Map(
      [...parameters.matchAll(/;\s*([a-z]\w*)=(\d{1,12})(?![^\s;])/g)].map(([, key = '', digits]) => [
        key,
        Number(digits),
      ]),
    ),
  }));
}

/**
 * Seconds or a date, which counts from the date of the answer: our own clock may be wrong. 0 where it is absent or makes no sense,
 * of which `Date.parse` has another idea: it takes -45 for a year.
 */
function retryAfter(header: string | undefined, answered: string | undefined): number {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return finite(Number(text) * 1000);
  if (!HTTP_DATE.test(text)) return 0;
  const now = answered !== undefined && HTTP_DATE.test(answered) ? Date.parse(answered) : Date.now();
  return finite(Date.parse(text) - now);
}

/** As servers are to write it: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7 */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function finite(ms: number): number {
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

function one(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
