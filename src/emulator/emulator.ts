import type { JsonObject } from '../core/base/json.ts';
import { account, exampleTunnel, tunnelsOf } from './account.ts';
import { answerTo, basePath } from './api.ts';
import { fakeAccountId, fakeToken } from './fake.ts';
import { deliver } from './scenario/delivery.ts';
import { keeping } from './scenario/keep.ts';
import { observedQuirks } from './scenario/quirks.ts';
import type { Quirks } from './scenario/quirks.ts';
import { refusalOf } from './scenario/refuse.ts';
import { withDefaults } from './scenario/scenario.ts';
import type { Scenario } from './scenario/scenario.ts';
import { troubleOf } from './scenario/trouble.ts';
import { serve } from './server.ts';
import type { HandledRequest } from './server.ts';

export type EmulatorOptions = {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  readonly accountId?: string;
  /** The bearer token with full rights. */
  readonly token?: string;
  /** A bearer token that may only read. None by default. */
  readonly readOnlyToken?: string;
  /** The other way to authenticate, both or neither; full rights. */
  readonly email?: string;
  readonly key?: string;
  /** What is live to begin with, shaped like an answer of the API. A `service_id` is kept, or else minted. Not validated. */
  readonly services?: readonly JsonObject[];
  /** The tunnels that exist. By default those that `services` use, and `exampleTunnel`. */
  readonly tunnels?: readonly string[];
  /** How values come back, where it differs from what was observed. */
  readonly quirks?: Partial<Quirks>;
  /** How long every answer takes at least. The real API takes 300 to 770 ms. */
  readonly latencyMs?: number;
  /** What goes wrong. Its `latency` and `quirks` give way to those above. */
  readonly scenario?: Scenario;
  readonly now?: () => Date;
  /** Told of every request just before its answer leaves, or once it is known that none will. */
  readonly onRequest?: (request: HandledRequest) => void;
};

export type Emulator = {
  /** The base URL as `CLOUDFLARE_BASE_URL` wants it. */
  readonly url: string;
  readonly accountId: string;
  readonly token: string;
  /** The last 10,000 requests, oldest first. */
  readonly requests: readonly HandledRequest[];
  /** What is live, as a list without limit would give it. */
  readonly services: () => JsonObject[];
  /** Edits a service behind the client's back, as somebody would in the dashboard. Throws when there is no such service. */
  readonly change: (serviceId: string, edit: (service: JsonObject) => JsonObject) => void;
  /** Stops listening and ends every connection at once. */
  readonly close: () => Promise<void>;
};

export { exampleTunnel, fakeAccountId, fakeToken };

const keptRequests = 10_000;

/** The directory API of one account, in memory, over HTTP on 127.0.0.1. Throws on options that contradict each other. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, accountId = fakeAccountId, token = fakeToken, readOnlyToken, email, key, services = [] } = options;
  const scenario = withDefaults(options.scenario ?? {});
  const { latencyMs = scenario.latency, now = () => new Date() } = options;
  const { tunnels = [exampleTunnel, ...services.flatMap(tunnelsOf)] } = options;
  const quirks = { ...observedQuirks, ...scenario.quirks, ...options.quirks };
  if (!/^[^/]{1,32}$/.test(accountId)) throw new Error(`accountId: expected at most 32 characters, found ${accountId}`);
  if (token === readOnlyToken) throw new Error('readOnlyToken: expected another one than token');
  if ((email === undefined) !== (key === undefined)) throw new Error('email and key: expected both or neither');
  if (!(quirks.maxPerPage >= 1)) throw new Error(`quirks.maxPerPage: expected at least 1, found ${quirks.maxPerPage}`);

  const live = account({ services, tunnels, quirks, now });
  const api = { accountId, account: keeping(live, scenario.keep), quirks };
  const requests: HandledRequest[] = [];
  const server = await serve({
    port,
    credentials: { token, readOnlyToken, email, key },
    latencyMs,
    now,
    arrive: troubleOf(scenario).arrive,
    deliver: (request, fate) =>
      deliver(fate, () => refusalOf(request, live, scenario.refuse) ?? answerTo(request, api), scenario),
    onRequest: (request) => {
      requests.push(request);
      if (requests.length > keptRequests) requests.shift();
      options.onRequest?.(request);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}${basePath}`,
    accountId,
    token,
    requests,
    services: live.list,
    change: live.change,
    close: server.close,
  };
}
