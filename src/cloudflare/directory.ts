import type { Signals } from '../core/base/abort.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { Directory } from '../core/service/directory.ts';
import { apiClient } from './api-client.ts';
import type { ApiClientOptions } from './api-client.ts';
import type { ApiResponse } from './http/http.ts';
import { parsePage, parseUpdated } from './live-services.ts';
import { InconsistentListError, PAGE_SIZE, Pages, RepeatedPageError } from './pages.ts';
import { withRetries } from './retry.ts';

export type DirectoryOptions = ApiClientOptions & { readonly accountId: string };

/** At most this many pages are read; a server that announces more is faulty. */
const MAX_PAGES = 100;

/** Creates a client of the connectivity directory of one account. */
export function cloudflareDirectory(options: DirectoryOptions): Directory {
  const client = apiClient(options);
  const servicesPath = `/accounts/${encodeURIComponent(options.accountId)}/connectivity/directory/services`;

  const readPage = async (page: number, perPage: number, signals: Signals, isRetry: boolean) => {
    const path = `${servicesPath}?page=${page}&per_page=${perPage}`;
    return (await client.read({ method: 'GET', path, isRetry }, parseList, signals)).result;
  };

  const readPages = async (signals: Signals, isRetry: boolean) => {
    const pages = new Pages();
    try {
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const { items, info } = await readPage(page, PAGE_SIZE, signals, isRetry);
        if (pages.add(items, info)) return pages.items();
      }
    } catch (error) {
      if (!(error instanceof RepeatedPageError)) throw error;
      // A server that also ignores `per_page` has no pages at all. Any other one may have returned only its largest page.
      const { items } = await readPage(1, 1, signals, isRetry);
      if (items.length > 1) return pages.items();
      throw error;
    }
    throw new FailureError(failure('transient', `the list of services did not end within ${MAX_PAGES} pages`));
  };

  return {
    // A list that contradicts itself is read again from the start. Everything else is retried page by page.
    list: async (signals) => {
      let reads = 0;
      const read = async () => readPages(signals, (reads += 1) > 1);
      return withRetries(read, { ...options, stop: signals.stop, isRetryable: isInconsistent });
    },
    update: async (service, body, options) => {
      // Our `service_id` is in lower case; the address uses the case of the API, which may matter.
      const { service_id: id } = service.value;
      const path = `${servicesPath}/${encodeURIComponent(typeof id === 'string' ? id : service.service_id)}`;
      const { result: live, attempts } = await client.write(
        { method: 'PUT', path, body },
        ({ result }) => parseUpdated(result, service.service_id),
        options,
      );
      return { live, attempts };
    },
    usage: client.usage,
    close: client.close,
  };
}

function parseList({ result, resultInfo }: ApiResponse) {
  return { items: parsePage(result), info: resultInfo };
}

function isInconsistent(error: Error): boolean {
  return error instanceof InconsistentListError;
}
