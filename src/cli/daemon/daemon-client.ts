import { Option } from 'commander';
import type { Command } from 'commander';
import { request } from 'undici';
import { connectionFailure } from '../../cloudflare/network/connection-failure.ts';
import { dispatchers } from '../../cloudflare/network/dispatcher.ts';
import { readCaFile } from '../../config/ca-file.ts';
import { ConfigError } from '../../config/config-error.ts';
import { isLoopback, routeTo } from '../../config/proxy.ts';
import { systemErrorCode } from '../../core/base/errno.ts';
import { failure, FailureError } from '../../core/base/failure.ts';
import type { FailureKind } from '../../core/base/failure.ts';
import type { HttpProxy } from '../../core/base/http-proxy.ts';
import { isObject, parseJson } from '../../core/base/json.ts';
import type { JsonObject } from '../../core/base/json.ts';
import { escapeControlCharacters } from '../../core/base/text/escape.ts';
import type { ColorMode, Context } from '../context.ts';
import { untilResponsive } from '../input/responsive.ts';
import { colorOption, outputOption } from '../options.ts';
import { version } from '../version.ts';

/** Where the status server of a daemon listens by default. */
const DEFAULT_URL = 'http://127.0.0.1:8484';

export function urlOption(): Option {
  return new Option('--url <url>', 'Status server of the daemon').default(DEFAULT_URL);
}

/** The flags of a command that reads from a daemon. */
export type ReadFlags = { readonly url: string; readonly output: 'text' | 'json'; readonly color: ColorMode };

export function addReadOptions(command: Command): Command {
  return command
    .addOption(urlOption())
    .addOption(outputOption('Format of the result: for a person or a program', ['text', 'json']))
    .addOption(colorOption());
}

export type DaemonRequest = {
  readonly method?: 'GET' | 'POST';
  /** The path, for example `/api/pause`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Statuses with an answer to return; by default 200 only. */
  readonly accepted?: readonly number[];
};

export type DaemonAnswer = { readonly status: number; readonly json: JsonObject };

export type DaemonClient = {
  /**
   * Sends a request and returns the object that the daemon answers. Throws a `FailureError` that says why there is none: `transient` if
   * another attempt may succeed, otherwise `rejected`.
   */
  readonly ask: (request: DaemonRequest, signal: AbortSignal) => Promise<DaemonAnswer>;
  readonly close: () => Promise<void>;
};

export type DaemonClientOptions = {
  /** The URL of the status server, for example `http://127.0.0.1:8484`. */
  readonly url: string;
  /** The setting `ca_file`. */
  readonly caFile: string | null;
  /** The reconcile token; null for requests that need none. */
  readonly token?: string | null;
};

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_LENGTH = 300;

/** Far above every answer of the daemon. Another program may listen at its address. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Opens a client of a running daemon. Throws a `ConfigError` if the URL is wrong, or if the token would be sent unencrypted. */
export async function openDaemonClient(
  { url, caFile, token = null }: DaemonClientOptions,
  context: Context,
): Promise<DaemonClient> {
  const base = parseUrl(url, { hasToken: token !== null });
  await untilResponsive([caFile], context);
  const { certificates: caCertificates, error } = readCaFile(caFile);
  if (error !== null) throw new ConfigError(error);
  const route = routeTo(base, context.environment);
  if (route.kind === 'invalid') throw new ConfigError(route.error);
  const proxy = route.kind === 'proxy' ? route.proxy : null;
  const dispatcher = dispatchers({
    connections: 1,
    requestTimeoutMs: TIMEOUT_MS,
    maxResponseSize: MAX_ANSWER_BYTES,
    proxy,
    caCertificates,
  })();
  const headers = {
    'user-agent': `vpc-reconciler/${version}`,
    ...(token === null ? {} : { authorization: `Bearer ${token}` }),
  };
  return {
    ask: async ({ method = 'GET', path, query = {}, accepted = [200] }, signal) => {
      // Not resolved as a reference, because a path that begins with two slashes would be taken for another host.
      const target = new URL(base);
      target.pathname = base.pathname.replace(/\/+$/, '') + path;
      target.search = new URLSearchParams(query).toString();
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]);
      try {
        const response = await request(target, { dispatcher, method, headers, signal: timeout });
        return toAnswer(target, {
          status: response.statusCode,
          text: await response.body.text(),
          contentType: String(response.headers['content-type'] ?? ''),
          accepted,
        });
      } catch (cause) {
        if (cause instanceof FailureError) throw cause;
        signal.throwIfAborted();
        throw refusal(target, 'transient', describeNoAnswer(timeout.aborted ? null : cause, target, proxy));
      }
    },
    close: async () => dispatcher.destroy(),
  };
}

