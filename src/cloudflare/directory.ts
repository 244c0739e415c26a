import type { Signals } from '../core/base/abort.ts';
import { failure, FailureError } from '../core/base/failure.ts';
import type { Directory, ListOptions, LiveService } from '../core/service/directory.ts';
import { apiClient } from './api-client.ts';
import type { ApiClient, ApiClientOptions } from './api-client.ts';
import { ApiError, WaitTooLongError } from './errors.ts';
import { isNameTaken, isNoSuchService } from './http/failure-kind.ts';
import type { ApiResponse } from './http/http.ts';
import { parseCreated, parsePage, parseUpdated } from './live-services.ts';
import { InconsistentListError, PAGE_SIZE, Pages, RepeatedPageError } from './pages.ts';
import { mayPass, withRetries } from './retry.ts';

export type DirectoryOptions = ApiClientOptions & { readonly accountId: string };

/** At most this many pages are read; a server that announces more is faulty. */
const MAX_PAGES = 100;

/** Creates a client of the connectivity directory of one account. */
export function cloudflareDirectory(options: DirectoryOptions): Directory {
  const client = apiClient(options);
  const servicesPath = `/accounts/${encodeURIComponent(options.accountId)}/connectivity/directory/services`;

  // Our `service_id` is in lower case; the address uses the case of the API, which may matter.
  const pathOf = ({ service_id, value: { service_id: id } }: LiveService) =>
    `${servicesPath}/${encodeURIComponent(typeof id === 'string' ? id : service_id)}`;

  const readPages = pageReader(client, servicesPath);

  return {
    // A list that contradicts itself is read again from the start. Everything else is retried page by page.
    list: async (listOptions) => {
      let reads = 0;
      const read = async () => readPages(listOptions, (reads += 1) > 1);
      return withRetries(read, { ...options, stop: listOptions.stop, isRetryable: isInconsistent });
    },
    update: async (service, body, options) => {
      const { result: live, attempts } = await client.write(
        { method: 'PUT', path: pathOf(service), body: JSON.stringify(body) },
        ({ result }) => parseUpdated(result, service.service_id),
        options,
      );
      return { live, attempts };
    },
    create: async (body, options) => {
      const parse = ({ result }: ApiResponse) => parseCreated(result, body['name']);
      try {
        const call = { ...options, isRetryable: wasRefused };
        const { result: live, attempts } = await client.write(
          { method: 'POST', path: servicesPath, body: JSON.stringify(body) },
          parse,
          call,
        );
        return { kind: 'created', live, attempts };
      } catch (error) {
        if (!(error instanceof FailureError) || !mayExist(error)) throw error;
        return { kind: 'unsure', failure: error.failure, attempts: error.attempts };
      }
    },
    remove: async (service, options) => {
      try {
        const { attempts } = await client.write({ method: 'DELETE', path: pathOf(service) }, () => null, options);
        return { attempts };
      } catch (error) {
        if (!(error instanceof FailureError) || !isNoSuchService(error.failure)) throw error;
        return { attempts: error.attempts };
      }
    },
    usage: client.usage,
    close: client.close,
  };
}

/** Returns a function that reads all pages of the list. */
function pageReader(client: ApiClient, servicesPath: string) {
  const readPage = async (page: number, perPage: number, signals: Signals, isRetry: boolean) => {
    const path = `${servicesPath}?page=${page}&per_page=${perPage}`;
    return (await client.read({ method: 'GET', path, isRetry }, parseList, signals)).result;
  };

  return async ({ onFirstPage, ...signals }: ListOptions, isRetry: boolean) => {
    const pages = new Pages();
    try {
      for (let page = 1; page <= MAX_PAGES; page += 1) {
        const { items, info } = await readPage(page, PAGE_SIZE, signals, isRetry);
        if (page === 1) onFirstPage?.();
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
}

function parseList({ result, resultInfo }: ApiResponse) {
  return { items: parsePage(result), info: resultInfo };
}

function isInconsistent(error: Error): boolean {
  return error instanceof InconsistentListError;
}

const TOO_MANY_REQUESTS = 429;

/** Whether a create was refused without being carried out, and may succeed later. Of all transient failures, only this one is certain. */
function wasRefused(error: Error): boolean {
  return error instanceof ApiError && error.failure.status === TOO_MANY_REQUESTS && mayPass(error);
}

/** Whether a service may exist although its create failed: the API may have carried out the request, or says that the name is taken. */
function mayExist({ failure: reason, attempts, cause }: FailureError): boolean {
  if (isNameTaken(reason)) return true;
  const isCertain = reason.status === TOO_MANY_REQUESTS || cause instanceof WaitTooLongError;
  return attempts > 0 && reason.kind === 'transient' && !isCertain;
}
