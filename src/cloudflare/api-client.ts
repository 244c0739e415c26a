import type { ApiUsage } from '../core/base/api-usage.ts';
import type { CredentialSource } from '../core/base/credentials.ts';
import { FailureError } from '../core/base/failure.ts';
import type { WriteOptions } from '../core/service/directory.ts';
import type { ApiRequest, ApiResponse } from './http/http.ts';
import { requestSender } from './request-sender.ts';
import type { CallState, RequestOptions, RequestSenderOptions } from './request-sender.ts';
import { withRetries } from './retry.ts';
import type { RetryOptions } from './retry.ts';
import { writeProbe } from './write-probe.ts';

/**
 * Calls the API. Each call sends as many requests as it needs, within the budget: it retries transient failures, and it starts again when
 * its credential was refused and a new one is available. Both calls throw a `FailureError` with the number of requests that were sent.
 */
export type ApiClient = {
  readonly read: ApiCall<RequestOptions>;
  /** Like `read`, but sends the first write with a credential alone; see `writeProbe`. */
  readonly write: ApiCall<WriteOptions>;
  /** Returns the cost of all calls so far. */
  readonly usage: () => ApiUsage;
  readonly close: () => Promise<void>;
};

/** `parse` throws a `FailureError` when the response is unusable; a transient one is retried. */
type ApiCall<Options extends RequestOptions> = <Result>(
  request: ApiRequest,
  parse: (response: ApiResponse) => Result,
  options: CallOptions<Options>,
) => Promise<CallResult<Result>>;

/** `isRetryable` decides which failures are retried; by default, every transient one. */
type CallOptions<Options extends RequestOptions> = Options & Pick<RetryOptions, 'isRetryable'>;

/** The result of a call, and how many requests it took. */
type CallResult<Result> = { readonly result: Result; readonly attempts: number };

export type ApiClientOptions = RequestSenderOptions & {
  /** At most this many attempts of one call, including the first. */
  readonly attempts: number;
  /** Returns a number from 0 up to 1, for jitter. */
  readonly random: () => number;
};

export function apiClient(options: ApiClientOptions): ApiClient {
  const { credentials, attempts, random } = options;
  const sender = requestSender(options);
  const probedWrite = writeProbe(credentials.current);

  const sendWithRetries = async <Result>(
    request: ApiRequest,
    parse: (response: ApiResponse) => Result,
    callOptions: CallOptions<RequestOptions>,
    call: CallState,
  ): Promise<Result> =>
    withRetries(async () => parse(await sender.send(request, callOptions, call)), {
      attempts,
      random,
      stop: callOptions.stop,
      isRetryable: callOptions.isRetryable,
    });

  return {
    read: async (request, parse, callOptions) =>
      withReloadedCredential(credentials, (call) => sendWithRetries(request, parse, callOptions, call)),
    write: async (request, parse, callOptions) =>
      withReloadedCredential(credentials, (call) =>
        probedWrite(call, () => sendWithRetries(request, parse, callOptions, call)),
      ),
    usage: sender.usage,
    close: sender.close,
  };
}

/** Runs a call, and runs it a second time if its credential was refused and a new one is available. */
async function withReloadedCredential<Result>(
  credentials: CredentialSource,
  run: (call: CallState) => Promise<Result>,
): Promise<CallResult<Result>> {
  const call: CallState = { credentials: credentials.current(), attempts: 0 };
  const runOnce = async () => ({ result: await run(call), attempts: call.attempts });
  try {
    return await runOnce().catch(async (error: unknown) => {
      const isDenied = error instanceof FailureError && error.failure.kind === 'denied';
      if (isDenied && (await credentials.reload(call.credentials))) return runOnce();
      throw error;
    });
  } catch (error) {
    if (!(error instanceof FailureError)) throw error;
    throw new FailureError(error.failure, { attempts: call.attempts, cause: error });
  }
}
