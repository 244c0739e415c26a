import type { AccountVariables } from '../../core/base/credentials.ts';
import { formatDuration } from '../../core/base/duration.ts';
import type { Failure, FailureKind } from '../../core/base/failure.ts';
import type { Envelope } from './envelope.ts';
import { failureKindOf } from './failure-kind.ts';
import type { ResponseLimits } from './rate-limit-headers.ts';
import { redactOrNull } from './redact.ts';
import type { Redact } from './redact.ts';

export type FailedResponse = {
  readonly limits: ResponseLimits;
  readonly ray: string | null;
  /** Null when the body is not in the format of the API. */
  readonly envelope: Envelope | null;
  readonly redact: Redact;
  readonly origin: AccountVariables | undefined;
};

/** Converts a response that is not a success into a failure for the report. */
export function responseFailure({ limits, ray, envelope, redact, origin }: FailedResponse): Failure {
  const { status, retryAfterMs } = limits;
  const first = envelope?.errors?.[0];
  const code = first?.code ?? null;
  const kind = failureKindOf(status, code);
  return {
    kind,
    status,
    code,
    message: [
      `HTTP ${status}${code === null ? '' : `, code ${code}`}: ${redact(explanationIn(envelope))}`,
      kind === 'denied' || envelope === null ? adviceFor(kind, status, origin) : '',
      retryAfterMs > 0 ? `; the API asked the client to wait ${formatDuration(retryAfterMs)}` : '',
    ].join(''),
    pointer: redactOrNull(first?.source?.pointer, redact),
    documentation_url: redactOrNull(first?.documentation_url, redact),
    ray,
  };
}

function explanationIn(envelope: Envelope | null): string {
  if (envelope === null) return 'the response is not in the format of the Cloudflare API';
  const messages = (envelope.errors ?? []).flatMap((error) => error.message ?? []).join('; ');
  return messages === '' ? 'the response does not say why' : messages;
}

/** Returns what the operator can do about a failed response, to be appended to its message; empty when the operator can only wait. */
function adviceFor(kind: FailureKind, status: number, origin?: AccountVariables): string {
  if (status < 300 && kind === 'transient') return '; if this persists, check CLOUDFLARE_BASE_URL';
  if (kind !== 'denied') return '';
  if (status >= 300 && status < 400) return '; redirects are not followed: check CLOUDFLARE_BASE_URL';
  if (status === 404) return '; check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_BASE_URL';
  const where = origin === undefined ? '' : ` in ${origin.credential}`;
  return `; check the credential${where}: updates need the permission "Connectivity Directory Admin", a plan needs "Connectivity Directory Read"`;
}
