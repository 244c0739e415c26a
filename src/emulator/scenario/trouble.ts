import type { Rate } from '../../core/base/rate.ts';
import { failure } from '../api.ts';
import type { Answer } from '../api.ts';
import { drawFault, occasionOf } from './faults.ts';
import type { Fault } from './faults.ts';
import { slidingLimit } from './limit.ts';
import type { Standing } from './limit.ts';
import type { FullScenario } from './scenario.ts';

/** What is to become of a request, decided when it arrives. `headers` are for whatever answer it gets. */
export type Fate = { readonly headers: Readonly<Record<string, string>> } & (
  | { readonly kind: 'fair' }
  | { readonly kind: 'limited'; readonly answer: Answer }
  | { readonly kind: 'struck'; readonly fault: Fault }
);

export type Trouble = {
  /** Counts the request, and says what becomes of it. */
  readonly arrive: (request: { readonly method: string; readonly path: string; readonly at: Date }) => Fate;
};

/** The part of a scenario that remembers: the limit, how often what was asked, how many faults were given. */
export function troubleOf(scenario: FullScenario): Trouble {
  const { seed, share, faults, methods, stops_after, rate_limit, block, ratelimit_headers } = scenario;
  const limit = rate_limit === null ? null : { rate: rate_limit, ...slidingLimit(rate_limit, block) };
  const plan = { seed, share, kinds: faults };
  const struckMethods: readonly string[] = methods;
  const turns = new Map<string, number>();
  let given = 0;

  return {
    arrive: ({ method, path, at }) => {
      const occasion = occasionOf(method, path);
      const nth = (turns.get(occasion) ?? 0) + 1;
      turns.set(occasion, nth);

      const standing = limit?.arrive(at.getTime());
      const headers = limit && standing && ratelimit_headers ? limitHeaders(limit.rate, standing) : {};
      if (limit && standing && standing.state !== 'within') {
        return { kind: 'limited', answer: tooMany(limit.rate, standing), headers };
      }
      const fault = struckMethods.includes(method) && given < stops_after ? drawFault(plan, { occasion, nth }) : null;
      if (fault === null) return { kind: 'fair', headers };
      given += 1;
      return { kind: 'struck', fault, headers };
    },
  };
}

/** In the words of the real API, as its users quote them: https://github.com/lablabs/cloudflare-exporter/issues/74 */
function tooMany({ requests, ms }: Rate, standing: Standing): Answer {
  const message = `More than ${requests} requests per ${seconds(ms)} seconds reached. Please wait and consider throttling your request speed`;
  const answer = failure(429, [{ code: 10_429, message }]);
  return { ...answer, headers: { 'retry-after': seconds(standing.freeInMs) } };
}

/** Lists of structured fields: https://developers.cloudflare.com/fundamentals/api/reference/limits/#rate-limiting-headers */
function limitHeaders({ requests, ms }: Rate, { remaining, freeInMs }: Standing): Record<string, string> {
  return {
    ratelimit: `"default";r=${remaining};t=${seconds(freeInMs)}`,
    'ratelimit-policy': `"default";q=${requests};w=${seconds(ms)}`,
  };
}

/** Whole ones, rounded up: who waits so long has waited long enough. */
function seconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
