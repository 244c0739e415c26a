import { html } from './html.ts';
import type { PageData } from './page-data.ts';
import { renderActions, renderTokenDialog } from './sections/actions.ts';
import { renderCounts } from './sections/counts.ts';
import { renderDaemonDetails } from './sections/daemon-details.ts';
import { renderFileProblems } from './sections/file-problems.ts';
import { renderFilterBar } from './sections/filter-bar.ts';
import { renderFoldedList } from './sections/folded-list.ts';
import { renderFooter } from './sections/footer.ts';
import { renderHeadline } from './sections/headline.ts';
import { renderOutdatedNotice } from './sections/outdated-notice.ts';
import { renderRecentPasses } from './passes/recent-passes.ts';
import { inSyncList } from './services/in-sync-services.ts';
import { renderServiceLists } from './services/service-lists.ts';
import { unmanagedList } from './services/unmanaged-services.ts';
import { faviconUrl } from './state-icon.ts';
import { syncStatus } from './sync-state.ts';

/**
 * Returns the status page: a complete document that also works without its script. What a person has to act on comes first, facts about the
 * daemon come last. `main` always holds the same sections, some of them empty, so that the script can replace single sections.
 */
export function renderPage(data: PageData): string {
  const status = syncStatus(data);
  const sections = [
    renderActions(data),
    renderHeadline(data, status),
    renderCounts(data.lastGood, status),
    renderFilterBar(),
    renderOutdatedNotice(data),
    renderServiceLists(data),
    renderFileProblems(data),
    renderFoldedList(unmanagedList(data)),
    renderFoldedList(inSyncList(data)),
    renderRecentPasses(data.passes),
    renderDaemonDetails(data),
    renderFooter(data),
  ];
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${status.title} · vpc-reconciler</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="${faviconUrl(status.state)}" data-lost="${faviconUrl(status.state, 'quiet')}" />
        <link rel="stylesheet" href="/page.css" />
        <script src="/page.js" defer></script>
      </head>
      <body>
        <header>
          <p id="program">vpc-reconciler <small>${data.health.version}</small></p>
          <p id="live" hidden>Live</p>
        </header>
        <div id="connection-lost" hidden>
          <p role="alert"></p>
          <p>Showing the state of <span id="last-update"></span>, <time class="age"></time>.</p>
        </div>
        <p id="announcement" class="visually-hidden" role="status"></p>
        <main>${sections}</main>
        ${renderTokenDialog()}
      </body>
    </html>`.text
  }\n`;
}
