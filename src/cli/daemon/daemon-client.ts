import { Agent, request } from 'undici';
import { ConfigError } from '../../config/config-error.ts';
import { errorCodeOrMessage } from '../../core/base/errno.ts';
import { failure, FailureError } from '../../core/base/failure.ts';
import { isObject, parseJson } from '../../core/base/json.ts';
import type { JsonObject } from '../../core/base/json.ts';
import { escapeControlCharacters } from '../../core/base/text/escape.ts';

/** Where the status server of a daemon listens by default. */
export const DEFAULT_URL = 'http://127.0.0.1:8484';

export type DaemonRequest = {
  /** The URL of the status server, for example `http://127.0.0.1:8484`. */
  readonly url: string;
  readonly method: 'GET' | 'POST';
  /** The path, for example `/api/pause`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** The reconcile token; null for none. */
  readonly token: string | null;
  readonly signal: AbortSignal;
};

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_LENGTH = 300;

/** Far above every answer of the daemon. Another program may listen at its address. */
const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * Sends a request to a running daemon and returns the object that it answers. Throws a `ConfigError` if the URL is wrong, and a
 * `FailureError` that says why if the daemon cannot be reached or refuses the request.
 */
export async function askDaemon({ url, method, path, query = {}, token, signal }: DaemonRequest): Promise<JsonObject> {
  const target = targetOf(url, path, query);
  const dispatcher = new Agent({ maxResponseSize: MAX_ANSWER_BYTES });
  const timeout = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    const { statusCode, body } = await request(target, {
      dispatcher,
      method,
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
      signal: timeout,
    });
    const answer = parseAnswer(await body.text());
    if (statusCode === 200 && answer !== null) return answer;
    const error = answer?.['error'];
    throw refusal(target, `HTTP ${statusCode}${typeof error === 'string' ? `: ${error}` : ''}`);
  } catch (error) {
    if (error instanceof FailureError) throw error;
    signal.throwIfAborted();
    const reason = timeout.aborted ? `no answer within ${TIMEOUT_MS / 1000} s` : errorCodeOrMessage(error);
    throw refusal(target, `${reason}; is vpc-reconciler running there? Name its status server with --url`);
  } finally {
    void dispatcher.destroy();
  }
}

function targetOf(url: string, path: string, query: Readonly<Record<string, string>>): URL {
  const base = URL.parse(url);
  if (base === null || !/^https?:$/.test(base.protocol)) {
    throw new ConfigError(`--url: expected a URL such as ${DEFAULT_URL}, found ${JSON.stringify(url)}`);
  }
  const target = new URL(base.pathname.replace(/\/+$/, '') + path, base);
  target.search = new URLSearchParams(query).toString();
  return target;
}

function parseAnswer(text: string): JsonObject | null {
  try {
    const answer = parseJson(text);
    return isObject(answer) ? answer : null;
  } catch {
    return null; // Another server, or a proxy, may answer with a page.
  }
}

function refusal({ origin, pathname }: URL, reason: string): FailureError {
  const text = escapeControlCharacters(reason).slice(0, MAX_ANSWER_LENGTH);
  return new FailureError(failure('rejected', `${origin}${pathname}: ${text}`));
}
