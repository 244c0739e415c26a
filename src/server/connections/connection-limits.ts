import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { pacedConnection } from './connection.ts';
import type { Connection } from './connection.ts';
import { turns } from './turns.ts';
import { waitingBytes } from './waiting-bytes.ts';

export type ConnectionLimits = {
  /** Opens a connection for a socket, and closes another one if there are too many. */
  readonly accept: (socket: Socket) => Connection;
  /** Returns the connection with this stream; undefined if it is closed. */
  readonly connectionOf: (stream: Duplex) => Connection | undefined;
  /** Counts a response until it is sent or its connection is closed. Must be called before the response ends. */
  readonly trackResponse: (connection: Connection, response: ServerResponse, content: Buffer) => void;
  /** Waits until all responses are sent, for at most `timeoutMs`. */
  readonly waitUntilSent: (timeoutMs: number) => Promise<void>;
  readonly closeAll: () => void;
};

/** At most this many connections: far more than people and probes need, and few enough to bound memory. */
export const MAX_CONNECTIONS = 1000;

/** So many files and connections are left to the passes: the folder, the API, and what the process itself needs. */
const RESERVED_FILES = 100;

/** Even if hardly any files may be open, people and probes need some connections. */
const MIN_CONNECTIONS = 8;

/** At most this many bytes wait in memory for slow clients. A single larger response is still sent. */
const MAX_WAITING_BYTES = 32 * 1024 * 1024;

const REQUEST_TIMEOUT_MS = 10_000;
const STALL_TIMEOUT_MS = 30_000;

/** Returns how many connections may be open if the process may open `openFiles` files. */
export function maxConnections(openFiles: number): number {
  return Math.max(MIN_CONNECTIONS, Math.min(MAX_CONNECTIONS, openFiles - RESERVED_FILES));
}

/**
 * Limits the connections of a server and what waits in memory for their clients, so that it always accepts new clients, in particular
 * probes:
 *
 *   too many connections      the one that was used least recently is closed; a client that reads events reconnects by itself
 *   too many waiting bytes    the ones that have waited longest are closed; a response that many clients receive counts once
 */
export function limitConnections({ maxOpen }: { readonly maxOpen: number }): ConnectionLimits {
  const byStream = new Map<Duplex, Connection>();
  /** Least recently used first. */
  const connections = new Set<Connection>();
  const waiting = waitingBytes<Connection>();
  const queue = turns();

  const remove = (connection: Connection) => {
    waiting.remove(connection);
    connections.delete(connection);
    byStream.delete(connection.stream);
  };
  const close = (connection: Connection) => {
    remove(connection);
    connection.close();
  };
  const freeMemory = (current: Connection) => {
    for (const connection of connections) {
      if (waiting.total() <= MAX_WAITING_BYTES) return;
      if (connection !== current && waiting.has(connection)) close(connection);
    }
  };

  return {
    accept: (socket) => {
      queue.onAccept();
      const connection = pacedConnection(socket, {
        turns: queue,
        requestTimeoutMs: REQUEST_TIMEOUT_MS,
        stallTimeoutMs: STALL_TIMEOUT_MS,
        onUnparsed: (bytes) => {
          if (!connections.has(connection)) return;
          waiting.setUnparsed(connection, bytes);
          freeMemory(connection);
        },
      });
      connections.add(connection);
      byStream.set(connection.stream, connection);
      connection.stream.on('close', () => remove(connection));
      const [oldest] = connections;
      if (connections.size > maxOpen && oldest !== undefined) close(oldest);
      return connection;
    },
    connectionOf: (stream) => byStream.get(stream),
    trackResponse: (connection, response, content) => {
      if (!connections.delete(connection)) return;
      connections.add(connection);
      waiting.setContent(connection, content);
      response.on('close', () => waiting.setContent(connection, null));
      freeMemory(connection);
    },
    waitUntilSent: waiting.untilSent,
    closeAll: () => {
      for (const { stream } of connections) stream.destroy();
    },
  };
}
