import type { IncomingHttpHeaders } from 'node:http';
import type { HttpResponse } from './http-response.ts';

export type RouteRequest = { readonly query: URLSearchParams; readonly headers: IncomingHttpHeaders };

export type Route =
  | {
      readonly method: 'GET' | 'POST';
      readonly respond: (request: RouteRequest) => HttpResponse | Promise<HttpResponse>;
    }
  /** A stream of server-sent events. */
  | { readonly method: 'GET'; readonly subscribe: Subscribe };

/** Routes by path. */
export type Routes = Readonly<Record<string, Route>>;

/** Called with the name and the data of each event; the data is sent as JSON. */
export type SendEvent = (event: string, data: unknown) => void;

/** Sends events to a subscriber until the returned function is called. */
export type Subscribe = (send: SendEvent) => () => void;
