import { redactor as createRedactor } from '../../core/base/text/redactor.ts';
import type { Redactor } from '../../core/base/text/redactor.ts';

/** Longer texts from the server are truncated. */
const MAX_TEXT_LENGTH = 500;

export type Redact = (text: string) => string;

/**
 * Returns a function that removes the credential, in any encoding, from a text that the server sent, and truncates the text. The API is not
 * known to repeat credentials in responses. If it ever does, they must not reach a log.
 */
export function redactor(secrets: readonly string[]): Redact {
  let known: Redactor | null = null; // Only responses with a text to quote need it.
  return (text) => {
    if (known === null) {
      known = createRedactor();
      known.add(...secrets);
    }
    // A short credential is no secret for the redactor.
    const plain = secrets.reduce((rest, secret) => rest.replaceAll(secret, '[redacted]'), known.redact(text));
    return plain.slice(0, MAX_TEXT_LENGTH);
  };
}

export function redactOrNull(text: string | null | undefined, redact: Redact): string | null {
  return text == null ? null : redact(text);
}
