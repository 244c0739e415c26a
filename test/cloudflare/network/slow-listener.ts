import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

export type SlowListener = {
  readonly port: number;
  /** Accepts connections from now on. A client that tried earlier gets through when it sends its SYN again, a second after the first one. */
  readonly accept: () => void;
};

/** Answers every request with an empty list of services. */
const SERVER = `
const server = require('node:http').createServer((_, response) => {
  response.end('{"success": true, "errors": [], "messages": [], "result": []}');
});
const [host, port] = process.argv.slice(1);
server.listen({ port: Number(port), host, backlog: 1 }, () => console.log(server.address().port));
`;

/**
 * Starts an API in a stopped process whose queue of connections is full, so that the system drops further ones: to a client,
 * this is a host that does not answer, until `accept` is called. A handshake takes at least a second then.
 */
export async function slowListener({ host = '127.0.0.1', port: wanted = 0 } = {}): Promise<SlowListener> {
  const server = spawn(process.execPath, ['--eval', SERVER, host, String(wanted)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const sockets = new Set<ReturnType<typeof connect>>();
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  });
  const [line] = await once(server.stdout, 'data');
  const port = Number(String(line));
  server.kill('SIGSTOP');
  for (let isFull = false; !isFull;) {
    const socket = connect({ port, host }).on('error', () => {});
    sockets.add(socket);
    const connected = once(socket, 'connect').then(() => false);
    isFull = await Promise.race([connected, sleep(200, true)]);
  }
  return { port, accept: () => server.kill('SIGCONT') };
}
