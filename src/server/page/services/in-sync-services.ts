import type { InSyncService } from '../../../core/compare/in-sync-services.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import type { PageData } from '../page-data.ts';
import { placeRenderer } from '../source-links.ts';
import { layoutClass, MAX_ITEMS } from '../sections/list-section.ts';

/** A longer list is a page of its own, which the script loads when it is needed, so that a quiet page stays small. */
const MAX_INLINE_ITEMS = 40;

/** Returns the services that are as declared, folded. Services with ignored differences are in another list. */
export function renderInSyncServices(data: PageData): Html {
  const { inSync, lastGood } = data;
  if (inSync.length === 0) return html`<section id="in-sync-services" hidden></section>`;
  const isInline = inSync.length <= MAX_INLINE_ITEMS;
  const source = isInline ? null : html` data-source="/in-sync" data-run="${lastGood?.run_id ?? ''}"`;
  const link = isInline ? null : html`<noscript><a href="/in-sync">List them</a></noscript>`;
  return html`<section id="in-sync-services">
    <details id="in-sync-list">
      <summary><h2>In sync</h2></summary>
      ${link}
      <ul id="in-sync-items" class="names${layoutClass(inSync.length)}" data-kind="in sync" ${source}>
        ${isInline ? renderItems(data) : null}
      </ul>
    </details>
  </section>`;
}

/** Returns a page with all services in sync. */
export function renderInSyncPage(data: PageData): string {
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>In sync · vpc-reconciler</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="stylesheet" href="/page.css" />
      </head>
      <body>
        <main>
          <h1>In sync</h1>
          <p class="hint"><a href="/">Status page</a></p>
          <ul id="in-sync-items" class="names${layoutClass(data.inSync.length)}">
            ${renderItems(data)}
          </ul>
        </main>
      </body>
    </html>`.text
  }\n`;
}

function renderItems(data: PageData): readonly Html[] {
  const renderPlace = placeRenderer(data, data.lastGood);
  return data.inSync.slice(0, MAX_ITEMS).map((service: InSyncService) => {
    const { service_id: id, name, file, line } = service;
    const idOrAbsent = id === null ? html`<small>absent, as declared</small>` : html`<code>${id}</code>`;
    return html`<li class="item"><b>${name ?? '(no name)'}</b> ${idOrAbsent} ${renderPlace(file, line)}</li>`;
  });
}
