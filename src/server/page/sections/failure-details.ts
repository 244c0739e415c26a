import type { Failure } from '../../../core/base/failure.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';

/**
 * Returns one line with everything about a failure except its message: kind, status, code, and request ID. `notes` come first. `omitKind` leaves
 * out the kind, if the title says it. Null when there is nothing to show.
 */
export function renderFailureDetails(
  failure: Failure | null,
  { notes = [], omitKind = false }: { readonly notes?: readonly string[]; readonly omitKind?: boolean },
): Html | null {
  const details = [...notes, ...detailsOf(failure).slice(omitKind ? 1 : 0)];
  const url = failure?.documentation_url ?? null;
  if (details.length === 0 && url === null) return null;
  const text = details.join(' · ');
  if (url === null) return html`<p class="failure-details">${text}</p>`;
  // The URL comes from the API: only a web address becomes a link.
  const link = url.startsWith('https://') ? html`<a href="${url}" rel="noreferrer">documentation</a>` : html`${url}`;
  return html`<p class="failure-details">${text} · ${link}</p>`;
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
