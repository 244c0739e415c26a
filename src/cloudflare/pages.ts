import * as z from 'zod';
import { failure, FailureError } from '../core/base/failure.ts';
import { sameJson, toPlainNumber } from '../core/base/json.ts';
import { isUsable } from '../core/service/directory.ts';
import type { ListedItem, LiveService, UnusableItem } from '../core/service/directory.ts';

/** The page size to request: the largest that the API allows, and the most services that an account can have. */
export const PAGE_SIZE = 1000;

/** Page sizes that servers use when they ignore `per_page`; 20 is in the example of the API reference. */
const COMMON_PAGE_SIZES = new Set([10, 16, 20, 25, 30, 32, 40, 50, 64, 100, 128, 200, 250, 256, 500, 512]);

const NO_TOTALS = 'the API did not announce how many there are';

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

/** The server repeated a page and announces no totals: it may return all services at once, or only some of them, always the same. */
export class RepeatedPageError extends FailureError {
  constructor(message: string) {
    super(failure('transient', message));
  }
}

/** Whether more pages follow, or may follow. `reason` says why, and completes the message "but …". */
type ListState = { readonly kind: 'complete' } | { readonly kind: 'more'; readonly reason: string };

/** The pages contradict each other or their own totals. Reading the list again from the start can succeed. */
export class InconsistentListError extends FailureError {
  constructor(message: string) {
    super(failure('transient', message));
  }
}

/** Collects the pages of a list until it is complete. An incomplete or inconsistent list is an error, never a shorter list. */
export class Pages {
  readonly #services = new Map<string, LiveService>();
  readonly #unusable: UnusableItem[] = [];
  #pageNumber = 0;
  #firstPageSize = 0;
  #info: PageInfo = {};

  /**
   * Adds the next page. Returns whether the list is complete. Throws a `FailureError` when the page contradicts an earlier one, when it
   * contains nothing new although the list may go on, or when no item of the whole list can be used.
   */
  add(items: readonly ListedItem[], resultInfo: unknown): boolean {
    this.#pageNumber += 1;
    if (this.#pageNumber === 1) this.#firstPageSize = items.length;
    const countBefore = this.#services.size;
    const itemsBefore = this.#count();
    for (const item of items) if (isUsable(item)) this.#addService(item);
    const isNew = this.#services.size > countBefore || (this.#pageNumber === 1 && items.length > 0);
    // Without an id, an unusable item is only known to be new if its page is.
    if (isNew) this.#addUnusable(items, itemsBefore);
    this.#info = mergeInfo(this.#info, pageInfoSchema.parse(resultInfo) ?? {});
    this.#checkTotals();

    const state = this.#listState(items.length, isNew);
    if (state.kind === 'more') {
      if (isNew) return false;
      throw this.#incomplete(items.length, state.reason);
    }
    this.#checkUsable();
    return true;
  }

  /** Returns all services, then the items that cannot be used. */
  items(): readonly ListedItem[] {
    return [...this.#services.values(), ...this.#unusable];
  }

  #count(): number {
    return this.#services.size + this.#unusable.length;
  }

  #addService(service: LiveService): void {
    const listed = this.#services.get(service.service_id);
    if (listed !== undefined && !sameJson(listed.value, service.value)) {
      throw changedWhileRead(`service "${service.service_id}" was listed twice with different values`);
    }
    this.#services.set(service.service_id, service);
  }

  #addUnusable(items: readonly ListedItem[], itemsBefore: number): void {
    for (const [index, item] of items.entries()) {
      if (isUsable(item)) continue;
      const reason = `item ${itemsBefore + index + 1} of the list of services: ${item.reason}`;
      this.#unusable.push({ ...item, reason });
    }
  }

  #checkTotals(): void {
    const { total_count: total, total_pages: pages } = this.#info;
    const count = this.#count();
    if (count > (total ?? Infinity) || (pages === 0 && count > 0)) {
      throw changedWhileRead(`${count} services were read, more than the API announced`);
    }
  }

  /** A list without any usable item is not a list of services: its items are not missing services, and nothing else is right either. */
  #checkUsable(): void {
    const [first] = this.#unusable;
    if (first === undefined || this.#services.size > 0) return;
    const message = `the list of services contains ${this.#unusable.length} items, none of which can be used; ${first.reason}`;
    throw new FailureError(failure('transient', message));
  }

  #listState(pageSize: number, isNew: boolean): ListState {
    const { total_count: total, total_pages: pages } = this.#info;
    if (total != null) {
      return this.#count() < total ? more(`the API announced ${total} services`) : { kind: 'complete' };
    }
    if (pages != null) {
      // A last page without anything new does not complete the list: the server ignores `page`.
      const isRepeated = this.#pageNumber > 1 && this.#pageNumber === pages && !isNew;
      return this.#pageNumber < pages || isRepeated ? more(`the API announced ${pages} pages`) : { kind: 'complete' };
    }
    return this.#listStateWithoutTotals(pageSize);
  }

  #listStateWithoutTotals(pageSize: number): ListState {
    if (pageSize === 0) return { kind: 'complete' };
    if (pageSize >= (this.#info.per_page ?? PAGE_SIZE)) return more('the page was full');
    // A short page is the last one, unless its size may be the server's own limit. Then only an empty or a shorter page ends the list.
    const mayBeLimit = pageSize === this.#firstPageSize && COMMON_PAGE_SIZES.has(pageSize);
    return mayBeLimit ? more(NO_TOTALS) : { kind: 'complete' };
  }

  #incomplete(pageSize: number, reason: string): FailureError {
    const content = pageSize === 0 ? 'was empty' : 'repeated earlier services';
    const message = `the list of services is incomplete: page ${this.#pageNumber} ${content} after ${this.#count()} services, but ${reason}`;
    if (pageSize === 0) return new InconsistentListError(message);
    // A server that ignores `page` does so every time.
    return reason === NO_TOTALS ? new RepeatedPageError(message) : new FailureError(failure('transient', message));
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

function changedWhileRead(how: string): InconsistentListError {
  return new InconsistentListError(`the list of services changed while it was read: ${how}`);
}
