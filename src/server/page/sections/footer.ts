import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { dataTime } from '../page-data.ts';
import type { PageData } from '../page-data.ts';
import { formatTime } from '../relative-time.ts';

/** Returns the time of the data and links to the other endpoints. */
export function renderFooter(data: PageData): Html {
  const at = new Date(dataTime(data)).toISOString();
  return html`<section id="footer">
    <p>
      Last updated <time id="data-time" datetime="${at}">${formatTime(at)}</time>.<noscript>
        Without JavaScript, this page does not update. <a href="/">Reload</a></noscript
      >
    </p>
    <ul>
      <li><a href="/api/report">Latest report</a></li>
      <li><a href="/api/reports">Recent reports</a></li>
      <li><a href="/metrics">Metrics</a></li>
      <li><a href="/readyz">Readiness</a></li>
    </ul>
  </section>`;
}
