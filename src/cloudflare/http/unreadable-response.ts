import { escapeControlCharacters } from '../../core/base/text/escape.ts';
import { firstValue } from './rate-limit-headers.ts';
import type { Redact } from './redact.ts';

export type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

type UnreadableResponse = {
  readonly headers: ResponseHeaders;
  readonly text: string;
  readonly problem: string | null;
  readonly redact: Redact;
};

const MAX_TITLE_LENGTH = 100;
const MAX_HEADER_LENGTH = 60;

/** Describes a response that is not in the format of the API: its title if it is a page, its content type, and its coding. */
export function describeUnreadable({ headers, text, problem, redact }: UnreadableResponse): string {
  // Redacts before truncating, because a part of a secret would not be found.
  const shortened = (value: string, length: number) => escapeControlCharacters(redact(value)).slice(0, length);
  const [type, coding] = ['content-type', 'content-encoding'].map((name) => {
    const value = firstValue(headers[name]);
    return value === undefined ? null : shortened(value, MAX_HEADER_LENGTH);
  });
  const title = shortened(titleOf(text), MAX_TITLE_LENGTH);
  const details = [
    type == null ? 'no content type' : `content type "${type}"`,
    ...(coding == null ? [] : [`coding "${coding}"`]),
    ...(text === '' && problem === null ? ['empty'] : []),
  ];
  const what =
    problem !== null
      ? `the response cannot be read, because ${problem}`
      : title === ''
        ? 'the response is not in the format of the Cloudflare API'
        : `the response is a web page, "${title}", and not in the format of the Cloudflare API`;
  return `${what} (${details.join(', ')})`;
}

/** Returns what the operator can do about a request that a firewall, a bot challenge or a proxy answered, and not the API. */
export function adviceForBlocked(ray: string | null, headers: ResponseHeaders): string {
  if (ray === null) {
    return '; a firewall or proxy between this machine and Cloudflare blocked the request: the response has no CF-Ray';
  }
  if (firstValue(headers['cf-mitigated']) === 'challenge') {
    return `; the edge of Cloudflare asked for a browser before the request reached the API (CF-Ray ${ray})`;
  }
  return `; the edge of Cloudflare blocked the request before it reached the API (CF-Ray ${ray})`;
}

/** Far more than pages have before their title. */
const MAX_SEARCHED_LENGTH = 16_384;

/** Returns the title of a web page; empty for anything else. */
function titleOf(text: string): string {
  const [, title = ''] = /<title[^>]{0,200}>([^<]{1,1000})/i.exec(text.slice(0, MAX_SEARCHED_LENGTH)) ?? [];
  return title.replaceAll(/\s+/g, ' ').trim();
}
