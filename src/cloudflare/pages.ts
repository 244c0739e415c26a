import * as z from 'zod';
import { failure, FailureError } from '../core/base/failure.ts';
import { sameJson, toPlainNumber } from '../core/base/json.ts';
import type { LiveService } from '../core/service/directory.ts';

/** The page size to request: the largest that the API allows, and the most services that an account can have. */
export const PAGE_SIZE = 1000;

/** Page sizes that servers use when they ignore `per_page`; 20 is in the example of the API reference. */
const COMMON_PAGE_SIZES = new Set([10, 20, 25, 50, 100, 500]);

/** A number, or its digits in quotes. Anything else counts as absent. */
const numberOrNull = z
  .preprocess(toPlainNumber, z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).nullish())
  .catch(null);
const pageInfoSchema = z
  .looseObject({ total_count: numberOrNull, total_pages: numberOrNull, per_page: numberOrNull })
  .nullish()
  .catch(null);

/** The content of `result_info`. Every field is optional in the API reference, and a recorded response had no `result_info` at all. */
type PageInfo = NonNullable<z.infer<typeof pageInfoSchema>>;

/** Whether more pages follow. `reason` says why, and completes the message "but …". */
type ListState =
  | { readonly kind: 'complete' }
  | { readonly kind: 'maybe-more' }
  | { readonly kind: 'more'; readonly reason: string };

/** Collects the pages of a list until it is complete. An incomplete or inconsistent list is an error, never a shorter list. */
export class Pages {
  readonly #services = new Map<string, LiveService>();
  #pageNumber = 0;
  #firstPageSize = 0;
  #info: PageInfo = {};

  /**
   * Adds the next page. Returns whether the list is complete. Throws a `FailureError` when the page contradicts an earlier one, or when
   * it contains nothing new although the API announced more.
   */
  add(services: readonly LiveService[], resultInfo: unknown): boolean {
    this.#pageNumber += 1;
    if (this.#pageNumber === 1) this.#firstPageSize = services.length;
    const countBefore = this.#services.size;
    for (const service of services) this.#addService(service);
    const addedCount = this.#services.size - countBefore;
    this.#info = mergeInfo(this.#info, pageInfoSchema.parse(resultInfo) ?? {});
    this.#checkTotals();

    const state = this.#listState(services.length, addedCount);
    if (state.kind === 'complete') return true;
    if (addedCount > 0) return false;
    if (state.kind === 'maybe-more') return true;
    throw this.#incomplete(services.length, state.reason);
  }

  services(): readonly LiveService[] {
    return [...this.#services.values()];
  }

  #addService(service: LiveService): void {
    const listed = this.#services.get(service.service_id);
    if (listed !== undefined && !sameJson(listed.value, service.value)) {
      throw changedWhileRead(`service "${service.service_id}" was listed twice with different values`);
    }
    this.#services.set(service.service_id, service);
  }

  #checkTotals(): void {
    const { total_count: total, total_pages: pages } = this.#info;
    const count = this.#services.size;
    if (count > (total ?? Infinity) || (pages === 0 && count > 0)) {
      throw changedWhileRead(`${count} services were read, more than the API announced`);
    }
  }

  #listState(pageSize: number, addedCount: number): ListState {
    const { total_count: total, total_pages: pages } = this.#info;
    if (total != null) {
      return this.#services.size < total ? more(`the API announced ${total} services`) : { kind: 'complete' };
    }
    if (pages != null) {
      // A last page without anything new does not complete the list: the server ignores `page`.
      const isRepeated = this.#pageNumber > 1 && this.#pageNumber === pages && addedCount === 0;
      return this.#pageNumber < pages || isRepeated ? more(`the API announced ${pages} pages`) : { kind: 'complete' };
    }
    return this.#listStateWithoutTotals(pageSize);
  }

  #listStateWithoutTotals(pageSize: number): ListState {
    if (pageSize === 0) return { kind: 'complete' };
    if (pageSize >= (this.#info.per_page ?? PAGE_SIZE)) return more('the page was full');
    // A short page is the last one, unless its size may be the server's own limit.
    const mayBeLimit = pageSize === this.#firstPageSize && COMMON_PAGE_SIZES.has(pageSize);
    return { kind: mayBeLimit ? 'maybe-more' : 'complete' };
  }

  #incomplete(pageSize: number, reason: string): FailureError {
    const content = pageSize === 0 ? 'was empty' : 'repeated earlier services';
    const message = `the list of services is incomplete: page ${this.#pageNumber} ${content} after ${this.#services.size} services, but ${reason}`;
    return new FailureError(failure('transient', message));
  }
}

/**
 * Combines what all pages so far announced. A page without totals does not revoke those of an earlier page. Totals that change are an
 * error: when a service is deleted between two requests, a page can skip another one.
 */
function mergeInfo(before: PageInfo, now: PageInfo): PageInfo {
  for (const key of ['total_count', 'total_pages'] as const) {
    const [was, is] = [before[key], now[key]];
    if (was != null && is != null && was !== is) throw changedWhileRead(`"${key}" changed from ${was} to ${is}`);
  }
  return {
    ...before,
    ...now,
    total_count: now.total_count ?? before.total_count,
    total_pages: now.total_pages ?? before.total_pages,
  };
}

function more(reason: string): ListState {
  return { kind: 'more', reason };
}

function changedWhileRead(how: string): FailureError {
  return new FailureError(failure('transient', `the list of services changed while it was read: ${how}`));
}
