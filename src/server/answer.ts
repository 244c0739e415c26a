/** What a request is answered with, whole. */
export type Answer = {
  readonly status: number;
  /** The media type of the body. */
  readonly type: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
};

/** Of every answer: nothing here is anybody's to embed, to guess the type of, or to load anything into. */
export const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** A value as JSON, indented: people look at it, too. */
export function json(status: number, value: unknown): Answer {
  return { status, type: 'application/json', body: `${JSON.stringify(value, null, 2)}\n` };
}

/** A refusal, in words. */
export function problem(status: number, error: string): Answer {
  return json(status, { error });
}
