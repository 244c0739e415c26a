import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export type ConnectionLimits = {
  /** Counts the bytes of a response until they are sent. Must be called before the body is written. */
  readonly trackResponse: (response: ServerResponse, socket: Socket, bytes: number) => void;
  /** Waits until all responses are sent, for at most `timeoutMs`. */
  readonly waitUntilSent: (timeoutMs: number) => Promise<void>;
};

/** At most this many connections: far more than people and probes need, and few enough to bound memory. */
const MAX_CONNECTIONS = 200;

/** At most this many bytes of responses wait for slow clients. A single larger response is still sent. */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024;

/**
 * Limits the connections and the unsent bytes of a server, so that it always accepts new clients, in particular probes:
 *
 *   too many connections     the oldest connection is closed; a client that reads events reconnects by itself
 *   too many unsent bytes    the connection with the most unsent bytes is closed
 */
export function limitConnections(server: Server): ConnectionLimits {
  /** Unsent bytes of each connection, oldest connection first. */
  const unsentBytes = new Map<Socket, number>();
  let onAllSent: (() => void) | null = null;
  const total = () => [...unsentBytes.values()].reduce((sum, bytes) => sum + bytes, 0);
  const closeConnection = (socket: Socket) => {
    unsentBytes.delete(socket);
    socket.destroy();
  };
  server.on('connection', (socket) => {
    unsentBytes.set(socket, 0);
    socket.on('close', () => {
      unsentBytes.delete(socket);
      if (total() === 0) onAllSent?.();
    });
    const [oldest] = unsentBytes.keys();
    if (unsentBytes.size > MAX_CONNECTIONS && oldest !== undefined) closeConnection(oldest);
  });

  return {
    trackResponse: (response, socket, bytes) => {
      if (!unsentBytes.has(socket)) return;
      unsentBytes.set(socket, (unsentBytes.get(socket) ?? 0) + bytes);
      response.on('finish', () => {
        if (unsentBytes.has(socket)) unsentBytes.set(socket, (unsentBytes.get(socket) ?? 0) - bytes);
        if (total() === 0) onAllSent?.();
      });
      while (total() > MAX_UNSENT_BYTES) {
        const slowest = slowestExcept(socket, unsentBytes);
        if (slowest === undefined) return;
        closeConnection(slowest);
      }
    },
    waitUntilSent: async (timeoutMs) => {
      if (total() === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      onAllSent = resolve;
      const timer = setTimeout(resolve, timeoutMs);
      await promise;
      clearTimeout(timer);
    },
  };
}

/** Returns the connection with the most unsent bytes, except `current`. */
function slowestExcept(current: Socket, unsentBytes: ReadonlyMap<Socket, number>): Socket | undefined {
  const others = [...unsentBytes].filter(([socket, bytes]) => socket !== current && bytes > 0);
  const [slowest] = others.sort(([, bytesA], [, bytesB]) => bytesB - bytesA);
  return slowest?.[0];
}
