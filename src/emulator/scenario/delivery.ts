import { errorAnswer, successAnswer } from '../api.ts';
import type { Answer } from '../api.ts';
import type { Fault } from './faults.ts';
import type { FullScenario } from './scenario.ts';
import type { Decision } from './fault-injector.ts';

/** The response to a request: a whole or truncated answer, or none, with the connection reset or left open. */
export type Delivery = Transmission & { readonly fault: string | null };

type Transmission =
  | {
      readonly kind: 'whole' | 'cut';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly text: string;
      /** The delay of the answer. */
      readonly afterMs: number;
    }
  | { readonly kind: 'reset' }
  | { readonly kind: 'silence' };

type Delays = Pick<FullScenario, 'retry_after' | 'slow_by'>;

/** Carries out a request, unless a fault prevents it, and returns what is sent. */
export function deliver(decision: Decision, carryOut: () => Answer, delays: Delays): Delivery {
  switch (decision.kind) {
    case 'normal':
      return deliverWhole(carryOut());
    case 'limited':
      return { ...wholeAnswer(decision.answer), fault: 'limited' };
    case 'faulty': {
      const { fault } = decision;
      return {
        ...withFault(fault, carryOut, delays),
        fault: fault.kind === 'status' ? String(fault.status) : fault.kind,
      };
    }
    default:
      return decision satisfies never;
  }
}

/** Returns the delivery of an unmodified answer. */
export function deliverWhole(answer: Answer): Delivery {
  return { ...wholeAnswer(answer), fault: answer.fault ?? null };
}

function withFault(fault: Fault, carryOut: () => Answer, delays: Delays): Transmission {
  switch (fault.kind) {
    case 'status':
      return wholeAnswer(statusAnswer(fault.status, delays.retry_after));
    case 'html':
      return textAnswer(fault.status, 'text/html; charset=UTF-8', edgePage(fault.status));
    case 'empty':
      return { ...textAnswer(fault.status, '', ''), headers: {} };
    case 'reset':
      return { kind: 'reset' };
    case 'lost':
      carryOut();
      return { kind: 'reset' };
    case 'truncated':
      return { ...wholeAnswer(carryOut()), kind: 'cut' };
    case 'garbage':
      carryOut();
      return textAnswer(200, 'application/json', 'OK');
    case 'unsuccessful':
      return wholeAnswer(errorAnswer(200, [{ code: 1000, message: 'Internal error, please try again' }]));
    case 'null_result':
      carryOut();
      return wholeAnswer(successAnswer(null));
    case 'hang':
      return { kind: 'silence' };
    case 'late':
      carryOut();
      return { kind: 'silence' };
    case 'slow':
      return { ...wholeAnswer(carryOut()), afterMs: delays.slow_by };
    default:
      return fault satisfies never;
  }
}

function wholeAnswer({ status, headers, body }: Answer): Transmission & { readonly kind: 'whole' | 'cut' } {
  const whole = textAnswer(status, 'application/json', JSON.stringify(body));
  return { ...whole, headers: { ...whole.headers, ...headers } };
}

function textAnswer(status: number, type: string, content: string): Transmission & { readonly kind: 'whole' | 'cut' } {
  return { kind: 'whole', status, headers: { 'content-type': type }, text: content, afterMs: 0 };
}

/** Documented or observed error codes. Other statuses have 1000, the lowest code that the reference allows. */
const CODES = new Map([
  [400, 5102],
  [401, 10_000],
  [403, 10_000],
  [404, 5104],
  [429, 10_429],
]);

function statusAnswer(status: number, retryAfterMs: number): Answer {
  // Not imported: see server.ts.
  const { STATUS_CODES } = process.getBuiltinModule('node:http');
  const message = STATUS_CODES[status] ?? `Status ${status}`;
  const answer = errorAnswer(status, [{ code: CODES.get(status) ?? 1000, message }]);
  const hasRetryAfter = (status === 429 || status === 503) && retryAfterMs > 0;
  return hasRetryAfter ? { ...answer, headers: { 'retry-after': String(Math.ceil(retryAfterMs / 1000)) } } : answer;
}

/** A short version of the error pages of Cloudflare's edge. */
function edgePage(status: number): string {
  const title = `Error ${status}`;
  return `<!DOCTYPE html>\n<html><head><title>${title}</title></head><body><h1>${title}</h1><p>cloudflare</p></body></html>\n`;
}
