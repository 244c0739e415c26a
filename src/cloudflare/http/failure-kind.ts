import type { Failure, FailureKind } from '../../core/base/failure.ts';

/** Codes for a credential that does not have the form of one. */
const MALFORMED_CREDENTIAL_CODES = [6003, 6102, 6103, 6111];

/** Codes with which the API refuses a credential (malformed, unknown, expired or without permission), with any status. */
const CREDENTIAL_CODES = [...MALFORMED_CREDENTIAL_CODES, 9103, 9106, 9107, 9109, 10_000, 10_001];

/** "Could not route": the account or the base URL is wrong. */
const ROUTE_CODES = [7000, 7001, 7003];

/** "No such service": the only 404 that concerns the service. Any other concerns the account or the address. */
const NO_SUCH_SERVICE = 5104;

/** The codes of the directory itself concern the request. Any other code in a 2xx response is a fault inside the API. */
const DIRECTORY_CODES = range(5100, 5199);

type Row = {
  readonly kind: FailureKind;
  /** The statuses that the row matches; all when absent. */
  readonly statuses?: (status: number) => boolean;
  /** The codes that the row matches; all, and responses without a code, when absent. */
  readonly codes?: (code: number) => boolean;
};

/**
 * Every failed response, and whether it is retried (`transient`), ends the pass (`denied`), or concerns one service (`rejected`). The
 * first row that matches applies. A transient failure is not retried when the API asks for a longer wait than a pass allows.
 */
const FAILED_RESPONSES: readonly Row[] = [
  { codes: oneOf(...CREDENTIAL_CODES), kind: 'denied' },
  { statuses: range(400, 499), codes: oneOf(...ROUTE_CODES), kind: 'denied' },
  { statuses: oneOf(408, 429), kind: 'transient' },
  { statuses: range(500, 999), kind: 'transient' },
  { statuses: oneOf(401, 403), kind: 'denied' },
  { statuses: oneOf(404), codes: oneOf(NO_SUCH_SERVICE), kind: 'rejected' },
  { statuses: oneOf(404), kind: 'denied' }, // A wrong account or base URL.
  { statuses: range(300, 399), kind: 'denied' }, // A redirect: a wrong base URL.
  { statuses: range(400, 499), kind: 'rejected' },
  { statuses: range(100, 299), codes: DIRECTORY_CODES, kind: 'rejected' }, // "success": false.
  { statuses: range(100, 299), kind: 'transient' }, // No usable body, for example an incomplete page of a proxy.
];

/** A request without a complete response is retried: a connection error, a timeout, a body that is cut off or too large. */
export const NO_RESPONSE: FailureKind = 'transient';

/** Returns the kind of failure of a response that is not a success. `code` is the first code in its body, or null. */
export function failureKindOf(status: number, code: number | null): FailureKind {
  const row = FAILED_RESPONSES.find(
    ({ statuses, codes }) =>
      (statuses === undefined || statuses(status)) && (codes === undefined || (code !== null && codes(code))),
  );
  return row?.kind ?? 'transient';
}

/** The API has one code for several causes, so the message decides (observed: "Service name '…' already exists"). */
const BAD_PARAMETER = 5101;

/** Whether the API refused a service because another one has its name. */
export function isNameTaken({ status, code, message }: Pick<Failure, 'status' | 'code' | 'message'>): boolean {
  return status === 409 || (code === BAD_PARAMETER && /already exists/i.test(message));
}

/** Whether the API says that there is no such service. */
export function isNoSuchService({ status, code }: Pick<Failure, 'status' | 'code'>): boolean {
  return status === 404 && code === NO_SUCH_SERVICE;
}

export function isMalformedCredential(code: number | null): boolean {
  return code !== null && MALFORMED_CREDENTIAL_CODES.includes(code);
}

export function isNoRoute(code: number | null): boolean {
  return code !== null && ROUTE_CODES.includes(code);
}

function oneOf(...numbers: readonly number[]): (number: number) => boolean {
  return (number) => numbers.includes(number);
}

function range(first: number, last: number): (number: number) => boolean {
  return (number) => number >= first && number <= last;
}
