import { failure, FailureError } from '../core/base/failure.ts';
import type { Directory } from '../core/service/directory.ts';
import { apiClient } from './api-client.ts';
import type { ApiClientOptions } from './api-client.ts';
import { parsePage, parseUpdated } from './live-services.ts';
import { PAGE_SIZE, Pages } from './pages.ts';

export type DirectoryOptions = ApiClientOptions & { readonly accountId: string };

/** At most this many pages are read; a server that announces more is faulty. */
const MAX_PAGES = 100;

/** Creates a client of the connectivity directory of one account. */
export function cloudflareDirectory(options: DirectoryOptions): Directory {
  const client = apiClient(options);
  const servicesPath = `/accounts/${encodeURIComponent(options.accountId)}/connectivity/directory/services`;

  return {
    list: async (signals) => {
      const pages = new Pages();
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const path = `${servicesPath}?page=${page}&per_page=${PAGE_SIZE}`;
        const { result: response } = await client.read({ method: 'GET', path }, (response) => response, signals);
        if (pages.add(parsePage(response.result), response.resultInfo)) return pages.services();
      }
      throw new FailureError(failure('transient', `the list of services did not end within ${MAX_PAGES} pages`));
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
