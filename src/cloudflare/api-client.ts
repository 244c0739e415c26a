import { setImmediate as turn } from 'node:timers/promises';
import type { Signals } from '../core/base/abort.ts';
import type { ApiUsage, EndedRequest } from '../core/base/api-usage.ts';
import type { Credentials, CredentialSource } from '../core/base/credentials.ts';
import { FailureError } from '../core/base/failure.ts';
import type { Failure } from '../core/base/failure.ts';
import type { Budget } from './budget.ts';
import { ApiError } from './errors.ts';
import { cloudflareHttp } from './http.ts';
import type { ApiAnswer, ApiRequest, HttpOptions } from './http.ts';
import type { Limits } from './rate-limit-headers.ts';
import { withRetries } from './retry.ts';

/** Calls of the API, each as many requests as it takes: within the budget, tried again, with the credential of the moment. */
export type Calls = {
  /** Both give what `accept` makes of an answer, which throws where it is none; that is tried again, too. */
  readonly read: <Result>(what: ApiRequest, accept: Accept<Result>, signals: Signals) => Promise<Called<Result>>;
  readonly write: <Result>(what: ApiRequest, accept: Accept<Result>, signals: Signals) => Promise<Called<Result>>;
  /** What was spent since these were made. */
  readonly usage: () => ApiUsage;
  readonly close: () => Promise<void>;
};

export type Accept<Result> = (answer: ApiAnswer) => Result;

/** What came of a call, and after how many requests. */
export type Called<Result> = { readonly result: Result; readonly attempts: number };

export type CallsOptions = HttpOptions & {
  readonly credentials: CredentialSource;
  readonly budget: Budget;
  /** Tries of one call at the most. */
  readonly attempts: number;
  readonly random: () => number;
  /** Told of every request that has ended. */
  readonly onRequest?: (request: EndedRequest) => void;
};

/** Both calls throw a `FailureError` that counts the requests made in vain; 0 where nothing was sent. */
export function cloudflareCalls(options: CallsOptions): Calls {
  const http = cloudflareHttp(options);
  const { budget, credentials, attempts: most, random } = options;
  const spent = { requests: 0, retries: 0 };

  /** One request. It goes with the credential that there is when its turn has come. */
  const send = async (what: ApiRequest, { stop, kill }: Signals, spentOn: Spent): Promise<ApiAnswer> => {
    const end = await budget.take(stop);
    const begun = performance.now();
    let limits: Limits | null = null;
    spentOn.as = credentials.current();
    spentOn.attempts += 1;
    spent.requests += 1;
    if (spentOn.attempts > 1) spent.retries += 1;
    try {
      const answer = await http.send(what, spentOn.as, kill);
      limits = answer.limits;
      return answer;
    } catch (error) {
      if (error instanceof ApiError) limits = error.limits;
      throw error;
    } finally {
      end(limits);
      options.onRequest?.({
        method: what.method,
        status: limits?.status ?? null,
        ms: performance.now() - begun,
        isRetry: spentOn.attempts > 1,
      });
    }
  };

  /** Runs a call, and once more where the credential that was refused is no longer the one to ask with. */
  const renewing = async <Result>(run: (spentOn: Spent) => Promise<Result>): Promise<Called<Result>> => {
    const spentOn: Spent = { as: credentials.current(), attempts: 0 };
    const call = async () => ({ result: await run(spentOn), attempts: spentOn.attempts });
    try {
      return await call().catch((error: unknown) => {
        if (failureOf(error)?.kind === 'denied' && credentials.renewed(spentOn.as)) return call();
        throw error;
      });
    } catch (error) {
      const { attempts } = spentOn;
      throw error instanceof FailureError ? new FailureError(error.failure, { attempts, cause: error }) : error;
    }
  };

  const rights: {
    /** What has written at least once. */
    shownFor: Credentials | null;
    /** What becomes of the update that is to show them. */
    trial: Promise<Failure | null> | null;
  } = { shownFor: null, trial: null };

  /**
   * Until a credential has written once, its updates go one at a time, and all that wait share a denial: one that may only read
   * costs one refused request, and not a burst of them.
   */
  const onTrial = async <Result>(spentOn: Spent, write: () => Promise<Result>): Promise<Result> => {
    while (rights.trial !== null && rights.shownFor !== credentials.current()) {
      const refusal = await rights.trial;
      if (refusal?.kind === 'denied') throw new FailureError(refusal);
      await turn(); // Whoever made the trial is to know of its end before another one begins.
    }
    const written = write();
    const ended = written.then(
      () => {
        rights.shownFor = spentOn.as;
        return null;
      },
      (error: unknown) => {
        const reason = failureOf(error);
        if (reason?.kind === 'denied') rights.shownFor = null;
        return reason;
      },
    );
    if (rights.shownFor !== credentials.current()) {
      const trial = ended.finally(() => {
        if (rights.trial === trial) rights.trial = null;
      });
      rights.trial = trial;
    }
    return written;
  };

  const tries = async <Result>(what: ApiRequest, accept: Accept<Result>, signals: Signals, spentOn: Spent) =>
    withRetries(async () => accept(await send(what, signals, spentOn)), { attempts: most, random, stop: signals.stop });

  return {
    read: async (what, accept, signals) => renewing((spentOn) => tries(what, accept, signals, spentOn)),
    write: async (what, accept, signals) =>
      renewing((spentOn) => onTrial(spentOn, () => tries(what, accept, signals, spentOn))),
    usage: () => ({ ...spent, throttled_ms: budget.throttledMs() }),
    close: http.close,
  };
}

/** The requests of one call so far, and the credential of the last of them. */
type Spent = { as: Credentials; attempts: number };

function failureOf(error: unknown): Failure | null {
  return error instanceof FailureError ? error.failure : null;
}
