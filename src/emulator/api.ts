import type { Json, JsonObject } from '../core/base/json.ts';
import type { ApiProblem, ServiceStore, StoreResult } from './service-store.ts';
import type { Rights } from './credentials.ts';
import type { Quirks } from './scenario/quirks.ts';

/** The parts of a request that the API uses. `path` is the request target, including the query. */
export type ReceivedRequest = {
  readonly method: string;
  readonly path: string;
  readonly rights: Rights;
  readonly body: RequestBody;
};

export type RequestBody =
  | { readonly kind: 'json'; readonly value: Json }
  | { readonly kind: 'empty' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'too large' };

export type Answer = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** The envelope: `success`, `errors`, `messages`, `result`, and for a list `result_info`. */
  readonly body: JsonObject;
  /** The fault that a scenario injected, if any. */
  readonly fault?: string;
};

/** The prefix of every path, which is part of `CLOUDFLARE_BASE_URL`. */
export const BASE_PATH = '/client/v4';

const ROLES_PAGE = 'https://developers.cloudflare.com/workers-vpc/configuration/vpc-services/#required-roles';
const SERVICES_PATH = /^\/client\/v4\/accounts\/([^/]+)\/connectivity\/directory\/services(?:\/([^/]+))?$/;

type Api = { readonly accountId: string; readonly store: ServiceStore; readonly quirks: Quirks };

/** Answers one request. Checks in the order of the API: credentials, then route and method, then the body. */
export function answerRequest(request: ReceivedRequest, { accountId, store, quirks }: Api): Answer {
  if (request.rights === 'none') return errorAnswer(401, [{ code: 10_000, message: 'Authentication error' }]);

  const [path = '', query] = request.path.split(/\?(.*)/s);
  const [, pathAccountId, serviceId] = SERVICES_PATH.exec(path) ?? [];
  if (pathAccountId?.toLowerCase() !== accountId.toLowerCase()) {
    const route = path.startsWith(BASE_PATH) ? path.slice(BASE_PATH.length) : path;
    const message = `Could not route to ${route}, perhaps your object identifier is invalid?`;
    return errorAnswer(404, [{ code: 7003, message }]);
  }

  const allowed = serviceId === undefined ? ['GET', 'POST'] : ['GET', 'PUT', 'DELETE'];
  if (!allowed.includes(request.method)) {
    const message = `Method ${request.method} not available for that URI.`;
    return { ...errorAnswer(405, [{ code: 7001, message }]), headers: { allow: allowed.join(', ') } };
  }
  if (request.method !== 'GET' && request.rights === 'read') {
    return errorAnswer(403, [{ code: 10_000, message: 'Forbidden', documentation_url: ROLES_PAGE }]);
  }

  if (request.method === 'GET') {
    return serviceId === undefined ? list(store, new URLSearchParams(query), quirks) : toAnswer(store.get(serviceId));
  }
  if (request.method === 'DELETE') return toAnswer(store.remove(serviceId ?? ''));
  return withBody(request.body, (body) =>
    serviceId === undefined ? store.create(body) : store.replace(serviceId, body),
  );
}

/** Returns an answer with errors. */
export function errorAnswer(status: number, errors: readonly ApiProblem[]): Answer {
  return { status, body: { success: false, errors, messages: [], result: null } };
}

/** Returns a successful answer. */
export function successAnswer(result: Json, more: JsonObject = {}): Answer {
  return { status: 200, body: { success: true, errors: [], messages: [], result, ...more } };
}

function toAnswer(result: StoreResult): Answer {
  return result.kind === 'done' ? successAnswer(result.result) : errorAnswer(result.status, result.errors);
}

function withBody(body: RequestBody, call: (body: Json) => StoreResult): Answer {
  switch (body.kind) {
    case 'json':
      return toAnswer(call(body.value));
    case 'empty':
      return errorAnswer(400, [{ code: 5102, message: 'expected a JSON body, found none', source: { pointer: '' } }]);
    case 'malformed':
      return errorAnswer(400, [{ code: 5102, message: 'the body is not valid JSON', source: { pointer: '' } }]);
    case 'too large':
      return errorAnswer(413, [{ code: 5102, message: 'the body is larger than 1 MiB' }]);
    default:
      return body satisfies never;
  }
}

function list(store: ServiceStore, query: URLSearchParams, quirks: Quirks): Answer {
  const page = wholeNumber(query.get('page') ?? '1', { max: 2_147_483_647 });
  const requestedPerPage = wholeNumber(query.get('per_page') ?? '1000', { max: 1000 });
  const type = query.get('type');
  if (page === undefined) return badParameter('page', 'a whole number from 1');
  if (requestedPerPage === undefined) return badParameter('per_page', 'a whole number from 1 to 1000');
  if (type !== null && type !== 'http' && type !== 'tcp') return badParameter('type', 'http or tcp');

  const perPage = Math.min(requestedPerPage, quirks.maxPerPage);
  const shownPage = quirks.ignorePage ? 1 : page;
  const services = store.list().filter((service) => type === null || service.type === type);
  const result = services.slice((shownPage - 1) * perPage, shownPage * perPage);
  const info = {
    count: result.length,
    page: shownPage,
    per_page: perPage,
    total_count: services.length,
    total_pages: Math.ceil(services.length / perPage),
  };
  return successAnswer(result, resultInfo(info, quirks));
}

function resultInfo(info: JsonObject, quirks: Quirks): JsonObject {
  switch (quirks.resultInfo) {
    case 'full':
      return info.count === 0 ? {} : { result_info: info };
    case 'empty':
      return { result_info: {} };
    case 'absent':
      return {};
    default:
      return quirks.resultInfo satisfies never;
  }
}

function badParameter(name: string, expected: string): Answer {
  return errorAnswer(400, [{ code: 5102, message: `${name}: expected ${expected}`, source: { pointer: `/${name}` } }]);
}

function wholeNumber(text: string, { max }: { max: number }): number | undefined {
  if (!/^\d{1,10}$/.test(text)) return undefined;
  const value = Number(text);
  return value >= 1 && value <= max ? value : undefined;
}
