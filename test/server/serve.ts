import type { PageFacts } from '../../src/server/page/page.ts';
import { routesOf } from '../../src/server/routes.ts';
import { serve } from '../../src/server/server.ts';

export type Served = {
  readonly url: string;
  /** How many times somebody began to listen to the events. */
  readonly streams: () => number;
  /** Shows these facts from now on; tells of it, unless it shall be found by itself. */
  readonly show: (facts: PageFacts, options?: { readonly silently: boolean }) => void;
  /** Ends every connection, and listens no more until `back`. */
  readonly leave: () => Promise<void>;
  readonly back: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** The page as the daemon serves it, with facts that the test chooses. */
export async function serveFacts(first: PageFacts): Promise<Served> {
  let facts = first;
  let streams = 0;
  const listeners = new Set<(event: string, data: unknown) => void>();
  const routes = routesOf({
    health: () => facts.health,
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    page: () => facts,
    reports: () => [],
    subscribe: (send) => {
      streams += 1;
      listeners.add(send);
      return () => void listeners.delete(send);
    },
    reconcile: async () => null,
    token: null,
  });
  const bugs: unknown[] = [];
  const listen = async (port: number) =>
    serve({
      listen: { host: '127.0.0.1', port },
      routes,
      hide: (text) => text,
      onBug: (error) => void bugs.push(error),
    });
  let server = await listen(0);
  const { url } = server;
  return {
    url: `${url}/`,
    streams: () => streams,
    show: (next, { silently } = { silently: false }) => {
      facts = next;
      if (silently) return;
      for (const send of listeners) send('report', {});
    },
    leave: async () => server.close(),
    back: async () => {
      server = await listen(Number(new URL(url).port));
    },
    close: async () => {
      await server.close();
      if (bugs.length > 0) throw new AggregateError(bugs, 'bugs');
    },
  };
}
