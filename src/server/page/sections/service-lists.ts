import { formatValues } from '../../../core/base/format-value.ts';
import { capitalize } from '../../../core/base/text/capitalize.ts';
import type { Change } from '../../../core/compare/compare.ts';
import { SUCCESSES } from '../../../core/plan/outcome.ts';
import type { Result } from '../../../core/plan/outcome.ts';
import { CAUSE_LABELS, signOf } from '../../../core/report/labels.ts';
import { diffList } from '../../../core/report/list-diff.ts';
import type { Report } from '../../../core/report/report.ts';
import { needsAttention } from '../../../core/report/service-report.ts';
import type { ServiceReport } from '../../../core/report/service-report.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { Tone } from '../state-icon.ts';
import { renderFailureDetails } from './failure-details.ts';
import { renderListSection } from './list-section.ts';
import type { ListOptions } from './list-section.ts';

/** Returns the declared services that are not in sync: those that need attention, those to be written, those that were, and the others. */
export function renderServiceLists(report: Report | null, options: ListOptions): Html {
  const services = (report?.services ?? []).filter(({ finding }) => finding !== 'unmanaged');
  const needAttention = services.filter(needsAttention);
  const written = services.filter(({ result }) => SUCCESSES.includes(result));
  const paused = services.filter(({ result }) => result === 'paused');
  const ignoring = services.filter(({ finding }) => finding === 'in_sync');
  const others = new Set([...needAttention, ...written, ...paused, ...ignoring]);
  const toWrite = services.filter((service) => !others.has(service));
  const usedAnchors = new Set<string>();
  const renderItem = (service: ServiceReport) => renderService(service, anchorOf(service, usedAnchors));
  const renderList = (id: string, title: string, items: readonly ServiceReport[]) =>
    renderListSection({ id, title, items, renderItem, ...options });
  return html`${renderList('needs-attention', 'Needs attention', needAttention)}${renderList(
    'to-update',
    report?.mode === 'apply' ? 'Not attempted' : areUpdates(toWrite) ? 'To update' : 'To change',
    toWrite,
  )}${renderList('updated', areUpdates(written) ? 'Updated' : 'Changed', written)}${renderList('paused', 'Paused', paused)}${renderList(
    'ignored',
    'With ignored differences',
    ignoring,
  )}`;
}

const SERVICE_ID = /^[0-9a-f-]{36}$/;

function areUpdates(services: readonly ServiceReport[]): boolean {
  return services.every(({ finding }) => finding === 'drifted');
}

function statusOf({ result, action, finding }: ServiceReport): Status {
  if (result === 'failed' && action !== null) return { ...RESULT_STATUS.failed, label: `${capitalize(action)} failed` };
  if (result !== null) return RESULT_STATUS[result];
  return action === 'create' ? { tone: 'warn', label: 'To be created' } : FINDING_STATUS[finding];
}

/** Returns the anchor for links to a service. An id that is declared twice makes two items, and only the first one gets the anchor. */
function anchorOf({ service_id: id }: ServiceReport, used: Set<string>): string | null {
  if (id === null || !SERVICE_ID.test(id) || used.has(id)) return null;
  used.add(id);
  return id;
}

function renderService(service: ServiceReport, anchor: string | null): Html {
  const { service_id: id, name, file, line, changes } = service;
  const { tone, label } = statusOf(service);
  const place = file === null ? null : html` <code>${file}:${line}</code>`;
  const shown = [...changes, ...service.ignored];
  const fields =
    shown.length === 0
      ? null
      : html`<ul class="changes">
          ${changes.map(renderChange)}${service.ignored.map(renderIgnoredChange)}
        </ul>`;
  const attribute = anchor === null ? null : html` id="${anchor}"`;
  return html`<li${attribute} class="item ${tone}"><h3><i aria-hidden="true">${signOf(service)}</i>${name ?? '(no name)'}</h3><p class="status"><b>${label}</b>${renderExplanation(service)}</p><p class="place"><code>${id ?? 'no service_id'}</code>${place}</p>${fields}${renderNotes(service)}</li>`;
}

type Status = { readonly tone: Tone; readonly label: string };

const RESULT_STATUS: Readonly<Record<Result, Status>> = {
  created: { tone: 'good', label: 'Created' },
  updated: { tone: 'good', label: 'Updated' },
  deleted: { tone: 'good', label: 'Deleted' },
  failed: { tone: 'bad', label: 'Update failed' },
  unsettled: { tone: 'bad', label: 'Unsettled' },
  withheld: { tone: 'warn', label: 'Withheld' },
  paused: { tone: 'quiet', label: 'Paused' },
};

/** The status of a service without a result. */
const FINDING_STATUS: Readonly<Record<ServiceReport['finding'], Status>> = {
  in_sync: { tone: 'quiet', label: 'In sync' },
  drifted: { tone: 'warn', label: 'Drifted' },
  unwanted: { tone: 'warn', label: 'To be deleted' },
  missing: { tone: 'bad', label: 'Missing' },
  invalid: { tone: 'bad', label: 'Skipped' },
  unmanaged: { tone: 'quiet', label: 'Unmanaged' },
};

function renderExplanation({ finding, cause, hint }: ServiceReport): Html | null {
  if (finding === 'missing') return html` declared, but not live`;
  if (finding === 'unwanted') return html` declared absent`;
  // The hint about an unusable item of the list is shown with the notes.
  if (finding === 'invalid')
    return hint !== null ? null : html` the declaration has problems; the service is left alone`;
  return cause === null ? null : html` ${CAUSE_LABELS[cause]}`;
}

function renderIgnoredChange(change: Change): Html {
  return renderChange({ ...change, path: `${change.path} (ignored)` });
}

/** Returns a list of several elements by element, and everything else as `live → declared`. */
function renderChange(change: Change): Html {
  const elements = diffList(change);
  const [live, declared] = formatValues(change.live, change.declared);
  const values =
    elements === null
      ? html`<del>${live}</del> &rarr; <ins>${declared}</ins>`
      : html`<ul>
          ${elements.map(({ side, text }) => ELEMENT_RENDERERS[side](text))}
        </ul>`;
  return html`<li>
    <span>${change.path}</span>
    <div>${values}</div>
  </li>`;
}

const ELEMENT_RENDERERS = {
  both: (text: string) => html`<li>${text}</li>`,
  live: (text: string) => html`<li><del>${text}</del></li>`,
  declared: (text: string) => html`<li><ins>${text}</ins></li>`,
};

function renderNotes({ reason, hint, unknown_fields: fields, attempts, error }: ServiceReport): Html {
  const notes = [
    ...[reason, hint].flatMap((text) => text ?? []),
    ...(fields.length === 0 ? [] : [`live fields that this version does not know: ${fields.join(', ')}`]),
  ];
  const attemptNotes = attempts > 1 ? [`${attempts} attempts`] : [];
  return html`${notes.map((note) => html`<p class="note">${note}</p>`)}${renderFailureDetails(error, attemptNotes)}`;
}
