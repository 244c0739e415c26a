import { Dispatcher } from 'undici';
import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import type { Api, SentRequest } from './api.ts';
import { responseController } from './response-controller.ts';
import { toText } from './service.ts';

/** The faults that a request can meet. */
export const FAULTS = [
  'refused', // No connection.
  'lost request', // Never arrives, and no answer.
  'lost answer', // Carried out, and no answer.
  'reset', // Carried out, and the connection is closed without an answer.
  'cut', // Carried out, and the answer ends in the middle.
  'short', // Carried out, and the answer is not complete although it ends well.
  'drip', // Carried out, and the answer arrives byte by byte.
  '500', // Carried out, and answered with an error.
  '502', // Not carried out; a page of HTML.
  '503', // Not carried out; may ask the client to wait.
  '429', // Not carried out; may ask the client to wait.
  '408',
  'not successful', // 200 with "success": false.
] as const;
export type Fault = (typeof FAULTS)[number];

/** How the network behaves. Scenarios change it. */
export type NetworkConditions = {
  latencyMs: readonly [number, number];
  /** How likely a request fails, and how. */
  faults: { readonly probability: number; readonly kinds: readonly Fault[]; readonly onlyWrites?: boolean };
};

export type Answered = {
  readonly request: SentRequest;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The complete body; null if it did not arrive completely. */
  readonly text: string | null;
};

export type NetworkObserver = {
  readonly onSend: (request: SentRequest) => void;
  /** Called when the API has carried out a request. */
  readonly onArrive: (request: SentRequest) => void;
  /** Called when headers arrive at the program. */
  readonly onHeaders: (answer: Answered) => void;
  /** Called when the exchange has ended for the program. */
  readonly onEnd: (request: SentRequest, answer: Answered | null) => void;
  readonly onFault: (request: SentRequest, fault: Fault) => void;
};

export type Network = {
  readonly conditions: NetworkConditions;
  readonly openDispatcher: (process: number) => () => Dispatcher;
  readonly requestCount: () => number;
};

type NetworkOptions = {
  readonly time: VirtualTime;
  readonly api: Api;
  readonly observer: NetworkObserver;
  readonly randomFor: (request: number) => Random;
};

/** The way between the program and the API. */
export function worldNetwork({ time, api, observer, randomFor }: NetworkOptions): Network {
  const conditions: NetworkConditions = { latencyMs: [300, 770], faults: { probability: 0, kinds: [] } };
  let count = 0;

  const dispatch = (process: number, options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler) => {
    count += 1;
    const random = randomFor(count);
    const headers = options.headers ?? {};
    const request: SentRequest = {
      number: count,
      at: time.now(),
      method: options.method,
      path: options.path,
      authorization: 'authorization' in headers ? String(headers.authorization) : '',
      text: typeof options.body === 'string' ? options.body : null,
      id:
        options.method === 'PUT' || options.method === 'DELETE'
          ? decodeURIComponent(options.path.split('/').at(-1) ?? '')
          : null,
      process,
    };
    observer.onSend(request);
    const exchange = openExchange({ time, request, handler, observer });
    const { probability, kinds, onlyWrites = false } = conditions.faults;
    const canFail = kinds.length > 0 && !(onlyWrites && request.method === 'GET');
    const fault = canFail && random.chance(probability) ? random.pick(kinds) : null;
    if (fault !== null) observer.onFault(request, fault);
    const [min, max] = conditions.latencyMs;
    const latencyMs = random.int(min, max);
    const thereMs = random.int(0, latencyMs);
    const arrive = (then: (status: number, text: string, headers: Headers) => void) => {
      time.inWorld(thereMs, () => {
        const { status, body, retryAfter } = api.answer(request);
        observer.onArrive(request);
        const text = status === 403 && Object.keys(body).length === 0 ? CHALLENGE : toText(body);
        then(status, text, headersOf(time, api, status, retryAfter));
      });
    };
    const backMs = latencyMs - thereMs;
    carryOut({ fault, random, arrive, backMs, exchange, time, api });
    return true;
  };

  class WorldDispatcher extends Dispatcher {
    readonly #process: number;

    constructor(process: number) {
      super();
      this.#process = process;
    }

    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      return dispatch(this.#process, options, handler);
    }

    override async destroy(): Promise<void> {}

    override async close(): Promise<void> {}
  }

  return {
    conditions,
    openDispatcher: (process) => () => new WorldDispatcher(process),
    requestCount: () => count,
  };
}

type Headers = Readonly<Record<string, string>>;

const CHALLENGE = '<!DOCTYPE html><title>Just a moment...</title>';

function headersOf(time: VirtualTime, api: Api, status: number, retryAfter?: string): Headers {
  const left = api.conditions.ratelimit;
  return {
    'content-type': 'application/json',
    'cf-ray': `${status.toString(16)}${Math.floor(time.now()).toString(16)}-TXL`,
    date: new Date(Date.UTC(2026, 0, 2) + time.now()).toUTCString(),
    ...(left === null ? {} : { ratelimit: `"default";r=${left};t=20`, 'ratelimit-policy': '"default";q=1200;w=300' }),
    ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
  };
}

type Exchange = {
  readonly respond: (status: number, headers: Headers, chunks: readonly Chunk[], isComplete: boolean) => void;
  readonly fail: (error: Error, ms: number) => void;
};

