import type { Notice } from './notice.ts';

/** Intermediaries forward events of up to 64 KiB: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md#size-limits */
const MAX_BYTES = 60 * 1024;

/**
 * Returns a message as a CloudEvent in JSON: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
 * Of services and problems that do not fit, it has only the number. `redact` removes secrets from a text.
 */
export function toCloudEvent(notice: Notice, redact: (text: string) => string): string {
  const text = redact(render(notice));
  const { services, problems } = notice;
  if (byteLength(text) <= MAX_BYTES || services.length + problems.length === 0) return text;
  return toCloudEvent({ ...notice, services: firstHalf(services), problems: firstHalf(problems) }, redact);
}

function render({ id, event, summary, ...data }: Notice): string {
  const { account_id } = data;
  const cloudEvent = {
    specversion: '1.0',
    id,
    source: `urn:vpc-reconciler:${encodeURIComponent(account_id)}`,
    type: `vpc-reconciler.${event}`,
    subject: account_id,
    time: summary.finished_at,
    datacontenttype: 'application/json',
    data: { ...data, ...summary },
  };
  return escapeForAnyPage(JSON.stringify(cloudEvent));
}

/**
 * Escapes the characters with which markup and mentions begin, so that a receiver may put the text where it does not belong. Replaces halves
 * of characters, because strict readers reject a text that contains one. In JSON, only a half is written as such an escape.
 */
function escapeForAnyPage(json: string): string {
  return json
    .replaceAll(/(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g, '$1\uFFFD')
    .replaceAll(/[<>&\u2028\u2029]/g, (character) => `\\u${hex(character)}`);
}

function hex(character: string): string {
  return Number(character.codePointAt(0)).toString(16).padStart(4, '0');
}

function firstHalf<Item>(items: readonly Item[]): readonly Item[] {
  return items.slice(0, Math.floor(items.length / 2));
}

function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}
