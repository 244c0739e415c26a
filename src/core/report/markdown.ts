import { escapeControlCharacters } from '../base/text/escape.ts';
import { formatValue } from '../base/format-value.ts';
import type { Change } from '../compare/compare.ts';
import { renderProblem } from '../load/problem.ts';
import { describeCounts } from './counts.ts';
import { CAUSE_LABELS, OUTCOME_LABELS } from './labels.ts';
import type { Mode } from './pass.ts';
import type { Report } from './report.ts';
import type { ServiceReport } from './service-report.ts';
import { omitReasons, sharedReasons } from './shared-reasons.ts';

/** GitHub accepts at most 65,536 characters in a comment. */
const MAX_CHARACTERS = 60_000;

/**
 * Renders a report as Markdown for a pull request, with a collapsed block for each service. The text depends on neither time nor
 * duration, so a pass with the same result produces the same comment. Texts from files and from the API are in `code`, where they
 * cannot act as markup, links or mentions.
 */
export function renderMarkdown(report: Report): string {
  const counts = describeCounts(report);
  const shared = sharedReasons(report);
  const services = omitReasons(report.services, shared);
  return [
    `### ${TITLES[report.mode]}: ${OUTCOME_LABELS[report.outcome]}`,
    report.error === null ? escapeMarkdown(counts) : code(counts),
    ...[...shared].map(([reason, count]) => `**${count} withheld:** ${code(reason)}`),
    ...limitLength(
      MAX_CHARACTERS / 2,
      services.filter(({ finding }) => finding !== 'unmanaged').map((service) => renderService(service, report)),
      (omitted) => `… and ${omitted} more services.`,
    ),
    ...renderSection(
      'Problems',
      report.problems.map((problem) => `- ${code(renderProblem(problem))}`),
    ),
    ...renderSection(
      'Live but not declared',
      services.filter(({ finding }) => finding === 'unmanaged').map(renderUnmanaged),
    ),
    '',
  ].join('\n\n');
}

const TITLES = {
  plan: 'VPC services plan',
  detect: 'VPC services drift',
  apply: 'VPC services apply',
} as const satisfies Record<Mode, string>;

function renderService(service: ServiceReport, report: Report): string {
  const file = service.file === null ? [] : [code(`${service.file}:${service.line}`)];
  const place = [renderId(service), ...file].join(' · ');
  const summary = `<summary>${SIGNS[service.finding]} <b>${renderName(service)}</b> ${escapeMarkdown(headline(service, report))}</summary>`;
  // The reason why a declaration is skipped is listed with the problems; an unusable item of the list has a hint.
  const reason = service.finding === 'invalid' && service.hint === null ? null : service.reason;
  return [
    `<details>${summary}`,
    place,
    ...(service.changes.length === 0 ? [] : [renderChanges(service.changes)]),
    ...(service.unknown_fields.length === 0 ? [] : [`Unknown fields: ${code(service.unknown_fields.join(', '))}`]),
    ...[reason, service.hint].flatMap((text) => (text === null ? [] : [code(text)])),
    '</details>',
  ].join('\n\n');
}

const SIGNS = {
  drifted: '✏️',
  missing: '❓',
  invalid: '❌',
  unmanaged: '·',
} as const satisfies Record<ServiceReport['finding'], string>;

/** Returns the block in a few words, which are visible while it is collapsed. */
function headline({ finding, changes, cause, result }: ServiceReport, { mode }: Report): string {
  if (finding === 'missing') return 'declared but not live';
  if (finding === 'invalid') return 'skipped';
  const fields = changes.map(({ path }) => path).join(', ');
  const state = result ?? (mode === 'apply' ? 'not started' : 'to be updated');
  return [`${state}: ${fields}`, ...(cause === null ? [] : [CAUSE_LABELS[cause]])].join('; ');
}

function renderChanges(changes: readonly Change[]): string {
  return [
    '| field | live | declared |',
    '|---|---|---|',
    ...changes.map(
      ({ path, live, declared }) => `| ${code(path)} | ${code(formatValue(live))} | ${code(formatValue(declared))} |`,
    ),
  ].join('\n');
}

function renderUnmanaged(service: ServiceReport): string {
  return `- ${renderName(service)} ${renderId(service)}`;
}

function renderName({ name }: ServiceReport): string {
  return code(name ?? '(no name)');
}

function renderId({ service_id: id }: ServiceReport): string {
  return code(id ?? 'no service_id');
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

function code(text: string): string {
  return `<code>${escapeMarkdown(escapeControlCharacters(text))}</code>`;
}

/** Escapes all punctuation that Markdown may interpret, which it does even inside `<code>`. */
function escapeMarkdown(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} .,;-]/gu, (character) => `&#${character.codePointAt(0)};`);
}
