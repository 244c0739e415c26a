import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { layoutClass, MAX_ITEMS, renderOmittedCount } from './list-section.ts';

/**
 * A list with more bytes is a page of its own, which the script loads when it is needed: when a person opens the list, or filters. So a quiet
 * page stays small, however many services there are and however long their names.
 */
const MAX_INLINE_BYTES = 4000;

/** A list of services that need nothing from a person. */
export type FoldedList<Service> = {
  /** Ids of the section, the list and so on begin with it. It is also the path of the page of a long list. */
  readonly id: string;
  readonly title: string;
  /** The label of the count that shows only these services. */
  readonly kind: string;
  readonly hint: Html | null;
  readonly services: readonly Service[];
  readonly renderItem: (service: Service) => Html;
  /** Identifies the pass that found the services. */
  readonly runId: string;
};

/** Returns the list, folded. An empty section is still present, so that the script can replace this section alone. */
export function renderFoldedList<Service>(list: FoldedList<Service>): Html {
  const { id, title, kind, hint, runId, services } = list;
  if (services.length === 0) return html`<section id="${id}-services" hidden></section>`;
  const items = renderShortList(list);
  const source = items !== null ? null : html` data-source="/${id}" data-run="${runId}"`;
  const link = items !== null ? null : html`<noscript><a href="/${id}">List them</a></noscript>`;
  return html`<section id="${id}-services">
    <details id="${id}-list">
      <summary><h2>${title}</h2></summary>
      ${hint}${link}
      <ul id="${id}-items" class="names${layoutClass(services.length)}" data-kind="${kind}" ${source}>
        ${items}
      </ul>
      ${renderOmittedCount(services.length)}
    </details>
  </section>`;
}

/** Returns a page with the whole list. */
export function renderListPage<Service>({ id, title, hint, services, renderItem }: FoldedList<Service>): string {
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title} · vpc-reconciler</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="/page.css" />
      </head>
      <body>
        <main>
          <h1>${title}</h1>
          <p class="hint"><a href="/">Status page</a></p>
          ${hint}
          <ul id="${id}-items" class="names${layoutClass(services.length)}">
            ${services.slice(0, MAX_ITEMS).map(renderItem)}
          </ul>
          ${renderOmittedCount(services.length)}
        </main>
      </body>
    </html>`.text
  }\n`;
}

/** Returns the items; null if they are too long. A long list is not rendered whole, only to find that out. */
function renderShortList<Service>({ services, renderItem }: FoldedList<Service>): readonly Html[] | null {
  const items: Html[] = [];
  let bytes = 0;
  for (const service of services) {
    const item = renderItem(service);
    bytes += Buffer.byteLength(item.text);
    if (bytes > MAX_INLINE_BYTES) return null;
    items.push(item);
  }
  return items;
}
