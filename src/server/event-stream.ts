import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { SECURITY_HEADERS } from './http-response.ts';
import type { Subscribe } from './route.ts';

export const EVENT_STREAM_TYPE = 'text/event-stream';

/** The status page treats a connection as lost after two missed heartbeats. */
const HEARTBEAT_MS = 15_000;

/** At most this many bytes wait for a slow client. Beyond that, it is disconnected, and reads the current state when it reconnects. */
const MAX_UNREAD_BYTES = 64 * 1024;

const streamingSockets = new WeakSet<Socket>();

/** Whether the connection carries an event stream. A stream never ends, so no further request on it can be answered. */
export function isStreaming(socket: Socket): boolean {
  return streamingSockets.has(socket);
}

/** Sends server-sent events until the client disconnects. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export function streamEvents(
  { socket }: IncomingMessage,
  response: ServerResponse,
  { subscribe, redact }: { readonly subscribe: Subscribe; readonly redact: (text: string) => string },
): void {
  streamingSockets.add(socket);
  // The previous response on this connection is not sent yet. Node would never report the end of a response in this state.
  if (response.socket === null) return void socket.destroy();
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
  const unsubscribe = subscribe((event, data) => write(`event: ${event}\ndata: ${redact(JSON.stringify(data))}\n\n`));
  const heartbeat = setInterval(() => write(': heartbeat\n\n'), HEARTBEAT_MS).unref();
  response.on('close', () => {
    clearInterval(heartbeat);
    unsubscribe();
  });
}
