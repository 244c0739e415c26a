import { isUndeclared } from '../../../core/report/service-report.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { PageData } from '../page-data.ts';
import { layoutClass, MAX_ITEMS, renderOmittedCount } from '../sections/list-section.ts';

/** Returns the live services that no file declares. The list is folded, because they need no action. */
export function renderUnmanagedServices({ lastGood }: Pick<PageData, 'lastGood'>): Html {
  const unmanaged = (lastGood?.services ?? []).filter(({ finding }) => finding === 'unmanaged');
  if (unmanaged.length === 0) return html`<section id="unmanaged-services" hidden></section>`;
  const items = unmanaged.slice(0, MAX_ITEMS).map((service) => {
    const { name, service_id: id, file } = service;
    const before = isUndeclared(service) ? html` <small>no longer declared, was in <code>${file}</code></small>` : null;
    return html`<li class="item"><b>${name ?? '(no name)'}</b> <code>${id}</code>${before}</li>`;
  });
  return html`<section id="unmanaged-services">
    <details id="unmanaged-list">
      <summary><h2>Unmanaged</h2></summary>
      <p class="hint">
        Live services that no file declares. They are left alone. Run <code>vpc-reconciler import</code> to write
        declarations for them.
      </p>
      <ul class="names${layoutClass(unmanaged.length)}" data-kind="unmanaged">
        ${items}
      </ul>
      ${renderOmittedCount(unmanaged.length)}
    </details>
  </section>`;
}
