import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Health } from '../core/report/health.ts';
import type { Report } from '../core/report/report.ts';
import { json, problem } from './answer.ts';
import type { Answer } from './answer.ts';
import { renderPage } from './page/page.ts';
import type { PageFacts } from './page/page.ts';
import { script } from './page/script.ts';
import { style } from './page/style.ts';

export type Request = { readonly query: URLSearchParams; readonly headers: IncomingHttpHeaders };

export type Route =
  | { readonly method: 'GET' | 'POST'; readonly answer: (request: Request) => Answer | Promise<Answer> }
  /** Gives its events as they come, until it is told to end by what it gave. */
  | { readonly method: 'GET'; readonly stream: Subscribe };

/** By path. */
export type Routes = Readonly<Record<string, Route>>;

export type Subscribe = (send: (event: string, data: unknown) => void) => () => void;

/** What there is to be served. */
export type RoutesOptions = {
  readonly health: () => Health;
  readonly metrics: () => Promise<{ readonly contentType: string; readonly text: string }>;
  /** What the page shows besides; the reports among it are those of `/api/report`. */
  readonly page: () => Omit<PageFacts, 'health'>;
  /** The reports that are kept, each as JSON, the newest first. */
  readonly reports: () => readonly string[];
  readonly subscribe: Subscribe;
  /** Asks for a pass and gives its report; null, at once or later, where there will be none, for the process is about to end. */
  readonly reconcile: () => Promise<Report | null> | null;
  /** Gives what one must show to ask for a pass, or null while there is none; null itself where nobody may ever. */
  readonly token: (() => string | null) | null;
};

export function routesOf(options: RoutesOptions): Routes {
  const { health, page } = options;
  return {
    '/': { method: 'GET', answer: () => html(renderPage({ health: health(), ...page() })) },
    '/page.css': { method: 'GET', answer: () => ({ status: 200, type: 'text/css; charset=utf-8', body: style }) },
    '/page.js': {
      method: 'GET',
      answer: () => ({ status: 200, type: 'text/javascript; charset=utf-8', body: script }),
    },
    '/healthz': {
      method: 'GET',
      answer: () => {
        const facts = health();
        return json(facts.healthy ? 200 : 503, facts);
      },
    },
    '/readyz': {
      method: 'GET',
      answer: () => {
        const facts = health();
        return json(facts.ready ? 200 : 503, facts);
      },
    },
    '/metrics': {
      method: 'GET',
      answer: async () => {
        const { contentType, text } = await options.metrics();
        return { status: 200, type: contentType, body: text };
      },
    },
    '/api/report': {
      method: 'GET',
      answer: () => {
        const { latest } = page();
        return latest === null ? problem(404, 'the first pass is not done yet') : json(200, latest);
      },
    },
    '/api/reports': {
      method: 'GET',
      answer: () => ({ status: 200, type: 'application/json', body: `[${options.reports().join(',\n')}]\n` }),
    },
    '/api/events': { method: 'GET', stream: options.subscribe },
    '/api/reconcile': { method: 'POST', answer: async (request) => reconcile(request, options) },
  };
}

function html(body: string): Answer {
  return { status: 200, type: 'text/html; charset=utf-8', body };
}

async function reconcile({ query, headers }: Request, options: RoutesOptions): Promise<Answer> {
  if (options.token === null) {
    return problem(403, 'off: nobody may ask for a pass until reconcile_token or reconcile_token_file is set');
  }
  const token = options.token();
  if (token === null) return problem(503, 'nobody may ask for a pass until reconcile_token_file holds a token again');
  const [, shown = ''] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '') ?? [];
  if (!isSame(shown, token)) {
    const refusal = problem(401, 'expected the header Authorization: Bearer, with the reconcile token');
    return { ...refusal, headers: { 'www-authenticate': 'Bearer' } };
  }
  const wait = query.get('wait') ?? 'false';
  if (!/^(true|false|)$/.test(wait)) return problem(400, 'wait: expected true or false');
  const report = options.reconcile();
  if (wait === 'false' && report !== null) return json(202, { accepted: true });
  const made = await report;
  return made === null ? problem(503, 'there will be no pass: the process was told to stop') : json(200, made);
}

/** Takes as long whatever is different, and tells nothing of the length. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(digestOf(one), digestOf(other));
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
