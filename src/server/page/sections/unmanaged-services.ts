import type { Report } from '../../../core/report/report.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { layoutClass, MAX_ITEMS, renderItemCount, renderOmittedCount } from './list-section.ts';
import type { ListOptions } from './list-section.ts';

/** Returns the live services that no file declares. The list is collapsed, because they need no action. */
export function renderUnmanagedServices(report: Report | null, options: ListOptions): Html {
  const unmanaged = (report?.services ?? []).filter(({ finding }) => finding === 'unmanaged');
  if (unmanaged.length === 0) return html`<section id="unmanaged-services" hidden></section>`;
  const items = unmanaged
    .slice(0, MAX_ITEMS)
    .map(({ name, service_id: id }) => html`<li class="item"><b>${name ?? '(no name)'}</b> <code>${id}</code></li>`);
  return html`<section id="unmanaged-services">
    <details id="unmanaged-list">
      <summary><h2>Unmanaged ${renderItemCount(unmanaged.length, options)}</h2></summary>
      <p class="hint">
        Live services that no file declares. They are left alone. Run <code>vpc-reconciler import</code> to write
        declarations for them.
      </p>
      <ul class="names${layoutClass(unmanaged.length)}">
        ${items}
      </ul>
      ${renderOmittedCount(unmanaged.length)}
    </details>
  </section>`;
}
