import type { Failure } from '../../core/base/failure.ts';
import { formatValue } from '../../core/base/printable.ts';
import type { Change } from '../../core/compare/compare.ts';
import type { Problem } from '../../core/load/problem.ts';
import { isWrong } from '../../core/report/report.ts';
import type { Report, ServiceReport } from '../../core/report/report.ts';
import { CAUSES, elementsOf } from '../../core/report/text.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import type { Tone } from './signs.ts';
import { spellNumber } from './verdict.ts';

/** An account has at most 1,000 services; what is more than these are mistakes in files, and a page must end. */
const MOST_ITEMS = 2000;

/** More than these are laid out only where they are seen. */
const MANY_ITEMS = 50;

/** Whether items are from an earlier pass, because the last one could not tell. */
export type Age = { readonly isOld: boolean };

/** Services that are not in sync: who needs somebody, who is to be updated, who was updated. */
export function renderServices(report: Report | null, age: Age): Html {
  const services = (report?.services ?? []).filter(({ finding }) => finding !== 'unmanaged');
  const wrong = services.filter(isWrong);
  const updated = services.filter(({ result }) => result === 'updated');
  const due = services.filter((service) => !isWrong(service) && service.result !== 'updated');
  // An id of a declaration that is there twice is two items, and an anchor is unique.
  const anchors = new Set<string>();
  const section = (id: string, title: string, members: readonly ServiceReport[]) =>
    renderSection({
      id,
      title,
      items: members,
      age,
      render: (service) => renderService(service, anchorOf(service, anchors)),
    });
  return html`${section('wrong', 'Needs you', wrong)}${section(
    'due',
    report?.mode === 'apply' ? 'Not begun' : 'To be updated',
    due,
  )}${section('updated', 'Updated', updated)}`;
}

/** What is wrong in the files. */
export function renderProblems(problems: readonly Problem[], age: Age): Html {
  return renderSection({ id: 'problems', title: 'Problems in files', items: problems, age, render: renderProblem });
}

/** What is live and not declared: nobody's business here, so folded. */
export function renderUnmanaged(report: Report | null, age: Age): Html {
  const unmanaged = (report?.services ?? []).filter(({ finding }) => finding === 'unmanaged');
  if (unmanaged.length === 0) return html`<section id="unmanaged" hidden></section>`;
  const items = unmanaged
    .slice(0, MOST_ITEMS)
    .map(({ name, service_id: id }) => html`<li class="item"><b>${name ?? '(no name)'}</b> <code>${id}</code></li>`);
  return html`<section id="unmanaged">
    <details id="unmanaged-list">
      <summary><h2>Not declared ${renderCount(unmanaged.length, age)}</h2></summary>
      <p class="about">
        Live, but in no file: left alone. <code>vpc-reconciler import</code> writes their declarations.
      </p>
      <ul class="names${unmanaged.length > MANY_ITEMS ? ' many' : ''}">
        ${items}
      </ul>
      ${renderRest(unmanaged.length)}
    </details>
  </section>`;
}

type Section<Item> = {
  readonly id: string;
  readonly title: string;
  readonly items: readonly Item[];
  readonly age: Age;
  readonly render: (item: Item) => Html;
};

/** A section is there also where it is empty, so that the browser can exchange one without touching the others. */
function renderSection<Item>({ id, title, items, age, render }: Section<Item>): Html {
  if (items.length === 0) return html`<section id="${id}" hidden></section>`;
  const shown = items.slice(0, MOST_ITEMS).map(render);
  return html`<section id="${id}" class="list${items.length > MANY_ITEMS ? ' many' : ''}">
    <h2>${title} ${renderCount(items.length, age)}</h2>
    <ul>
      ${shown}
    </ul>
    ${renderRest(items.length)}
  </section>`;
}

function renderCount(items: number, { isOld }: Age): Html {
  return html`<span class="count">${spellNumber(items)}${isOld ? ', as last known' : null}</span>`;
}

function renderRest(items: number): Html | null {
  if (items <= MOST_ITEMS) return null;
  return html`<p class="about">
    and ${spellNumber(items - MOST_ITEMS)} more: <a href="/api/report">the whole report</a>
  </p>`;
}

const SERVICE_ID = /^[0-9a-f-]{36}$/;

/** By which one can link to a service. */
function anchorOf({ service_id: id }: ServiceReport, taken: Set<string>): string | null {
  if (id === null || !SERVICE_ID.test(id) || taken.has(id)) return null;
  taken.add(id);
  return id;
}