type Chunk = { readonly text: string; readonly ms: number };

type CarryOut = {
  readonly fault: Fault | null;
  readonly random: Random;
  readonly arrive: (then: (status: number, text: string, headers: Headers) => void) => void;
  readonly backMs: number;
  readonly exchange: Exchange;
  readonly time: VirtualTime;
  readonly api: Api;
};

/** Lets a request arrive, or not, and its answer arrive, or not. */
function carryOut({ fault, random, arrive, backMs, exchange, time, api }: CarryOut): void {
  const whole = (status: number, text: string, headers: Headers) =>
    exchange.respond(status, headers, [{ text, ms: backMs }], true);
  const refuse = (status: number, retryAfter?: string) => {
    const body =
      status === 502
        ? '<html><title>Bad gateway</title></html>'
        : '{"success":false,"errors":[],"messages":[],"result":null}';
    whole(status, body, headersOf(time, api, status, retryAfter));
  };
  const later = (run: () => void) => time.inWorld(random.int(0, 200), run);
  switch (fault) {
    case null:
      return arrive(whole);
    case 'refused':
      return exchange.fail(
        Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
        random.int(1, 50),
      );
    case 'lost request':
      return undefined;
    case 'lost answer':
      return arrive(() => {});
    case 'reset':
      return arrive(() =>
        exchange.fail(Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }), backMs),
      );
    case 'cut':
      return arrive((status, text, headers) =>
        exchange.respond(status, headers, [{ text: text.slice(0, text.length >> 1), ms: backMs }], false),
      );
    case 'short':
      return arrive((status, text, headers) =>
        exchange.respond(status, headers, [{ text: text.slice(0, text.length >> 1), ms: backMs }], true),
      );
    case 'drip':
      return arrive((status, text, headers) => {
        const parts = Array.from({ length: 20 }, (_, index) =>
          text.slice((index * text.length) / 20, ((index + 1) * text.length) / 20),
        );
        exchange.respond(
          status,
          headers,
          parts.map((part) => ({ text: part, ms: 2500 })),
          true,
        );
      });
    case '500':
      return arrive(() => refuse(500));
    case '502':
      return later(() => refuse(502));
    case '503':
      return later(() => refuse(503, retryAfterOf(random, time)));
    case '429':
      return later(() => refuse(429, retryAfterOf(random, time)));
    case '408':
      return later(() => refuse(408));
    case 'not successful':
      return later(() => refuse(200));
  }
}

/** Every kind of `Retry-After`, valid and not. */
function retryAfterOf(random: Random, time: VirtualTime): string | undefined {
  const inSeconds = (seconds: number) => new Date(Date.UTC(2026, 0, 2) + time.now() + seconds * 1000).toUTCString();
  switch (random.int(0, 9)) {
    case 0:
    case 1:
      return undefined;
    case 2:
      return '0';
    case 3:
      return 'soon';
    case 4:
      return '-5';
    case 5:
      return inSeconds(random.int(1, 120));
    case 6:
      return inSeconds(-60);
    case 7:
      return String(random.log(60, 7200));
    default:
      return String(random.log(1, 60));
  }
}

type ExchangeOptions = {
  readonly time: VirtualTime;
  readonly request: SentRequest;
  readonly handler: Dispatcher.DispatchHandler;
  readonly observer: NetworkObserver;
};

/** The program's side of one request. */
function openExchange({ time, request, handler, observer }: ExchangeOptions): Exchange {
  const process = time.ended();
  let hasEnded = false;
  let answer: Answered | null = null;
  /** A process that was killed receives nothing, even if the next one has begun. */
  const inProcess = (ms: number, run: () => void) => {
    if (process === time.ended()) time.inProcess(ms, run);
  };
  const end = (result: Answered | null) => {
    hasEnded = true;
    observer.onEnd(request, result);
  };
  const controller = responseController({
    hasEnded: () => hasEnded,
    onAbort: (reason) => {
      end(answer === null ? null : { ...answer, text: null });
      handler.onResponseError?.(controller, reason);
    },
  });
  handler.onRequestStart?.(controller, {});
  const fail = (error: Error, ms: number) => {
    inProcess(ms, () => {
      if (hasEnded) return;
      end(answer === null ? null : { ...answer, text: null });
      handler.onResponseError?.(controller, error);
    });
  };
  const deliver = (chunks: readonly Chunk[], isComplete: boolean) => {
    const [chunk, ...rest] = chunks;
    if (chunk === undefined) {
      if (!isComplete) return fail(Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' }), 1);
      end(answer);
      handler.onResponseEnd?.(controller, {});
      return;
    }
    handler.onResponseData?.(controller, Buffer.from(chunk.text));
    const [next] = rest;
    if (next === undefined) return deliver(rest, isComplete);
    inProcess(next.ms, () => !hasEnded && deliver(rest, isComplete));
  };
  return {
    fail,
    respond: (status, headers, chunks, isComplete) => {
      inProcess(chunks[0]?.ms ?? 0, () => {
        if (hasEnded) return;
        answer = { request, status, headers, text: isComplete ? chunks.map(({ text }) => text).join('') : null };
        observer.onHeaders(answer);
        handler.onResponseStart?.(controller, status, headers, '');
        deliver(chunks, isComplete);
      });
    },
  };
}
