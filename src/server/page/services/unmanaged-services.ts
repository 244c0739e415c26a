import { isUndeclared } from '../../../core/report/service-report.ts';
import type { ServiceReport } from '../../../core/report/service-report.ts';
import { html } from '../html.ts';
import type { PageData } from '../page-data.ts';
import type { FoldedList } from '../sections/folded-list.ts';

/** Returns the live services that no file declares. */
export function unmanagedList({ lastGood }: Pick<PageData, 'lastGood'>): FoldedList<ServiceReport> {
  return {
    id: 'unmanaged',
    title: 'Unmanaged',
    kind: 'unmanaged',
    hint: html`<p class="hint">
      Live services that no file declares. They are left alone. Run <code>vpc-reconciler import</code> to write
      declarations for them.
    </p>`,
    runId: lastGood?.run_id ?? '',
    services: (lastGood?.services ?? []).filter(({ finding }) => finding === 'unmanaged'),
    renderItem: (service) => {
      const { name, service_id: id, file } = service;
      const before = isUndeclared(service)
        ? html` <small>no longer declared, was in <code>${file}</code></small>`
        : null;
      return html`<li class="item"><b>${name ?? '(no name)'}</b> <code>${id}</code>${before}</li>`;
    },
  };
}