function renderService(service: ServiceReport, anchor: string | null): Html {
  const { service_id: id, name, file, line, changes } = service;
  const { tone, words } = fateOf(service);
  const place = file === null ? null : html` <code>${file}:${line}</code>`;
  const fields =
    changes.length === 0
      ? null
      : html`<ul class="changes">
          ${changes.map(renderChange)}
        </ul>`;
  const attribute = anchor === null ? null : html` id="${anchor}"`;
  return html`<li${attribute} class="item ${tone}"><h3><i aria-hidden="true">${SIGNS[service.finding]}</i>${name ?? '(no name)'}</h3><p class="fate"><b>${words}</b>${renderCause(service)}</p><p class="place"><code>${id ?? 'no service_id'}</code>${place}</p>${fields}${renderNotes(service)}</li>`;
}

/** As on a terminal. */
const SIGNS = { drifted: '~', missing: '?', invalid: '!', unmanaged: '·' } as const;

function fateOf({ finding, result }: ServiceReport): { readonly tone: Tone; readonly words: string } {
  if (finding === 'missing') return { tone: 'bad', words: 'Missing' };
  if (finding === 'invalid') return { tone: 'bad', words: 'Set aside' };
  switch (result) {
    case 'failed':
      return { tone: 'bad', words: 'Update failed' };
    case 'unsettled':
      return { tone: 'bad', words: 'Unsettled' };
    case 'withheld':
      return { tone: 'warn', words: 'Withheld' };
    case 'updated':
      return { tone: 'good', words: 'Updated' };
    case null:
      return { tone: 'warn', words: 'Drifted' };
  }
}

function renderCause({ finding, cause }: ServiceReport): Html | null {
  if (finding === 'missing') return html` declared, but not live`;
  if (finding === 'invalid') return html` nothing is written for it`;
  return cause === null ? null : html` ${CAUSES[cause]}`;
}

/** Lists of more than one element by their elements, everything else `live → declared`. */
function renderChange(change: Change): Html {
  const elements = elementsOf(change);
  const values =
    elements === null
      ? html`<del>${formatValue(change.live)}</del> &rarr; <ins>${formatValue(change.declared)}</ins>`
      : html`<ul>
          ${elements.map(({ on, text }) => ELEMENTS[on](text))}
        </ul>`;
  return html`<li>
    <span>${change.path}</span>
    <div>${values}</div>
  </li>`;
}

const ELEMENTS = {
  both: (text: string) => html`<li>${text}</li>`,
  live: (text: string) => html`<li><del>${text}</del></li>`,
  declared: (text: string) => html`<li><ins>${text}</ins></li>`,
};

/** What there is to say about it in words. */
function renderNotes({ reason, hint, unknown_fields: fields, attempts, error }: ServiceReport): Html {
  const texts = [
    ...[reason, hint].flatMap((text) => text ?? []),
    ...(fields.length === 0 ? [] : [`live fields that this version does not know: ${fields.join(', ')}`]),
  ];
  const tries = attempts > 1 ? [`${attempts} requests`] : [];
  return html`${texts.map((text) => html`<p class="note">${text}</p>`)}${renderDetails([...tries, ...detailsOf(error)], error)}`;
}

/** What the API said about a failure besides its message, in one line; null where there is nothing. */
export function renderFailure(failure: Failure | null): Html | null {
  return renderDetails(detailsOf(failure), failure);
}

function detailsOf(failure: Failure | null): readonly string[] {
  if (failure === null) return [];
  const { kind, status, code, pointer, ray } = failure;
  return [
    kind,
    ...(status === null ? [] : [`HTTP ${status}`]),
    ...(code === null ? [] : [`code ${code}`]),
    ...(pointer === null ? [] : [`at ${pointer}`]),
    ...(ray === null ? [] : [`CF-Ray ${ray}`]),
  ];
}

function renderDetails(details: readonly string[], failure: Failure | null): Html | null {
  const url = failure?.documentation_url ?? null;
  if (details.length === 0 && url === null) return null;
  const words = details.join(' · ');
  if (url === null) return html`<p class="details">${words}</p>`;
  // It comes from outside: only what leads to a page is a link.
  const link = url.startsWith('https://') ? html`<a href="${url}" rel="noreferrer">documentation</a>` : html`${url}`;
  return html`<p class="details">${words} · ${link}</p>`;
}

function renderProblem({ file, line, column, path, message }: Problem): Html {
  const field = path === null ? null : html`<b>${path}</b> `;
  return html`<li class="item bad">
    <p class="place"><code>${file}:${line}:${column}</code></p>
    <p class="note">${field}${message}</p>
  </li>`;
}
