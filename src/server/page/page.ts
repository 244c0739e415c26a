import { html } from './html.ts';
import type { Html } from './html.ts';
import { isOutdated } from './page-data.ts';
import type { PageData } from './page-data.ts';
import { renderDaemonDetails } from './sections/daemon-details.ts';
import { renderFilterBar } from './sections/filter-bar.ts';
import { renderFooter } from './sections/footer.ts';
import { renderHeadline } from './sections/headline.ts';
import { renderOutdatedNotice } from './sections/outdated-notice.ts';
import { renderFileProblems } from './sections/file-problems.ts';
import { renderRecentPasses } from './sections/recent-passes.ts';
import { renderServiceLists } from './sections/service-lists.ts';
import { renderUnmanagedServices } from './sections/unmanaged-services.ts';
import { faviconUrl } from './state-icon.ts';
import { syncStatus } from './sync-state.ts';

/**
 * Returns the status page: a complete document that also works without its script. `main` always holds the same sections, some of them
 * empty, so that the script can replace single sections.
 */
export function renderPage(data: PageData): string {
  const status = syncStatus(data);
  return `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${status.title} · vpc-reconciler</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <link rel="icon" href="${faviconUrl(status.state)}" />
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
        <main>
          ${renderHeadline(data, status)}${renderDaemonDetails(data)}${renderFilterBar()}${renderServices(data)}${renderRecentPasses(data.passes)}${renderFooter(data)}
        </main>
      </body>
    </html>`.text
  }\n`;
}

function renderServices(data: PageData): Html {
  const { latest, lastGood } = data;
  const options = { isOutdated: isOutdated(data) };
  const ownProblems = latest?.problems ?? [];
  // A pass that failed after it read the folder knows the problems in the files.
  const problems =
    ownProblems.length > 0
      ? renderFileProblems(ownProblems, { isOutdated: false })
      : renderFileProblems(lastGood?.problems ?? [], options);
  return html`${renderOutdatedNotice(data)}${renderServiceLists(lastGood, options)}${problems}${renderUnmanagedServices(lastGood, options)}`;
}
