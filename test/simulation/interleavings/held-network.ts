import { Dispatcher } from 'undici';
import type { ApiAnswer } from '../world/account.ts';
import { responseController } from '../world/response-controller.ts';
import { toText } from '../world/service.ts';

/** A request on its way: to the API while it has no answer, and back once it has one. */
export type HeldRequest = {
  readonly number: number;
  readonly writer: string;
  readonly method: string;
  readonly path: string;
  readonly text: string | null;
  answer: ApiAnswer | null;
};

export type HeldNetwork = {
  readonly openDispatcher: (writer: string) => () => Dispatcher;
  /** The requests on their way, the oldest first. */
  readonly requests: () => readonly HeldRequest[];
  /** Stores the answer of the API, also if the writer has given up or is gone. */
  readonly arrive: (request: HeldRequest, answer: ApiAnswer) => void;
  /** Delivers the answer to the writer. */
  readonly deliver: (request: HeldRequest) => void;
  /** Closes the connection: the writer does not learn how far the request got. */
  readonly cut: (request: HeldRequest) => void;
  /** Nothing leaves or reaches this writer any more. Its requests on their way still arrive at the API. */
  readonly silence: (writer: string) => void;
};

type Exchange = {
  readonly hasEnded: () => boolean;
  readonly fail: (error: Error) => void;
  readonly respond: (status: number, text: string) => void;
};

/** A network between several writers and the API in which nothing moves by itself. */
export function heldNetwork(onSend: (request: HeldRequest) => void): HeldNetwork {
  const exchanges = new Map<HeldRequest, Exchange>();
  const silenced = new Set<string>();
  let count = 0;

  class HeldDispatcher extends Dispatcher {
    readonly #writer: string;

    constructor(writer: string) {
      super();
      this.#writer = writer;
    }

    override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
      if (silenced.has(this.#writer)) return true;
      const { method, path, body } = options;
      const text = typeof body === 'string' ? body : null;
      const request = { number: (count += 1), writer: this.#writer, method, path, text, answer: null };
      exchanges.set(request, openExchange(handler));
      onSend(request);
      return true;
    }

    override async destroy(): Promise<void> {}

    override async close(): Promise<void> {}
  }

  const take = (request: HeldRequest): Exchange | undefined => {
    const exchange = exchanges.get(request);
    exchanges.delete(request);
    return exchange?.hasEnded() === true || silenced.has(request.writer) ? undefined : exchange;
  };
  return {
    openDispatcher: (writer) => () => new HeldDispatcher(writer),
    requests: () => [...exchanges.keys()],
    arrive: (request, answer) => {
      request.answer = answer;
      if (exchanges.get(request)?.hasEnded() === true || silenced.has(request.writer)) exchanges.delete(request);
    },
    deliver: (request) => {
      const { answer } = request;
      if (answer !== null) take(request)?.respond(answer.status, toText(answer.body));
    },
    cut: (request) => take(request)?.fail(Object.assign(new Error('other side closed'), { code: 'UND_ERR_SOCKET' })),
    silence: (writer) => {
      silenced.add(writer);
      for (const request of exchanges.keys())
        if (request.writer === writer && request.answer !== null) exchanges.delete(request);
    },
  };
}

/** The writer's side of one request. */
function openExchange(handler: Dispatcher.DispatchHandler): Exchange {
  let hasEnded = false;
  const controller = responseController({
    hasEnded: () => hasEnded,
    onAbort: (reason) => {
      hasEnded = true;
      handler.onResponseError?.(controller, reason);
    },
  });
  handler.onRequestStart?.(controller, {});
  return {
    hasEnded: () => hasEnded,
    fail: (error) => {
      hasEnded = true;
      handler.onResponseError?.(controller, error);
    },
    respond: (status, text) => {
      hasEnded = true;
      handler.onResponseStart?.(controller, status, { 'content-type': 'application/json' }, '');
      handler.onResponseData?.(controller, Buffer.from(text));
      handler.onResponseEnd?.(controller, {});
    },
  };
}
