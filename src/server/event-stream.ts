import { escapeJson } from '../core/base/text/escape.ts';
import type { ServerResponse } from 'node:http';
import { cachedByIdentity } from '../core/base/identity-cache.ts';
import { SECURITY_HEADERS } from './http-response.ts';
import type { Subscribe } from './route.ts';

export const EVENT_STREAM_TYPE = 'text/event-stream';

/** The status page treats a connection as lost after two missed heartbeats. */
const HEARTBEAT_MS = 15_000;

/** At most this many bytes wait for a slow client. Beyond that, it is disconnected, and reads the current state when it reconnects. */
const MAX_UNREAD_BYTES = 16 * 1024;

/** Returns a function that returns the text of an event without secrets. All subscribers share the text of an event. */
export function eventWriter(redact: (text: string) => string): (event: string, data: unknown) => string {
  const toText = (data: unknown) => redact(escapeJson(JSON.stringify(data)));
  const toTextOnce = cachedByIdentity(toText);
  return (event, data) => {
    const text = typeof data === 'object' && data !== null ? toTextOnce(data) : toText(data);
    return `event: ${event}\ndata: ${text}\n\n`;
  };
}

export type EventStreamOptions = {
  readonly subscribe: Subscribe;
  readonly toEvent: (event: string, data: unknown) => string;
};

/** Sends server-sent events until the client disconnects. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function streamEvents(response: ServerResponse, { subscribe, toEvent }: EventStreamOptions): void {
  response.writeHead(200, {
    ...SECURITY_HEADERS,
    'content-type': EVENT_STREAM_TYPE,
    'cache-control': 'no-store',
    // Keeps nginx from buffering events.
    'x-accel-buffering': 'no',
  });
  const write = (text: string) => {
    if (response.writableLength > MAX_UNREAD_BYTES) response.destroy();
    else response.write(text);
  };
  write('retry: 2000\n\n');
  const unsubscribe = subscribe((event, data) => write(toEvent(event, data)));
  const heartbeat = setInterval(() => write(': heartbeat\n\n'), HEARTBEAT_MS).unref();
  response.on('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
}
