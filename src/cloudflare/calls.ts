import { FailureError } from '../core/outcome.ts';
import type { Failure } from '../core/outcome.ts';
import type { ApiUsage } from '../core/report.ts';
import type { Budget } from './budget.ts';
import type { Credentials, CredentialSource } from './credentials.ts';
import { ApiError } from './errors.ts';
import { cloudflareHttp } from './http.ts';
import type { ApiAnswer, ApiRequest, HttpOptions } from './http.ts';
import type { Limits } from './limits.ts';
import { withRetries } from './retry.ts';

/** When to leave off. Both are aborted with a `FailureError` that says why. */
export type Signals = {
  /** Begin nothing new: no request, no further try, no waiting for either. Aborted at the latest when `kill` is. */
  readonly stop: AbortSignal;
  /** Give up what is under way, too. */
  readonly kill: AbortSignal;
};

/** Calls of the API, each as many requests as it takes: within the budget, tried again, with the credential of the moment. */
export type Calls = {
  readonly read: (what: ApiRequest, signals: Signals) => Promise<Called>;
  readonly write: (what: ApiRequest, signals: Signals) => Promise<Called>;
  /** What was spent since these were made. */
  readonly usage: () => ApiUsage;
  readonly close: () => Promise<void>;
};

/** An answer, the credential that got it, and after how many requests. */
export type Called = ApiAnswer & { readonly as: Credentials; readonly attempts: number };

export type CallsOptions = HttpOptions & {
  readonly credentials: CredentialSource;
  readonly budget: Budget;
  /** Tries of one call at the most. */
  readonly attempts: number;
  readonly random: () => number;
};

/** Both calls throw a `FailureError` that counts the requests made in vain; 0 where nothing was sent. */
export function cloudflareCalls(options: CallsOptions): Calls {
  const http = cloudflareHttp(options);
  const { budget, credentials, attempts: most, random } = options;
  const spent = { requests: 0, retries: 0 };

  const call = async (what: ApiRequest, { stop, kill }: Signals): Promise<Called> => {
    let attempts = 0;
    const request = async (as: Credentials): Promise<Called> => {
      const end = await budget.take(stop);
      attempts += 1;
      spent.requests += 1;
      if (attempts > 1) spent.retries += 1;
      let limits: Limits | null = null;
      try {
        const answer = await http.send(what, as, kill);
        limits = answer.limits;
        return { ...answer, as, attempts };
      } catch (error) {
        if (error instanceof ApiError) limits = error.limits;
        throw error;
      } finally {
        end(limits);
      }
    };
    const attempt = async (): Promise<Called> => {
      const as = credentials.current();
      try {
        return await request(as);
      } catch (error) {
        // A token that was rotated meanwhile is no denial.
        if (failureOf(error)?.kind !== 'denied' || !credentials.renewed(as)) throw error;
        return await request(credentials.current());
      }
    };
    try {
      return await withRetries(attempt, { attempts: most, random, stop });
    } catch (error) {
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
  const write = async (what: ApiRequest, signals: Signals): Promise<Called> => {
    while (rights.trial !== null && rights.shownFor !== credentials.current()) {
      const refusal = await rights.trial;
      if (refusal?.kind === 'denied') throw new FailureError(refusal);
    }
    const called = call(what, signals);
    const ended = called.then(
      ({ as }) => {
        rights.shownFor = as;
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
    return called;
  };

  return {
    read: call,
    write,
    usage: () => ({ ...spent, throttled_ms: budget.throttledMs() }),
    close: http.close,
  };
}

function failureOf(error: unknown): Failure | null {
  return error instanceof FailureError ? error.failure : null;
}
