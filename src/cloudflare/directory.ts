import * as z from 'zod';
import { failure, FailureError } from '../core/base/failure.ts';
import { cachedByIdentity } from '../core/base/identity-cache.ts';
import { isDeeperThan, isObject, sameJson } from '../core/base/json.ts';
import type { Directory, LiveService } from '../core/service/directory.ts';
import { cloudflareCalls } from './api-client.ts';
import type { CallsOptions } from './api-client.ts';

export type DirectoryOptions = CallsOptions & { readonly accountId: string };

/** The most that the API gives at once, and as many as an account may have. */
const PER_PAGE = 1000;
const MOST_PAGES = 100;

/** A service has four levels; what is compared, sent and reported by recursion must not be bottomless. */
const DEEPEST = 50;

/** What servers that do not honor `per_page` give instead; 20 stands in the reference's example. */
const CUSTOMARY_PAGES = new Set([10, 20, 25, 50, 100, 500]);

/** A number, in quotes too; anything else says nothing. */
const number = z
  .union([z.number(), z.string().regex(/^\d+$/).transform(Number)])
  .nullish()
  .catch(null);
const resultInfoSchema = z
  .looseObject({ total_count: number, total_pages: number, per_page: number })
  .nullish()
  .catch(null);
type ResultInfo = z.infer<typeof resultInfoSchema>;

export function cloudflareDirectory(options: DirectoryOptions): Directory {
  const calls = cloudflareCalls(options);
  const services = `/accounts/${encodeURIComponent(options.accountId)}/connectivity/directory/services`;

  return {
    list: async (signals) => {
      const found = new Map<string, LiveService>();
      let firstPage = 0;
      let info: ResultInfo = null;
      for (let page = 1; page <= MOST_PAGES; page += 1) {
        const path = `${services}?page=${page}&per_page=${PER_PAGE}`;
        const { result: answer } = await calls.read({ method: 'GET', path }, (page) => page, signals);
        const items = parsePage(answer.result);
        const before = found.size;
        for (const service of items) {
          const same = found.get(service.service_id);
          if (same !== undefined && !sameJson(same.value, service.value)) {
            throw changed(`service ${service.service_id} was there twice, and not the same`);
          }
          found.set(service.service_id, service);
        }
        if (page === 1) firstPage = items.length;
        const fresh = found.size - before;
        const told = resultInfoSchema.parse(answer.resultInfo);
        // A page without totals, as an empty one was observed to be, does not take back what an earlier one promised.
        info = agreed(info, told ?? null);
        if (found.size > (info?.total_count ?? Infinity) || (info?.total_pages === 0 && found.size > 0)) {
          throw changed(`${found.size} services were read, and fewer promised`);
        }
        const due = whatIsDue({ page, got: items.length, fresh, firstPage, have: found.size, info });
        if (due === 'nothing' || (due === 'perhaps' && fresh === 0)) return [...found.values()];
        if (fresh === 0) throw incomplete(page, items.length, found.size, due);
      }
      throw new FailureError(failure('transient', `the list of services has no end: ${MOST_PAGES} pages were read`));
    },
    update: async (service, body, signals) => {
      // The id as the API spells it: ours is in lower case, and nothing says that the API does not mind.
      const { service_id: id } = service.value;
      const path = `${services}/${encodeURIComponent(typeof id === 'string' ? id : service.service_id)}`;
      const { result: live, attempts } = await calls.write(
        { method: 'PUT', path, body },
        ({ result }) => serviceIn(result, service.service_id),
        signals,
      );
      return { live, attempts };
    },
    usage: calls.usage,
    close: calls.close,
  };
}

/** The service that an update was answered with, which is to be the one that was sent. */
function serviceIn(result: unknown, service_id: string): LiveService {
  const live = toLive(result);
  if (live === null) throw new FailureError(failure('transient', 'the update was answered without the service'));
  if (live.service_id === service_id) return live;
  throw new FailureError(failure('transient', `the update was answered with another service, ${live.service_id}`));
}

type PageFacts = {
  readonly page: number;
  readonly got: number;
  /** How many of them no page before had. */
  readonly fresh: number;
  readonly firstPage: number;
  readonly have: number;
  readonly info: ResultInfo;
};

/**
 * Whether the list goes on: `nothing` is due, `perhaps` there is more, or what was promised, in words. Every field of
 * `result_info` is optional in the reference, and a recorded answer had none at all.
 */
function whatIsDue({ page, got, fresh, firstPage, have, info }: PageFacts): string {
  const total = info?.total_count;
  if (total != null) return have < total ? `${total} were promised` : 'nothing';
  if (info?.total_pages != null) {
    // The last page counts only with something on it that the first had not: else the server ignores `page`.
    const done = page >= info.total_pages && !(page > 1 && page === info.total_pages && fresh === 0);
    return done ? 'nothing' : `${info.total_pages} pages were promised`;
  }
  if (got === 0) return 'nothing';
  if (got >= (info?.per_page ?? PER_PAGE)) return 'the page was full';
  // Without any total a short page is the last one, unless its size looks like a limit of the server's own.
  return got === firstPage && CUSTOMARY_PAGES.has(got) ? 'perhaps' : 'nothing';
}

/** What the pages promise together. Pages by number skip somebody when a service goes meanwhile, so no later total is a proof. */
function agreed(before: ResultInfo, now: ResultInfo): ResultInfo {
  for (const key of ['total_count', 'total_pages'] as const) {
    const [was, is] = [before?.[key], now?.[key]];
    if (was != null && is != null && was !== is) throw changed(`${key} was ${was}, then ${is}`);
  }
  const { total_count: total, total_pages: pages } = before ?? {};
  return { ...before, ...now, total_count: now?.total_count ?? total, total_pages: now?.total_pages ?? pages };
}

function changed(how: string): FailureError {
  return new FailureError(failure('transient', `the list of services changed while it was read: ${how}`));
}

function incomplete(page: number, got: number, have: number, due: string): FailureError {
  const gave = got === 0 ? 'was empty' : 'repeated what was known';
  const message = `the list of services is incomplete: page ${page} ${gave} with ${have} services read, where ${due}`;
  return new FailureError(failure('transient', message));
}

function parsePage(result: unknown): readonly LiveService[] {
  if (!Array.isArray(result)) {
    throw new FailureError(failure('transient', 'the list of services was answered without a list'));
  }
  return toServices(result);
}

const toServices = cachedByIdentity((items: readonly unknown[]): readonly LiveService[] =>
  items.map((item) => {
    const live = toLive(item);
    if (live === null) {
      throw new FailureError(
        failure('transient', 'the list of services holds something without a service_id, or too deep to be a service'),
      );
    }
    return live;
  }),
);

/** As little as possible is asked of a live object: the API grows, and one odd service must not hide the others. */
function toLive(value: unknown): LiveService | null {
  if (!isObject(value) || isDeeperThan(DEEPEST, value)) return null;
  const { service_id: id, name } = value;
  return typeof id === 'string'
    ? { service_id: id.toLowerCase(), name: typeof name === 'string' ? name : '', value }
    : null;
}
