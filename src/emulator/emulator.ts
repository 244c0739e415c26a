import type { JsonObject } from '../core/base/json.ts';
import { EXAMPLE_TUNNEL, serviceStore, tunnelsOf } from './service-store.ts';
import { answerRequest, BASE_PATH } from './api.ts';
import { FAKE_ACCOUNT_ID, FAKE_TOKEN } from './fake-account.ts';
import { loseCreates } from './scenario/lost-creates.ts';
import { deliver } from './scenario/delivery.ts';
import { withListLag } from './scenario/list-lag.ts';
import { withStoredValues } from './scenario/stored-values.ts';
import { OBSERVED_QUIRKS } from './scenario/quirks.ts';
import type { Quirks } from './scenario/quirks.ts';
import { refusalOf } from './scenario/refusals.ts';
import { withDefaults } from './scenario/scenario.ts';
import type { Scenario } from './scenario/scenario.ts';
import { faultInjector } from './scenario/fault-injector.ts';
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
  /** The other way to authenticate, with full rights. Set both or neither. */
  readonly email?: string;
  readonly key?: string;
  /** The services that are live at the start, in the shape of API answers. A missing `service_id` is generated. Not validated. */
  readonly services?: readonly JsonObject[];
  /** The ids of existing tunnels. Default: those that `services` use, and `EXAMPLE_TUNNEL`. */
  readonly tunnels?: readonly string[];
  /** The formats in which answers differ from those that were observed. */
  readonly quirks?: Partial<Quirks>;
  /** The minimum delay of every answer. The real API takes 300 to 770 ms. */
  readonly latencyMs?: number;
  /** The failures to inject. The `latencyMs` and `quirks` above override those of the scenario. */
  readonly scenario?: Scenario;
  readonly now?: () => Date;
  /** Called for every request just before its answer is sent, or as soon as it is known that none will be. */
  readonly onRequest?: (request: HandledRequest) => void;
};

export type Emulator = {
  /** The base URL, for `CLOUDFLARE_BASE_URL`. */
  readonly url: string;
  readonly accountId: string;
  readonly token: string;
  /** The last 10,000 requests, oldest first. */
  readonly requests: readonly HandledRequest[];
  /** Returns all live services, as one unlimited list would. */
  readonly services: () => JsonObject[];
  /** Edits a service as if in the dashboard. Throws if there is no such service. */
  readonly change: (serviceId: string, edit: (service: JsonObject) => JsonObject) => void;
  /** Stops listening and ends every connection at once. */
  readonly close: () => Promise<void>;
};

export { EXAMPLE_TUNNEL, FAKE_ACCOUNT_ID, FAKE_TOKEN };

const MAX_KEPT_REQUESTS = 10_000;

/** Starts the directory API of one account, in memory, over HTTP on 127.0.0.1. Throws if options contradict each other. */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const {
    port = 0,
    accountId = FAKE_ACCOUNT_ID,
    token = FAKE_TOKEN,
    readOnlyToken,
    email,
    key,
    services = [],
  } = options;
  const scenario = withDefaults(options.scenario ?? {});
  const { latencyMs = scenario.latency, now = () => new Date() } = options;
  const { tunnels = [EXAMPLE_TUNNEL, ...services.flatMap(tunnelsOf)] } = options;
  const quirks = { ...OBSERVED_QUIRKS, ...scenario.quirks, ...options.quirks };
  if (!/^[^/]{1,32}$/.test(accountId)) throw new Error(`accountId: expected at most 32 characters, found ${accountId}`);
  if (token === readOnlyToken) throw new Error('readOnlyToken: expected a value other than token');
  if ((email === undefined) !== (key === undefined)) throw new Error('email and key: expected both or neither');
  if (!(quirks.maxPerPage >= 1)) throw new Error(`quirks.maxPerPage: expected at least 1, found ${quirks.maxPerPage}`);

  const store = serviceStore({ services, tunnels, quirks, now });
  const listed = withListLag(store, scenario.list_lag, now);
  const api = { accountId, store: withStoredValues(listed, scenario.keep), quirks };
  const lose = loseCreates(scenario.lose_create);
  const requests: HandledRequest[] = [];
  const server = await serve({
    port,
    credentials: { token, readOnlyToken, email, key },
    latencyMs,
    now,
    decide: faultInjector(scenario).decide,
    deliver: (request, decision) =>
      deliver(
        lose(request, decision),
        () => refusalOf(request, store, scenario) ?? answerRequest(request, api),
        scenario,
      ),
    onRequest: (request) => {
      requests.push(request);
      if (requests.length > MAX_KEPT_REQUESTS) requests.shift();
      options.onRequest?.(request);
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}${BASE_PATH}`,
    accountId,
    token,
    requests,
    services: store.list,
    change: listed.change,
    close: server.close,
  };
}
