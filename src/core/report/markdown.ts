import { capitalize } from '../base/text/capitalize.ts';
import { escapeControlCharacters, escapeHtml } from '../base/text/escape.ts';
import { formatValues } from '../base/format-value.ts';
import type { Change } from '../compare/compare.ts';
import { renderProblem } from '../load/problem.ts';
import { describeCounts } from './counts.ts';
import { CAUSE_LABELS, describeContest, OUTCOME_LABELS, PENDING_LABELS, signOf } from './labels.ts';
import type { Sign } from './labels.ts';
import { diffList } from './list-diff.ts';
import type { ListElement } from './list-diff.ts';
import type { Mode } from './pass.ts';
import type { Report } from './report.ts';
import { isUndeclared, placeOf } from './service-report.ts';
import type { ServiceReport } from './service-report.ts';
import { omitReasons, sharedReasons } from './shared-reasons.ts';

/** GitHub accepts at most 65,536 characters in a comment. */
const MAX_CHARACTERS = 60_000;

/** More services than this are folded. A reader opens the ones of interest. */
const MAX_UNFOLDED = 10;

export type MarkdownOptions = {
  /** Replaces the title and the folder in the heading. */
  readonly title?: string | undefined;
};

/**
 * Renders a report as Markdown for a pull request: readable as it is, also where Markdown is not rendered. The text depends on neither
 * time nor duration, so a pass with the same result produces the same comment. Texts from files and from the API are code, where they
 * cannot act as markup, links or mentions.
 */
export function renderMarkdown(report: Report, { title }: MarkdownOptions = {}): string {
  const counts = describeCounts(report);
  const shared = sharedReasons(report);
  const services = omitReasons(report.services, shared);
  const reported = services.filter(({ finding }) => finding !== 'unmanaged');
  return [
    renderHeading(report, title),
    report.error === null ? escapeMarkdown(counts) : code(counts),
    ...[...shared].map(([reason, count]) => `**${count} withheld:** ${code(reason)}`),
    ...renderSection(
      report.mode === 'plan' ? 'This change stops managing, and leaves alone' : 'No longer declared, left alone',
      services.filter(isUndeclared).map(renderUnmanaged),
    ),
    ...limitLength(
      MAX_CHARACTERS / 2,
      reported.map((service) => renderService(service, report, { isFolded: reported.length > MAX_UNFOLDED })),
      (omitted) => `… and ${omitted} more services.`,
    ),
    ...renderSection(
      'Problems',
      report.problems.map((problem) => `- ${code(renderProblem(problem))}`),
    ),
    ...renderSection(
      'Live but not declared',
      services.filter((service) => service.finding === 'unmanaged' && !isUndeclared(service)).map(renderUnmanaged),
    ),
    '',
  ].join('\n\n');
}

/** Names the folder, the account and the commit, so that the comments of several plans can be told apart. */
function renderHeading({ mode, outcome, account_id: account, source }: Report, title: string | undefined): string {
  const folder = code(source.path);
  const heading =
    title === undefined ? `${TITLES[mode]} for ${folder}` : escapeMarkdown(escapeControlCharacters(title));
  const facts = [
    ...(title === undefined ? [] : [`folder ${folder}`]),
    `account ${code(account)}`,
    ...(source.revision === null ? [] : [`commit ${code(source.revision)}`]),
  ];
  return `### ${heading}: ${OUTCOME_LABELS[outcome]}\n\n${capitalize(facts.join(' · '))}`;
}

const TITLES = {
  plan: 'VPC services plan',
  detect: 'VPC services drift',
  apply: 'VPC services apply',
} as const satisfies Record<Mode, string>;

function renderService(service: ServiceReport, report: Report, { isFolded }: { readonly isFolded: boolean }): string {
  const [mark, name, text] = [markOf(service), nameOf(service), headline(service, report)];
  // The reason why a declaration is skipped is listed with the problems; an unusable item of the list has a hint.
  const reason = service.finding === 'invalid' && service.hint === null ? null : service.reason;
  const body = [
    renderIdentity(service),
    ...(service.changes.length === 0 ? [] : [renderChanges(service.changes)]),
    ...(service.ignored.length === 0 ? [] : ['Ignored:', renderChanges(service.ignored)]),
    ...(service.unknown_fields.length === 0 ? [] : [`Unknown fields: ${code(service.unknown_fields.join(', '))}`]),
    ...[reason, service.hint].flatMap((each) => (each === null ? [] : [code(each)])),
    ...(service.contested === null ? [] : [`Contested: ${escapeMarkdown(describeContest(service.contested))}`]),
  ];
  if (!isFolded) return [`**${mark} ${code(name)}** ${escapeMarkdown(text)}`, ...body].join('\n\n');
  // Markdown is not read within the line of an HTML element.
  const summary = `${mark} <b><code>${escapeHtml(escapeControlCharacters(name))}</code></b> ${escapeHtml(text)}`;
  return [`<details><summary>${summary}</summary>`, ...body, '</details>'].join('\n\n');
}

