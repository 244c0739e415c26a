import { skipReason } from '../../../core/load/problem.ts';
import type { Problem } from '../../../core/load/problem.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { isOutdated } from '../page-data.ts';
import type { PageData } from '../page-data.ts';
import { placeRenderer } from '../source-links.ts';
import { renderListSection } from './list-section.ts';

/** Returns the problems in the files of the folder, except those that the list of services shows as the reason of a skipped one. */
export function renderFileProblems(data: PageData): Html {
  const { latest, lastGood } = data;
  // A pass that failed after it read the folder knows the problems in the files.
  const report = (latest?.problems ?? []).length > 0 ? latest : lastGood;
  const shownReasons = new Set((lastGood?.services ?? []).map(({ reason }) => reason));
  const renderPlace = placeRenderer(data, report);
  return renderListSection({
    id: 'file-problems',
    title: report === lastGood && isOutdated(data) ? 'Problems in files, as last known' : 'Problems in files',
    items: (report?.problems ?? []).filter((problem) => !shownReasons.has(skipReason([problem]))),
    renderItem: ({ file, line, column, path, message }: Problem) => {
      const field = path === null ? null : html`<b>${path}</b> `;
      return html`<li class="item bad">
        <p class="place">${renderPlace(file, line, column)}</p>
        <p class="note">${field}${message}</p>
      </li>`;
    },
  });
}
