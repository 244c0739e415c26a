import type { AccountVariables } from '../../core/base/credentials.ts';
import { formatDuration } from '../../core/base/duration.ts';
import type { Failure, FailureKind } from '../../core/base/failure.ts';
import type { Envelope } from './envelope.ts';
import { failureKindOf, isMalformedCredential, isNoRoute } from './failure-kind.ts';
import { firstValue } from './rate-limit-headers.ts';
import type { ResponseLimits } from './rate-limit-headers.ts';
import { redactOrNull } from './redact.ts';
import { adviceForBlocked, describeUnreadable } from './unreadable-response.ts';
import type { ResponseHeaders } from './unreadable-response.ts';
import type { Redact } from './redact.ts';

/** A complete response. */
export type RawResponse = {
  readonly limits: ResponseLimits;
  readonly ray: string | null;
  readonly headers: ResponseHeaders;
  /** Empty if there is a problem. */
  readonly text: string;
  /** Why the body cannot be read, to complete "but …"; null if it can. */
  readonly problem: string | null;
};

type ApiErrorItem = NonNullable<Envelope['errors']>[number];

export type FailedResponse = RawResponse & {
  /** Null when the body is not in the format of the API. */
  readonly envelope: Envelope | null;
  readonly redact: Redact;
  readonly origin: AccountVariables | undefined;
};

/** Converts a response that is not a success into a failure for the report. */
export function responseFailure(response: FailedResponse): Failure {
  const { limits, ray, envelope, redact } = response;
  const { status, retryAfterMs } = limits;
  const first = envelope?.errors?.[0];
  const code = first?.code ?? null;
  const kind = failureKindOf(status, code);
  return {
    kind,
    status,
    code,
    message: [
      `HTTP ${status}${code === null ? '' : `, code ${code}`}: ${redact(explanationOf(response))}`,
      adviceFor(kind, response),
      retryAfterMs > 0 ? `; the API asked the client to wait ${formatDuration(retryAfterMs)}` : '',
    ].join(''),
    pointer: redactOrNull(first?.source?.pointer, redact),
    documentation_url: redactOrNull(first?.documentation_url, redact),
    ray,
  };
}

function explanationOf({ envelope, ...response }: FailedResponse): string {
  if (envelope === null) return describeUnreadable(response);
  const messages = (envelope.errors ?? []).flatMap((error) => describeError(error) ?? []).join('; ');
  return messages === '' ? 'the response does not say why' : messages;
}

/** Returns a message with its causes, for example `Invalid request headers: Invalid format for Authorization header (code 6111)`. */
function describeError({ message, error_chain: causes }: ApiErrorItem): string | null {
  const texts = (causes ?? []).flatMap(({ message: cause, code }) =>
    cause == null ? [] : [`${cause}${code == null ? '' : ` (code ${code})`}`],
  );
  const all = [...(message == null ? [] : [message]), ...texts];
  return all.length === 0 ? null : all.join(': ');
}

/** Returns what the operator can do about a failed response, to be appended to its message; empty when the operator can only wait. */
function adviceFor(kind: FailureKind, { limits: { status }, ...response }: FailedResponse): string {
  const { envelope, origin, ray, headers } = response;
  if (envelope === null && status < 300 && kind === 'transient') return '; if this persists, check CLOUDFLARE_BASE_URL';
  if (kind !== 'denied') return '';
  if (status >= 300 && status < 400) return adviceForRedirect(response);
  const code = envelope?.errors?.[0]?.code ?? null;
  if (status === 404 || isNoRoute(code)) return '; check CLOUDFLARE_ACCOUNT_ID and CLOUDFLARE_BASE_URL';
  // The API itself always says why it refuses a credential.
  if (envelope === null) return adviceForBlocked(ray, headers);
  return adviceForCredential(status, code, origin);
}

function adviceForCredential(status: number, code: number | null, origin: AccountVariables | undefined): string {
  const where = origin === undefined ? '' : ` in ${origin.credential}`;
  if (isMalformedCredential(code)) {
    return `; the credential${where} does not have the form of one: copy it again, without quotes and spaces`;
  }
  const account =
    status === 403 ? '; the credential may also belong to another account: check CLOUDFLARE_ACCOUNT_ID' : '';
  return `; check the credential${where}: updates need the permission "Connectivity Directory Admin", a plan needs "Connectivity Directory Read"${account}`;
}

/** A proxy or a captive portal may redirect to a page on which a person has to log in. */
function adviceForRedirect({ headers, origin, redact }: Omit<FailedResponse, 'limits'>): string {
  const host = URL.parse(firstValue(headers['location']) ?? '')?.host ?? '';
  const target = host === '' ? '' : ` to ${redact(host)}`;
  const cause =
    origin !== undefined && origin.baseUrl === null
      ? 'a proxy, firewall or captive portal on the way may ask for a login'
      : 'check CLOUDFLARE_BASE_URL';
  return `; the redirect${target} is not followed: ${cause}`;
}
