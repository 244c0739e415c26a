import { formatValue, printable } from '../base/printable.ts';
import type { Change } from '../compare/compare.ts';
import { renderProblem } from '../load/problem.ts';
import type { Report, ServiceReport } from './report.ts';
import { CAUSES, sharedReasons, sizesOf, withoutReasons, wordsOf } from './text.ts';

/** GitHub takes 65,536 characters in a comment, and everybody can read less. */
const MOST_CHARACTERS = 60_000;

/**
 * A report as Markdown for a pull request: what is pending or was done, service by service, folded in. The same report gives the same
 * text whenever and how fast it was made. Texts from outside are in `code`, so that nothing in them is markup, a link or a mention.
 */
export function renderMarkdown(report: Report): string {
  const title = `### ${TITLES[report.mode]}: ${wordsOf(report.outcome)}\n\n${report.error === null ? escaped(sizesOf(report)) : code(sizesOf(report))}`;
  const shared = sharedReasons(report);
  const reasons = [...shared].map(([reason, count]) => `**${count} withheld:** ${code(reason)}`);
  const blocks = withoutReasons(report.services, shared)
    .filter(({ finding }) => finding !== 'unmanaged')
    .map((service) => renderService(service, report));
  const unmanaged = report.services.filter(({ finding }) => finding === 'unmanaged').map(renderUnmanaged);
  return [
    title,
    ...reasons,
    ...within(MOST_CHARACTERS / 2, blocks, (more) => `… and ${more} more services.`),
    ...section(
      'Problems',
      report.problems.map((problem) => `- ${code(renderProblem(problem))}`),
    ),
    ...section('Live, but not declared', unmanaged),
    '',
  ].join('\n\n');
}

const TITLES = {
  plan: 'VPC services plan',
  detect: 'VPC services drift',
  apply: 'VPC services apply',
} as const;

function renderService(service: ServiceReport, report: Report): string {
  const about = [idOf(service), code(`${service.file}:${service.line}`)].join(' · ');
  const summary = `<summary>${SIGNS[service.finding]} <b>${nameOf(service)}</b> ${escaped(headline(service, report))}</summary>`;
  return [
    '<details>' + summary,
    about,
    ...(service.changes.length === 0 ? [] : [renderChanges(service.changes)]),
    ...(service.unknown_fields.length === 0
      ? []
      : [`Unknown to this version: ${code(service.unknown_fields.join(', '))}`]),
    // Why a declaration is set aside stands among the problems.
    ...[service.finding === 'invalid' ? null : service.reason, service.hint].flatMap((text) =>
      text === null ? [] : [code(text)],
    ),
    '</details>',
  ].join('\n\n');
}

const SIGNS = { drifted: '✏️', missing: '❓', invalid: '❌', unmanaged: '·' } as const;

/** The block in a few words, for those who do not open it. */
function headline({ finding, changes, cause, result }: ServiceReport, { mode }: Report): string {
  if (finding === 'missing') return 'declared, but not live';
  if (finding === 'invalid') return 'set aside';
  const fields = changes.map(({ path }) => path).join(', ');
  const fate = result ?? (mode === 'apply' ? 'not begun' : 'to be updated');
  return [`${fate}: ${fields}`, ...(cause === null ? [] : [CAUSES[cause]])].join('; ');
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
  return `- ${nameOf(service)} ${idOf(service)}`;
}

function nameOf({ name }: ServiceReport): string {
  return code(name ?? '(no name)');
}

function idOf({ service_id: id }: ServiceReport): string {
  return code(id ?? 'no service_id');
}

/** A list below a heading of its own, as far as it is of use; nothing for nothing. */
function section(heading: string, items: readonly string[]): string[] {
  if (items.length === 0) return [];
  return [`**${heading}**`, within(MOST_CHARACTERS / 5, items, (more) => `- … and ${more} more`).join('\n')];
}

/** The first ones that fit, and how many are left out. */
function within(characters: number, texts: readonly string[], rest: (more: number) => string): readonly string[] {
  let used = 0;
  const fitting = texts.findIndex((text) => (used += text.length) > characters);
  return fitting === -1 ? texts : [...texts.slice(0, fitting), rest(texts.length - fitting)];
}

function code(text: string): string {
  return `<code>${escaped(printable(text))}</code>`;
}

/** Markdown leaves the inside of `<code>` as it is only where there is nothing that it knows; so all but plain text is an entity. */
function escaped(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} .,;-]/gu, (character) => `&#${character.codePointAt(0)};`);
}
