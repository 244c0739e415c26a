import { escapeControlCharacters } from '../../base/text/escape.ts';

/*
 * The conditions of every request that writes, in the order in which they are checked right before it. A violation is a bug of this program:
 *
 *   mode             the mode is apply, and writes are not paused
 *   snapshot         the folder was checked a moment ago
 *   account          the address is in the configured account
 *   service          method and address are those of the step, and the last list contains its service
 *   declared         exactly one declaration in the folder is for the service, wants the step, and is not paused
 *   policy           the policy allows the step
 *   body             the body is what is declared, with the live values of ignored fields, and nothing else
 *   unknown_fields   the body carries over the unknown fields of the live service, digit by digit
 *   differs          an update changes something
 *   name             the name of a service to create is free
 *
 * Everything is computed again from the folder, the last list and the bytes to be sent, not from the findings or the plan. Only the
 * parsers, the table of fields, and the end of a pause or an ignored difference are shared with the code that makes those.
 */
export const WRITE_ASSERTIONS = [
  'mode',
  'snapshot',
  'account',
  'service',
  'declared',
  'policy',
  'body',
  'unknown_fields',
  'differs',
  'name',
] as const;
export type WriteAssertion = (typeof WRITE_ASSERTIONS)[number];

/** An assertion that a write violates, and what was found. */
export type Violation = { readonly assertion: WriteAssertion; readonly message: string };

/** A write that was not sent because of a violation. */
export type PreventedWrite = Violation & {
  readonly method: string;
  readonly path: string;
  readonly service_id: string | null;
  readonly name: string;
};

/** Returns what the log and stderr say about a write that was not sent. */
export function describePrevented(prevented: PreventedWrite): string {
  const { method, name } = prevented;
  return escapeControlCharacters(
    `internal error: ${method} of ${JSON.stringify(name)} ${describeViolation(prevented)}`,
  );
}

/** Returns the reason in the report. */
export function describeViolation({ assertion, message }: Violation): string {
  return `not sent, because the check "${assertion}" right before the write failed: ${message}; this is a bug in vpc-reconciler, please report it`;
}
