import type { PageData } from '../../src/server/page/page-data.ts';
import type { SendEvent } from '../../src/server/route.ts';
import { createRoutes } from '../../src/server/routes.ts';
import { startServer } from '../../src/server/server.ts';

/** The token that authorizes requests. */
export const TOKEN = 'a-token-of-the-test';

export type ServedPage = {
  readonly url: string;
  /** The requests of clients with the token. */
  readonly requested: readonly string[];
  /** How often a client has subscribed to the events. */
  readonly subscriptions: () => number;
  /** Shows other data from now on, and sends an event unless `silently`. */
  readonly show: (data: PageData, options?: { readonly silently: boolean }) => void;
  /** Ends every connection and stops listening until `restart`. */
  readonly stop: () => Promise<void>;
  readonly restart: () => Promise<void>;
  readonly close: () => Promise<void>;
};

/** Serves the page as the daemon does, with data that the test chooses. */
export async function servePage(initial: PageData): Promise<ServedPage> {
  let data = initial;
  let subscriptions = 0;
  const requested: string[] = [];
  const subscribers = new Set<SendEvent>();
  const routes = createRoutes({
    health: () => data.health,
    metrics: async () => ({ contentType: 'text/plain', text: '' }),
    pageData: () => data,
    recent: { passes: () => [], reports: () => [], report: () => null },
    findService: () => null,
    state: () => data,
    subscribe: (send) => {
      subscriptions += 1;
      subscribers.add(send);
      return () => void subscribers.delete(send);
    },
    requestPass: async () => {
      requested.push('pass');
      return null;
    },
    reconcileToken: initial.acceptsToken ? async () => TOKEN : null,
    pause: ({ reason }) => {
      requested.push(`pause: ${reason}`);
      return { since: '', until: null, reason };
    },
    resume: () => void requested.push('resume'),
    now: () => 0,
  });
  const bugs: unknown[] = [];
  const listen = async (port: number) =>
    startServer({
      listen: { host: '127.0.0.1', port },
      routes,
      redact: (text) => text,
      onBug: (error) => void bugs.push(error),
    });
  let server = await listen(0);
  const { url } = server;
  return {
    url: `${url}/`,
    requested,
    subscriptions: () => subscriptions,
    show: (next, { silently } = { silently: false }) => {
      data = next;
      if (silently) return;
      for (const send of subscribers) send('report', {});
    },
    stop: async () => server.close(),
    restart: async () => {
      server = await listen(Number(new URL(url).port));
    },
    close: async () => {
      await server.close();
      if (bugs.length > 0) throw new AggregateError(bugs, 'bugs');
    },
  };
}
