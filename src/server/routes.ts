import { escapeJson } from '../core/base/text/escape.ts';
import type { FoundService } from '../core/report/daemon/known-service.ts';
import type { RecentPass } from '../core/report/daemon/recent-pass.ts';
import type { Health } from '../core/report/health.ts';
import { errorResponse, jsonResponse } from './http-response.ts';
import type { HttpResponse } from './http-response.ts';
import { browserScript } from './page/browser-script.ts';
import type { PageData } from './page/page-data.ts';
import { renderPage } from './page/page.ts';
import { renderListPage } from './page/sections/folded-list.ts';
import { inSyncList } from './page/services/in-sync-services.ts';
import { unmanagedList } from './page/services/unmanaged-services.ts';
import { stylesheet } from './page/stylesheet.ts';
import { cachedResponse } from './response-cache.ts';
import { pauseWrites, resumeWrites } from './pause-writes.ts';
import type { PauseWritesOptions } from './pause-writes.ts';
import { requestPass } from './request-pass.ts';
import type { RequestPassOptions } from './request-pass.ts';
import type { Routes, Subscribe } from './route.ts';

export type RoutesOptions = RequestPassOptions &
  PauseWritesOptions & {
    readonly health: () => Health;
    readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
    /** Returns the data of the status page. Its latest report is also the response of `/api/report`. */
    readonly pageData: () => Omit<PageData, 'health' | 'acceptsToken'>;
    readonly recent: RecentPasses;
    /** Returns what is known of a service, by its name or id; null until a good pass has ended. */
    readonly findService: (text: string) => FoundService | null;
    readonly subscribe: Subscribe;
    /** Returns another value after every report and every phase. Until then, the page and the reports are rendered once a second. */
    readonly state: () => unknown;
  };

/** The recent passes that the daemon remembers. */
export type RecentPasses = {
  /** Oldest first. */
  readonly passes: () => readonly RecentPass[];
  /** JSON texts, newest first. */
  readonly reports: () => readonly string[];
  /** Returns the report of a pass as JSON text; null if it is not kept. */
  readonly report: (runId: string) => string | null;
};

/** Returns the routing table of the status server. */
export function createRoutes(options: RoutesOptions): Routes {
  const { health, pageData, recent, subscribe, state } = options;
  const css = text('text/css; charset=utf-8', stylesheet);
  const script = text('text/javascript; charset=utf-8', browserScript);
  const fullPageData = () => ({ ...pageData(), health: health(), acceptsToken: options.reconcileToken !== null });
  const getCached = (render: () => HttpResponse | Promise<HttpResponse>) => get(cachedResponse(state, render));
  return {
    '/': getCached(() => text('text/html; charset=utf-8', renderPage(fullPageData()))),
    '/in-sync': getCached(() => text('text/html; charset=utf-8', renderListPage(inSyncList(fullPageData())))),
    '/unmanaged': getCached(() => text('text/html; charset=utf-8', renderListPage(unmanagedList(fullPageData())))),
    '/page.css': get(() => css),
    '/page.js': get(() => script),
    '/healthz': get(() => probe(health(), 'healthy')),
    '/readyz': get(() => probe(health(), 'ready')),
    '/metrics': getCached(async () => {
      const metrics = await options.metrics();
      return text(metrics.contentType, metrics.text);
    }),
    '/api/report': reportRoute(options),
    '/api/service': { method: 'GET', respond: ({ query }) => service(query.get('name'), options) },
    '/api/passes': getCached(() => jsonText(JSON.stringify({ passes: recent.passes().toReversed() }))),
    '/api/reports': getCached(() => jsonText(`[${recent.reports().join(',\n')}]`)),
    '/api/events': { method: 'GET', subscribe },
    '/api/reconcile': { method: 'POST', respond: async (request) => requestPass(request, options) },
    '/api/pause': { method: 'POST', respond: async (request) => pauseWrites(request, options) },
    '/api/resume': { method: 'POST', respond: async (request) => resumeWrites(request, options) },
  };
}

function get(respond: () => HttpResponse | Promise<HttpResponse>): Routes[string] {
  return { method: 'GET', respond };
}

function text(contentType: string, body: string): HttpResponse {
  return { status: 200, contentType, body };
}

function probe(health: Health, claim: 'healthy' | 'ready'): HttpResponse {
  return jsonResponse(health[claim] ? 200 : 503, health);
}

function jsonText(json: string): HttpResponse {
  return text('application/json', `${escapeJson(json)}\n`);
}

/** Returns the last report or, with `?run_id=…`, that of another pass. */
function reportRoute({ pageData, recent, state }: RoutesOptions): Routes[string] {
  const latest = cachedResponse(state, () => latestReport(pageData()));
  return {
    method: 'GET',
    respond: ({ query }) => {
      const runId = query.get('run_id');
      if (runId === null) return latest();
      const report = recent.report(runId);
      return report === null ? errorResponse(404, 'the report of this pass is not kept') : jsonText(report);
    },
  };
}

/** Returns everything that is known of one service. */
function service(name: string | null, { findService }: RoutesOptions): HttpResponse {
  if (name === null || name === '')
    return errorResponse(400, 'name: expected the name or id of a service, found nothing');
  const found = findService(name);
  if (found === null) return errorResponse(503, 'no pass has read the folder and listed the account yet');
  return found.error === null ? jsonResponse(200, found.service) : errorResponse(404, found.error);
}

function latestReport({ latest }: Pick<PageData, 'latest'>): HttpResponse {
  return latest === null
    ? errorResponse(404, 'no pass has ended yet; retry in a few seconds')
    : jsonResponse(200, latest);
}
