import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { requestSplitter } from './request-splitter.ts';
import { sendChunks } from './send-pieces.ts';
import type { Turns } from './turns.ts';

/** A connection of which the HTTP parser receives one request at a time. */
export type Connection = {
  /** The stream that the HTTP server reads and writes instead of the socket. */
  readonly stream: Duplex;
  /** Calls `attach`, which connects the stream to the parser, and reads the socket from then on. */
  readonly open: (attach: () => void) => void;
  /** Called when a request begins to be answered. Further requests wait until `onAnswered`. Returns false if one is being answered already. */
  readonly onRequest: () => boolean;
  readonly onAnswered: () => void;
  /** Called when the response never ends. The connection is closed as soon as another request arrives on it. */
  readonly onStream: () => void;
  /** Closes the connection at once, without sending what the client did not take. */
  readonly close: () => void;
};

export type ConnectionOptions = {
  readonly turns: Turns;
  /** Called with the number of received bytes that wait for the response before them, whenever it changes. */
  readonly onUnparsed: (bytes: number) => void;
  /** How long a connection may take to send a request, and may stay idle. */
  readonly requestTimeoutMs: number;
  /** How long a client may take nothing of a response that waits for it. */
  readonly stallTimeoutMs: number;
};

/** The time between the answers to requests that were sent together. */
const PIPELINED_GAP_MS = 100;
/** How long a client may take to close its side of a connection after the last response. */
const END_TIMEOUT_MS = 1000;

/**
 * Stands between a socket and the HTTP parser. One packet of 64 KB can hold two thousand requests, and the parser reports all of them at
 * once; so it gets the bytes of one request, and those of the next only after the response is sent. The socket is not read meanwhile.
 */
export function pacedConnection(socket: Socket, options: ConnectionOptions): Connection {
  let state: 'parsing' | 'answering' | 'streaming' | 'ending' = 'parsing';
  let timer: NodeJS.Timeout | undefined;
  const closeAfter = (ms: number) => {
    clearTimeout(timer);
    timer = setTimeout(close, ms).unref();
  };
  const stream: Duplex = streamOf(socket, options, {
    onRead: () => incoming.onWanted(),
    onEnd: () => {
      // Bytes that still arrive are discarded: closing a socket with unread bytes could take the last response from the client.
      state = 'ending';
      incoming.discard();
      closeAfter(END_TIMEOUT_MS);
    },
    onDestroy: () => clearTimeout(timer),
  });
  const close = () => {
    socket.resetAndDestroy();
    stream.destroy();
  };
  const incoming = incomingRequests(socket, { ...options, stream, mayParse: () => state === 'parsing' });
  closeAfter(options.requestTimeoutMs);
  socket.on('data', (bytes) => {
    if (state === 'streaming') close();
    else if (state !== 'ending') incoming.add(bytes);
  });
  socket.on('timeout', close);

  return {
    stream,
    open: (attach) =>
      options.turns.addFirst(() => {
        if (stream.destroyed) return;
        attach();
        socket.resume();
      }),
    onRequest: () => {
      if (state !== 'parsing') return false;
      state = 'answering';
      incoming.onRequest();
      clearTimeout(timer);
      return true;
    },
    onAnswered: () => {
      if (stream.destroyed || state === 'ending') return;
      state = 'parsing';
      closeAfter(options.requestTimeoutMs);
      incoming.onAnswered();
    },
    onStream: () => {
      state = 'streaming';
      if (incoming.isWaiting()) close();
    },
    close,
  };
}

type IncomingOptions = Pick<ConnectionOptions, 'turns' | 'onUnparsed'> & {
  readonly stream: Duplex;
  readonly mayParse: () => boolean;
};

/** Pushes what the socket receives to the stream, one request at a time, and stops reading the socket as long as something waits. */
function incomingRequests(socket: Socket, { turns, onUnparsed, stream, mayParse }: IncomingOptions) {
  const unparsed = requestSplitter();
  let isWanted = false;
  let isNew = true;
  let hasEnded = false;
  const feed = () => {
    if (stream.destroyed || !isWanted || unparsed.length() === 0 || !mayParse()) return;
    isWanted = false;
    stream.push(unparsed.take());
    onUnparsed(unparsed.length());
    if (unparsed.length() > 0) return;
    if (hasEnded) stream.push(null);
    else socket.resume();
  };
  socket.on('end', () => {
    hasEnded = true;
    if (unparsed.length() === 0) stream.push(null);
  });
  return {
    add: (bytes: Buffer) => {
      socket.pause();
      unparsed.add(bytes);
      onUnparsed(unparsed.length());
      // A probe has a connection of its own: its only request is answered before the next ones of clients that send many.
      if (isNew) turns.addFirst(feed);
      else turns.add(feed);
    },
    isWaiting: () => unparsed.length() > 0,
    discard: () => {
      unparsed.clear();
      onUnparsed(0);
    },
    onWanted: () => {
      isWanted = true;
      turns.add(feed);
    },
    onRequest: () => {
      isNew = false;
    },
    onAnswered: () => {
      // A client that sends requests without waiting for the answers gets a few answers a second, so that it cannot use up the processor.
      if (unparsed.length() > 0) setTimeout(feed, PIPELINED_GAP_MS).unref();
      else turns.add(feed);
    },
  };
}

type StreamEvents = { readonly onRead: () => void; readonly onEnd: () => void; readonly onDestroy: () => void };

/** Returns a stream that writes to the socket, and is closed together with it. What it reads is pushed by the caller. */
function streamOf(socket: Socket, options: ConnectionOptions, { onRead, onEnd, onDestroy }: StreamEvents): Duplex {
  const stream = new Duplex({
    decodeStrings: false,
    read: onRead,
    write: (chunk: Buffer | string, encoding, done) => sendChunks(socket, [{ chunk, encoding }], options, done),
    writev: (chunks, done) => sendChunks(socket, chunks, options, done),
    final: (done) => {
      onEnd();
      socket.end(done).resume();
    },
    destroy: (error, done) => {
      onDestroy();
      socket.destroy();
      done(error);
    },
  });
  socket.on('error', (error) => void stream.destroy(error));
  socket.on('close', () => void stream.destroy());
  // An error of one connection ends only that connection.
  stream.on('error', () => {});
  return stream;
}