function parseUrl(url: string, { hasToken }: { readonly hasToken: boolean }): URL {
  const base = URL.parse(url);
  if (base !== null && (base.username !== '' || base.password !== '')) {
    // The URL is not shown, because it contains a password.
    throw new ConfigError(`--url: expected a URL such as ${DEFAULT_URL}, found one with a user name or a password`);
  }
  if (base !== null && base.search + base.hash !== '') {
    // Neither is this one, because a query can contain a token.
    throw new ConfigError(`--url: expected a URL such as ${DEFAULT_URL}, found one with a query`);
  }
  if (base === null || !/^https?:$/.test(base.protocol)) {
    throw new ConfigError(`--url: expected a URL such as ${DEFAULT_URL}, found ${JSON.stringify(url)}`);
  }
  if (hasToken && base.protocol === 'http:' && !isLoopback(base.hostname)) {
    throw new ConfigError(
      `--url: expected https, because the request contains the reconcile token, found http to another machine, ${JSON.stringify(base.host)}; use https, or forward a port of this machine to the daemon, as with kubectl port-forward`,
    );
  }
  return base;
}

type Received = {
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
  readonly accepted: readonly number[];
};

function toAnswer(target: URL, { status, text, contentType, accepted }: Received): DaemonAnswer {
  const json = parseObject(text);
  if (json !== null && accepted.includes(status)) return { status, json };
  const error = json?.['error'];
  const details = typeof error === 'string' ? `: ${error}` : json === null ? describeOther(text, contentType) : '';
  throw refusal(target, isTransient(status) ? 'transient' : 'rejected', `HTTP ${status}${details}`);
}

/** Whether a proxy or a daemon that starts or stops may answer so for a while. */
function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

function parseObject(text: string): JsonObject | null {
  try {
    const answer = parseJson(text);
    return isObject(answer) ? answer : null;
  } catch {
    return null; // Another server, or a proxy, may answer with a page.
  }
}

/** Describes an answer that is no object in JSON: its title if it is a page, and its content type. */
function describeOther(text: string, contentType: string): string {
  const [, title = ''] = /<title[^>]{0,200}>([^<]{1,100})/i.exec(text.slice(0, 16_384)) ?? [];
  const page = title.trim() === '' ? '' : `the page "${title.replaceAll(/\s+/g, ' ').trim()}", `;
  const type = contentType === '' ? 'no content type' : `content type "${contentType.slice(0, 60)}"`;
  return `; the answer is not from vpc-reconciler: ${page}${type}`;
}

/** Explains why there is no complete answer. `error` is null for a timeout. */
function describeNoAnswer(error: unknown, target: URL, proxy: HttpProxy | null): string {
  if (systemErrorCode(error) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return `the answer has more than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB, so it is not from vpc-reconciler`;
  }
  const { message } = connectionFailure(error, {
    baseUrl: target.origin,
    requestTimeoutMs: TIMEOUT_MS,
    proxy,
    origin: { credential: '--url', baseUrl: '--url' },
  });
  return `${message.replace(/; check --url$/, '')}; is vpc-reconciler running there? Name its status server with --url`;
}

function refusal({ origin, pathname }: URL, kind: FailureKind, reason: string): FailureError {
  const text = escapeControlCharacters(reason).slice(0, MAX_ANSWER_LENGTH);
  return new FailureError(failure(kind, `${origin}${pathname}: ${text}`));
}
