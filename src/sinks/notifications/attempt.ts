import type { Attempt } from './delivery.ts';

/** A response of any status, or why there was none. */
export type Response =
  | { readonly status: number; readonly retryAfterMs: number; readonly text: string }
  | { readonly status: null; readonly reason: string };

/** Decides what became of an attempt, from the response. */
export function toAttempt(response: Response): Attempt {
  if (response.status === null) return { kind: 'failed', reason: response.reason, waitMs: 0, isOdd: false };
  const { status, retryAfterMs, text } = response;
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const reason = `the receiver answered ${status}${describeText(text)}`;
  if (status === 410) return { kind: 'gone', reason };
  // The message itself is the problem. GitHub also says so of a commit that it does not have.
  if (status === 400 || status === 413 || status === 422) return { kind: 'refused', reason };
  const isOdd = status < 500 && status !== 408 && status !== 429;
  return { kind: 'failed', reason, waitMs: retryAfterMs, isOdd };
}

/** GitLab refuses to set a state that the commit has already, for example if the response to the first attempt was lost. */
export function toGitlabAttempt(response: Response): Attempt {
  const isSet = response.status === 400 && /cannot transition status/i.test(response.text);
  return isSet ? { kind: 'sent' } : toAttempt(response);
}

/** Returns the beginning of an answer in words, such as `: no_service`. Pages of HTML say nothing. */
function describeText(text: string): string {
  const words = text.trim().replaceAll(/\s+/g, ' ');
  return words === '' || words.startsWith('<') ? '' : `: ${words.slice(0, 200)}`;
}
