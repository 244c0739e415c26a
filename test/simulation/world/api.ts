import type { Random } from '../time/random.ts';
import type { VirtualTime } from '../time/virtual-time.ts';
import { fromText } from './service.ts';
import { refusal, success } from './account.ts';
import type { ApiAnswer, WorldAccount } from './account.ts';

/** A request as it leaves the program. */
export type SentRequest = {
  readonly number: number;
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly authorization: string;
  readonly text: string | null;
  /** Of an update or a delete. */
  readonly id: string | null;
  /** Which run of the program sent it. */
  readonly process: number;
};

/** How the API behaves. Scenarios change it. */
export type ApiConditions = {
  /** Lists are up to this old. */
  lagMs: number;
  /** Up to this many services are on a page. */
  maxPerPage: number;
  resultInfo: 'full' | 'empty' | 'absent';
  ignoresPage: boolean;
  tokens: Set<string>;
  readOnlyTokens: Set<string>;
  /** A firewall in front of the API answers with a page of HTML. */
  isChallenging: boolean;
  /** How many of the allowed requests the header claims to be left. */
  ratelimit: number | null;
  /** Requests in the last five minutes that make the API refuse everything for five minutes. */
  limit: number;
};

export type Api = {
  readonly conditions: ApiConditions;
  readonly answer: (request: SentRequest) => ApiAnswer & { readonly retryAfter?: string };
  /** Until when the API refuses everything because of its limit. */
  readonly blockedUntil: () => number;
};

const WINDOW_MS = 5 * 60_000;

/** The server side of the API. */
export function worldApi(time: VirtualTime, account: WorldAccount, accountId: string, random: Random): Api {
  const conditions: ApiConditions = {
    lagMs: 0,
    maxPerPage: 1000,
    resultInfo: 'full',
    ignoresPage: false,
    tokens: new Set(),
    readOnlyTokens: new Set(),
    isChallenging: false,
    ratelimit: null,
    limit: 1200,
  };
  const prefix = `/client/v4/accounts/${accountId}/connectivity/directory/services`;
  let arrivals: number[] = [];
  let blockedUntil = 0;

  const list = (path: string): ApiAnswer => {
    const query = new URL(path, 'http://api').searchParams;
    const perPage = Math.min(Number(query.get('per_page') ?? 1000), conditions.maxPerPage);
    const page = conditions.ignoresPage ? 1 : Number(query.get('page') ?? 1);
    const all = account.list(conditions.lagMs === 0 ? 0 : random.int(0, conditions.lagMs));
    const result = page === 1 && all.length <= perPage ? all : all.slice((page - 1) * perPage, page * perPage);
    const info = {
      count: result.length,
      page,
      per_page: perPage,
      total_count: all.length,
      total_pages: Math.ceil(all.length / perPage),
    };
    if (conditions.resultInfo === 'absent') return success(result);
    return success(result, { result_info: conditions.resultInfo === 'full' ? info : {} });
  };

  return {
    conditions,
    blockedUntil: () => blockedUntil,
    answer: ({ method, path, authorization, text, id }) => {
      const now = time.now();
      arrivals = [...arrivals.filter((at) => at > now - WINDOW_MS), now];
      if (arrivals.length > conditions.limit && now >= blockedUntil) blockedUntil = now + WINDOW_MS;
      if (now < blockedUntil) {
        const retryAfter = String(Math.ceil((blockedUntil - now) / 1000));
        return { ...refusal(429, 971, 'Please wait and consider throttling your request speed'), retryAfter };
      }
      if (conditions.isChallenging) return { status: 403, body: {} };
      const token = authorization.replace('Bearer ', '');
      const mayRead = conditions.tokens.has(token) || conditions.readOnlyTokens.has(token);
      // Some proxies repeat what they refuse, including the credential.
      if (!mayRead) return refusal(401, 10_000, `Authentication error: ${repeated(authorization, random)}`);
      if (!path.startsWith(prefix)) return refusal(404, 7003, 'Could not route to the path');
      if (method === 'GET') return list(path);
      if (!conditions.tokens.has(token)) return refusal(403, 10_000, 'Forbidden');
      if (method === 'DELETE') return account.remove(id ?? '');
      const body = fromText(text ?? '');
      return method === 'POST' ? account.post(body, random) : account.put(id ?? '', body, random);
    },
  };
}

/** Repeats a text in one of the forms in which servers write what they received. */
function repeated(text: string, random: Random): string {
  const bytes = [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, '0'));
  switch (random.int(0, 5)) {
    case 0:
      return Buffer.from(text).toString('base64');
    case 1:
      return Buffer.from(text).toString('hex');
    case 2:
      return bytes.map((byte) => `%${byte}`).join('');
    case 3:
      return bytes.map((byte) => `&#x${byte};`).join('');
    case 4:
      return bytes.map((byte) => `\\u00${byte}`).join('');
    default:
      return text;
  }
}
