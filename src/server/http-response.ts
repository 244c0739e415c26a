import { escapeJson } from '../core/base/text/escape.ts';

/** A complete response to one request. */
export type HttpResponse = {
  readonly status: number;
  /** The media type of the body. */
  readonly contentType: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Headers of every response. They forbid embedding, type sniffing, and loading anything from other servers. */
export const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Returns a JSON response, indented so that people can read it. */
export function jsonResponse(status: number, value: unknown): HttpResponse {
  return { status, contentType: 'application/json', body: `${escapeJson(JSON.stringify(value, null, 2))}\n` };
}

/** Returns a response whose body is `{ "error": message }`. */
export function errorResponse(status: number, message: string): HttpResponse {
  return jsonResponse(status, { error: message });
}
