import type { Rate } from '../../core/base/rate.ts';
import { errorAnswer } from '../api.ts';
import type { Answer } from '../api.ts';
import { drawFault, occasionOf } from './faults.ts';
import type { Fault } from './faults.ts';
import { slidingLimit } from './rate-limit.ts';
import type { LimitState } from './rate-limit.ts';
import type { FullScenario } from './scenario.ts';

/** The treatment of a request, decided when it arrives. `headers` are added to any answer. */
export type Decision = { readonly headers: Readonly<Record<string, string>> } & (
  | { readonly kind: 'normal' }
  | { readonly kind: 'limited'; readonly answer: Answer }
  | { readonly kind: 'faulty'; readonly fault: Fault }
);

export type FaultInjector = {
  /** Counts the request, and decides what happens to it. */
  readonly decide: (request: { readonly method: string; readonly path: string; readonly at: Date }) => Decision;
};

/** Creates the stateful part of a scenario: the rate limit, the count of each request, and the number of injected faults. */
export function faultInjector(scenario: FullScenario): FaultInjector {
  const { seed, share, faults, methods, stops_after, rate_limit, block, ratelimit_headers } = scenario;
  const limit = rate_limit === null ? null : { rate: rate_limit, ...slidingLimit(rate_limit, block) };
  const plan = { seed, share, kinds: faults };
  const faultyMethods: readonly string[] = methods;
  const counts = new Map<string, number>();
  let injected = 0;

  return {
    decide: ({ method, path, at }) => {
      const occasion = occasionOf(method, path);
      const nth = (counts.get(occasion) ?? 0) + 1;
      counts.set(occasion, nth);

      const state = limit?.arrive(at.getTime());
      const headers = limit && state && ratelimit_headers ? limitHeaders(limit.rate, state) : {};
      if (limit && state && state.state !== 'within') {
        return { kind: 'limited', answer: tooManyRequests(limit.rate, state), headers };
      }
      const fault =
        faultyMethods.includes(method) && injected < stops_after ? drawFault(plan, { occasion, nth }) : null;
      if (fault === null) return { kind: 'normal', headers };
      injected += 1;
      return { kind: 'faulty', fault, headers };
    },
  };
}

/** The message of the real API, as its users quote it: https://github.com/lablabs/cloudflare-exporter/issues/74 */
function tooManyRequests({ requests, ms }: Rate, state: LimitState): Answer {
  const message = `More than ${requests} requests per ${seconds(ms)} seconds reached. Please wait and consider throttling your request speed`;
  const answer = errorAnswer(429, [{ code: 10_429, message }]);
  return { ...answer, headers: { 'retry-after': seconds(state.freeInMs) } };
}

/** Structured field lists: https://developers.cloudflare.com/fundamentals/api/reference/limits/#rate-limiting-headers */
function limitHeaders({ requests, ms }: Rate, { remaining, freeInMs }: LimitState): Record<string, string> {
  return {
    ratelimit: `"default";r=${remaining};t=${seconds(freeInMs)}`,
    'ratelimit-policy': `"default";q=${requests};w=${seconds(ms)}`,
  };
}

/** Whole seconds, rounded up, so that waiting that long is enough. */
function seconds(ms: number): string {
  return String(Math.ceil(ms / 1000));
}