/** Returns a replacement for the sign of a terminal, which Markdown would interpret. */
function markOf(service: ServiceReport): string {
  return MARKS[signOf(service)];
}

const MARKS: Readonly<Record<Sign, string>> = {
  '+': '➕',
  '~': '✏️',
  '-': '🗑️',
  '‖': '⏸️',
  '?': '❓',
  '!': '❌',
  '=': '✅',
  '·': '·',
};

/** Returns the block in a few words, which are visible while it is collapsed. */
function headline(service: ServiceReport, { mode }: Report): string {
  const { finding, action, changes, cause, result } = service;
  if (finding === 'invalid') return 'skipped';
  if (finding === 'in_sync') return service.ignored.length === 0 ? 'in sync' : 'ignored differences';
  if (finding === 'missing' && action === null && result === null) return 'declared but not live';
  const pending = action === null ? 'to be updated' : PENDING_LABELS[action];
  const state = result ?? (mode === 'apply' ? 'not started' : pending);
  const what = SUBJECTS[finding] ?? changes.map(({ path }) => path).join(', ');
  return [`${state}: ${what}`, ...(cause === null ? [] : [CAUSE_LABELS[cause]])].join('; ');
}

/** A description of each finding whose fields do not say enough. */
const SUBJECTS: Partial<Record<ServiceReport['finding'], string>> = {
  missing: 'declared, not live',
  unwanted: 'declared absent, but live',
};

/** Renders changes as a diff: removed lines are live, added lines are declared. */
function renderChanges(changes: readonly Change[]): string {
  return fence('diff', changes.flatMap(renderChange));
}

function renderChange(change: Change): readonly string[] {
  const { path } = change;
  const elements = diffList(change);
  if (elements !== null) return [`  ${path}:`, ...elements.map(({ side, text }) => `${DIFF_SIGNS[side]}   - ${text}`)];
  const [live, declared] = formatValues(change.live, change.declared);
  return [
    ...(change.live === null ? [] : [`- ${path}: ${live}`]),
    ...(change.declared === null ? [] : [`+ ${path}: ${declared}`]),
  ];
}

const DIFF_SIGNS = { both: ' ', live: '-', declared: '+' } as const satisfies Record<ListElement['side'], string>;

function renderUnmanaged(service: ServiceReport): string {
  return `- ${code(nameOf(service))} ${renderIdentity(service)}`;
}

/** Renders the id of a service, and where it is declared, or was. */
function renderIdentity(service: ServiceReport): string {
  const place = placeOf(service);
  return [code(idOf(service)), ...(place === null ? [] : [code(place)])].join(' · ');
}

function nameOf({ name }: ServiceReport): string {
  return name ?? '(no name)';
}

function idOf({ service_id: id }: ServiceReport): string {
  return id ?? 'no service_id';
}

/** Renders a list with a heading; nothing for an empty list. */
function renderSection(heading: string, items: readonly string[]): readonly string[] {
  if (items.length === 0) return [];
  const list = limitLength(MAX_CHARACTERS / 5, items, (omitted) => `- … and ${omitted} more`);
  return [`**${heading}**`, list.join('\n')];
}

/** Returns the first texts that fit into the characters, and a note about the others. */
function limitLength(
  maxCharacters: number,
  texts: readonly string[],
  renderOmitted: (omitted: number) => string,
): readonly string[] {
  let used = 0;
  const firstOmitted = texts.findIndex((text) => (used += text.length) > maxCharacters);
  if (firstOmitted === -1) return texts;
  return [...texts.slice(0, firstOmitted), renderOmitted(texts.length - firstOmitted)];
}

/** Renders lines as a code block, whose fence is longer than any in the lines. */
function fence(language: string, lines: readonly string[]): string {
  const ticks = '`'.repeat(Math.max(3, longestTicks(lines.join('\n')) + 1));
  return [`${ticks}${language}`, ...lines, ticks].join('\n');
}

/** Renders a text as code, on one line. */
function code(text: string): string {
  const shown = escapeControlCharacters(text);
  const ticks = '`'.repeat(longestTicks(shown) + 1);
  // A space at each end is removed again. It separates a backtick of the text, and keeps a space of the text.
  const pad = shown === '' || /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return `${ticks}${pad}${shown}${pad}${ticks}`;
}

function longestTicks(text: string): number {
  return Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
}

/** Escapes all punctuation that Markdown may interpret. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(
    /[^\p{L}\p{N} .,:;_()-]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu,
    (character) => `&#${character.codePointAt(0)};`,
  );
}
