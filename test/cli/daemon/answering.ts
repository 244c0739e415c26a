import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { onTestFinished } from 'vitest';

/** Starts a server in place of a daemon. Returns its URL. */
export async function answering(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise((resolve) => void server.listen(0, '127.0.0.1', () => resolve(null)));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}
