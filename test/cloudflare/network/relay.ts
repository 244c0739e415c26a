import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { listening } from '../server.ts';

export type Relay = {
  readonly port: number;
  /** Stops forwarding on the oldest `count` connections that are open, like a NAT that forgot them. They stay open. */
  readonly silence: (count?: number) => void;
};

/** One connection through the relay. */
type Pair = { readonly ends: readonly [Socket, Socket]; isSilent: boolean };

/** Starts a TCP relay to a port of this machine. It is closed when the test ends. */
export async function relayTo(port: number): Promise<Relay> {
  const pairs = new Set<Pair>();
  const server = createServer((client) => {
    const upstream = connect({ port, host: '127.0.0.1' });
    const pair: Pair = { ends: [client, upstream], isSilent: false };
    pairs.add(pair);
    forward(client, upstream, pair);
    forward(upstream, client, pair);
  });
  const { port: own } = await listening(server);
  onTestFinished(() => {
    for (const { ends } of pairs) for (const socket of ends) socket.destroy();
  });
  return {
    port: own,
    silence: (count = Infinity) => {
      const open = [...pairs].filter(({ ends, isSilent }) => !isSilent && ends.every(({ destroyed }) => !destroyed));
      for (const pair of open.slice(0, count)) pair.isSilent = true;
    },
  };
}

function forward(from: Socket, to: Socket, pair: Pair): void {
  from.on('data', (chunk) => pair.isSilent || to.destroyed || to.write(chunk));
  from.on('error', () => {});
  from.on('close', () => pair.isSilent || to.destroy());
}
