import { capitalize } from '../../../core/base/text/capitalize.ts';
import type { Result } from '../../../core/plan/outcome.ts';
import { CAUSE_LABELS, describeContest, signOf } from '../../../core/report/labels.ts';
import { isContested } from '../../../core/report/service-report.ts';
import type { ServiceReport } from '../../../core/report/service-report.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { formatTime } from '../relative-time.ts';
import type { RenderPlace } from '../source-links.ts';
import type { Tone } from '../state-icon.ts';
import { renderFailureDetails } from '../sections/failure-details.ts';
import { renderChangeTable } from './change-table.ts';

/** Renders an item of the list of services. `anchor` is its id for links; null if it has none. */
export function renderServiceItem(service: ServiceReport, anchor: string | null, renderPlace: RenderPlace): Html {
  const { service_id: id, name, file } = service;
  const { tone, label } = statusOf(service);
  const { line, reason } = placeAndReason(service);
  const place = file === null ? null : html` ${renderPlace(file, line)}`;
  const attribute = anchor === null ? null : html` id="${anchor}"`;
  return html`<li${attribute} class="item ${tone}" data-kind="${kindsOf(service).join('|')}"><h3><i aria-hidden="true">${signOf(service)}</i>${name ?? '(no name)'}</h3><p class="status"><b>${label}</b>${renderExplanation(service)}</p><p class="place"><code>${id ?? 'no service_id'}</code>${place}</p>${renderChangeTable(service)}${renderNotes({ ...service, reason })}</li>`;
}

type Status = { readonly tone: Tone; readonly label: string };

function statusOf(service: ServiceReport): Status {
  const status = statusOfPass(service);
  if (!isContested(service)) return status;
  return { tone: status.tone === 'bad' ? 'bad' : 'warn', label: `Contested, ${status.label.toLowerCase()}` };
}

function statusOfPass({ result, action, finding }: ServiceReport): Status {
  if (result === 'failed' && action !== null) return { ...RESULT_STATUS.failed, label: `${capitalize(action)} failed` };
  if (result !== null) return RESULT_STATUS[result];
  return action === 'create' ? { tone: 'warn', label: 'To be created' } : FINDING_STATUS[finding];
}

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

/** Returns the labels of the counts that include the service. */
function kindsOf(service: ServiceReport): readonly string[] {
  const { finding, action, result, ignored } = service;
  const isCreate = result === 'created' || (action === 'create' && result === null);
  return [
    ...(result !== null ? [result] : action === null ? [] : [`to ${action}`]),
    ...(finding === 'missing' && !isCreate ? ['missing'] : []),
    ...(finding === 'invalid' ? ['invalid'] : []),
    ...(finding === 'in_sync' ? ['in sync'] : []),
    ...(isContested(service) ? ['contested'] : []),
    ...(ignored.length > 0 ? ['with ignored differences'] : []),
  ];
}

function renderExplanation({ finding, cause, hint, result }: ServiceReport): Html | null {
  if (finding === 'missing')
    return result === 'created' || result === 'unsettled' ? null : html` declared, but not live`;
  if (finding === 'unwanted') return html` declared absent`;
  // The hint about an unusable item of the list is shown with the notes.
  if (finding === 'invalid') return hint !== null ? null : html` the service is left alone`;
  return cause === null ? null : html` ${CAUSE_LABELS[cause]}`;
}

/** The reason of a skipped declaration begins with the place of its problem, which is more exact than that of the declaration. */
function placeAndReason({ file, line, reason }: ServiceReport): Pick<ServiceReport, 'line' | 'reason'> {
  const rest = file !== null && reason?.startsWith(`${file}:`) ? reason.slice(file.length + 1) : '';
  const [, number, text = null] = /^(\d+) (.*)$/s.exec(rest) ?? [];
  return text === null ? { line, reason } : { line: Number(number), reason: text };
}

function renderNotes({ contested, reason, hint, unknown_fields: fields, attempts, error }: ServiceReport): Html {
  const notes = [
    ...(contested === null ? [] : [describeContest({ ...contested, since: formatTime(contested.since) })]),
    ...[reason, hint].flatMap((text) => text ?? []),
    ...(fields.length === 0 ? [] : [`live fields that this version does not know: ${fields.join(', ')}`]),
  ];
  const attemptNotes = attempts > 1 ? [`${attempts} attempts`] : [];
  return html`${notes.map((note) => html`<p class="note">${note}</p>`)}${renderFailureDetails(error, { notes: attemptNotes })}`;
}
