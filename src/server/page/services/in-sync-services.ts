import type { InSyncService } from '../../../core/compare/in-sync-services.ts';
import { html } from '../html.ts';
import type { PageData } from '../page-data.ts';
import { placeRenderer } from '../source-links.ts';
import type { FoldedList } from '../sections/folded-list.ts';

/** Returns the services that are as declared. Services with ignored differences are in another list. */
export function inSyncList(data: PageData): FoldedList<InSyncService> {
  const { inSync, lastGood } = data;
  const renderPlace = placeRenderer(data, lastGood);
  return {
    id: 'in-sync',
    title: 'In sync',
    kind: 'in sync',
    hint: null,
    runId: lastGood?.run_id ?? '',
    services: inSync,
    renderItem: ({ service_id: id, name, file, line }) => {
      const idOrAbsent = id === null ? html`<small>absent, as declared</small>` : html`<code>${id}</code>`;
      return html`<li class="item"><b>${name ?? '(no name)'}</b> ${idOrAbsent} ${renderPlace(file, line)}</li>`;
    },
  };
}
