import type { Problem } from '../../../core/load/problem.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { renderListSection } from './list-section.ts';
import type { ListOptions } from './list-section.ts';

/** Returns the problems in the files of the folder. */
export function renderFileProblems(problems: readonly Problem[], options: ListOptions): Html {
  return renderListSection({
    id: 'file-problems',
    title: 'Problems in files',
    items: problems,
    renderItem: renderProblemItem,
    ...options,
  });
}

function renderProblemItem({ file, line, column, path, message }: Problem): Html {
  const field = path === null ? null : html`<b>${path}</b> `;
  return html`<li class="item bad">
    <p class="place"><code>${file}:${line}:${column}</code></p>
    <p class="note">${field}${message}</p>
  </li>`;
}
