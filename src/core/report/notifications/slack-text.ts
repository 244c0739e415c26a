import { formatValues } from '../../base/format-value.ts';
import { escapeControlCharacters } from '../../base/text/escape.ts';
import { shorten } from '../../base/text/shorten.ts';
import type { Change } from '../../compare/compare.ts';
import { describeCounts } from '../counts.ts';
import { CAUSE_LABELS, describeContest, OUTCOME_LABELS } from '../labels.ts';
import type { Suspension } from '../suspension.ts';
import { shortRevision } from './commit-status.ts';
import type { Notice, NoticeService } from './notice.ts';
import type { EventType } from './transitions.ts';

/** More would not be read in a chat. Fewer are shown if the message would be too long. */
const MAX_SERVICES = 10;
/** Slack cuts off messages of more than 40,000 characters: https://docs.slack.dev/reference/methods/chat.postMessage */
const MAX_MESSAGE_LENGTH = 30_000;
const MAX_CHANGES = 5;
/** Longer texts are cut off. */
const MAX_TEXT_LENGTH = 200;

const TITLES = {
  denied: 'Denied',
  failed: 'Failed',
  contested: 'Contested by another writer',
  withheld: 'Withheld',
  drift_found: 'Drift found',
  paused: 'Paused',
  recovered: 'Recovered',
  corrected: 'Corrected',
} as const satisfies Record<EventType, string>;

/**
 * Returns a message in the markup of Slack, which Mattermost and others read too: https://docs.slack.dev/messaging/formatting-message-text
 * Every text that comes from files or from the API is code, in which nothing is markup, a mention, or a link. `redact` removes secrets from a
 * text: before it is cut off or escaped, when it would no longer find them, and after.
 */
export function toSlackText(notice: Notice, redact: (text: string) => string, maxItems = MAX_SERVICES): string {
  const text = redact(render(redactTexts(notice, redact), maxItems));
  return text.length <= MAX_MESSAGE_LENGTH || maxItems <= 1
    ? text
    : toSlackText(notice, redact, Math.floor(maxItems / 2));
}

/** Returns the notice with every text redacted. It is made of JSON values. */
function redactTexts(notice: Notice, redact: (text: string) => string): Notice {
  return JSON.parse(JSON.stringify(notice), (_, value: unknown) => (typeof value === 'string' ? redact(value) : value));
}

function render(notice: Notice, maxItems: number): string {
  const { services, services_total, problems, problems_total, error, summary, links } = notice;
  const lines = [
    titleOf(notice),
    ...(error === null ? [] : [code(error.message)]),
    ...(summary.paused === null ? [] : [describePause(summary.paused)]),
    ...services.slice(0, maxItems).flatMap((service) => linesOf(service, notice)),
    ...moreThan(maxItems, services_total, 'services'),
    ...problems
      .slice(0, maxItems)
      .map(({ file, line, message, source_url }) => `• ${linked(`${file}:${line}`, source_url)} ${code(message)}`),
    ...moreThan(maxItems, problems_total, 'problems'),
    ...(links.page === null ? [] : [`<${escapeMarkup(links.page)}|Status page>`]),
  ];
  return lines.join('\n');
}

function titleOf(notice: Notice): string {
  const { event, events, reminder, sample, account_id, source, summary, open } = notice;
  const others = events.filter((each) => each !== event).map((each) => TITLES[each].toLowerCase());
  const counts = `${OUTCOME_LABELS[summary.outcome]}: ${describeCounts({ ...summary, error: null })}`;
  const parts = [
    `*${sample ? 'Sample: ' : reminder ? 'Still: ' : ''}${TITLES[event]}*${others.length === 0 ? '' : ` (also: ${others.join(', ')})`}`,
    `account ${code(account_id)}`,
    ...(source.revision === null ? [] : [`commit ${code(shortRevision(source.revision))}`]),
    counts,
    ...(open === 0 ? [] : [`${open} open`]),
  ];
  return parts.join(' · ');
}

function describePause({ until, reason }: Suspension): string {
  return `All writes are paused${until === null ? '' : ` until ${code(until)}`}${reason === null ? '' : `: ${code(reason)}`}`;
}

function linesOf(service: NoticeService, { events }: Notice): readonly string[] {
  const { event, name, service_id, file, line, changes, cause, contested, reason, hint, source_url } = service;
  const place = file === null ? '' : ` ${linked(line === null ? file : `${file}:${line}`, source_url)}`;
  const what = events.length > 1 ? `${TITLES[event].toLowerCase()}: ` : '';
  const why = cause === null ? '' : ` (${CAUSE_LABELS[cause]})`;
  return [
    `• ${what}${code(name ?? service_id ?? '(no name)')}${place}${why}`,
    ...(contested === null
      ? []
      : [`    ${event === 'recovered' ? 'was ' : ''}contested: ${describeContest(contested)}`]),
    ...changes.slice(0, MAX_CHANGES).map(describeChange),
    ...moreThan(MAX_CHANGES, changes.length, 'fields').map((text) => `    ${text}`),
    ...[reason, hint].flatMap((text) => (text === null ? [] : [`    ${code(text)}`])),
  ];
}

function describeChange({ path, live, declared }: Change): string {
  const [from, to] = formatValues(live, declared);
  return `    ${code(path)} ${code(from)} → ${code(to)}`;
}

function moreThan(max: number, total: number, what: string): readonly string[] {
  return total > max ? [`… and ${total - max} more ${what}`] : [];
}

function linked(text: string, url: string | null): string {
  return url === null ? code(text) : `<${escapeMarkup(url)}|${plain(text)}>`;
}

/** Returns a text as code, in which only a backtick has a meaning. */
function code(text: string): string {
  return `\`${escapeMarkup(separateMentions(withoutBackticks(oneLine(text))))}\``;
}

/** Returns the text of a link, without markup and mentions. Characters of the markup become others that look like them. */
function plain(text: string): string {
  const unformatted = withoutBackticks(oneLine(text))
    .replaceAll('*', '\u2217')
    .replaceAll('~', '\u223C')
    .replaceAll('|', '\u2223')
    .replaceAll('[', '\uFF3B')
    .replaceAll(']', '\uFF3D')
    // Within a word, as in tcp_port, it is no markup.
    .replaceAll(/(?<![a-z0-9])_|_(?![a-z0-9])/gi, '\u02CD');
  return escapeMarkup(separateMentions(unformatted));
}

function withoutBackticks(text: string): string {
  return text.replaceAll('`', '\u02CB');
}

/** Puts an invisible character between an @ and the name that it would mention. */
function separateMentions(text: string): string {
  return text.replaceAll(/@(?=\w)/g, '@\u2060');
}

function oneLine(text: string): string {
  return shorten(escapeControlCharacters(text), MAX_TEXT_LENGTH);
}

function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
