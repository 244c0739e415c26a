import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Who is connected to a server, and how many bytes each of them has yet to take. */
export type Connections = {
  /** Told of each answer, before it is given. */
  readonly owes: (response: ServerResponse, socket: Socket, bytes: number) => void;
  /** All has been taken that was given, or the time is over. */
  readonly drained: (ms: number) => Promise<void>;
};

/** Far more than people and probes need; a flood is to cost no more memory than this. */
const MOST_CONNECTIONS = 200;
/** Of answers that wait for slow readers; one alone may be larger. */
const MOST_UNSENT_BYTES = 32 * 1024 * 1024;

/**
 * Keeps a server open to who comes now, a probe above all: where there are too many, those that have been there for longest make room,
 * and where too much waits to be taken, those that let most of it wait. Readers of events come back by themselves.
 */
export function keepRoom(server: Server): Connections {
  const unsent = new Map<Socket, number>();
  let allTaken: (() => void) | null = null;
  const total = () => [...unsent.values()].reduce((sum, bytes) => sum + bytes, 0);
  const letGo = (socket: Socket) => {
    unsent.delete(socket);
    socket.destroy();
  };
  server.on('connection', (socket) => {
    unsent.set(socket, 0);
    socket.on('close', () => {
      unsent.delete(socket);
      if (total() === 0) allTaken?.();
    });
    const [longest] = unsent.keys();
    if (unsent.size > MOST_CONNECTIONS && longest !== undefined) letGo(longest);
  });

  return {
    owes: (response, socket, bytes) => {
      if (!unsent.has(socket)) return;
      unsent.set(socket, (unsent.get(socket) ?? 0) + bytes);
      response.on('finish', () => {
        if (unsent.has(socket)) unsent.set(socket, (unsent.get(socket) ?? 0) - bytes);
        if (total() === 0) allTaken?.();
      });
      while (total() > MOST_UNSENT_BYTES) {
        const others = [...unsent].filter(([other, most]) => other !== socket && most > 0);
        const [slowest] = others.sort(([, one], [, other]) => other - one);
        if (slowest === undefined) return;
        letGo(slowest[0]);
      }
    },
    drained: async (ms) => {
      if (total() === 0) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      allTaken = resolve;
      const timer = setTimeout(resolve, ms);
      await promise;
      clearTimeout(timer);
    },
  };
}
