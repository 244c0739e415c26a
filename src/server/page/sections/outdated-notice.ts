import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { dataTime, isOutdated } from '../page-data.ts';
import type { PageData } from '../page-data.ts';
import { renderAge } from '../relative-time.ts';

/** Returns a notice that the services come from an earlier pass, because the last one could not check them. */
export function renderOutdatedNotice(data: PageData): Html {
  const { lastGood } = data;
  if (lastGood === null || !isOutdated(data)) return html`<section id="outdated-notice" hidden></section>`;
  return html`<section id="outdated-notice">
    <p>
      <b>Services as of the last good pass, ${renderAge(lastGood.finished_at, dataTime(data))}.</b> They may have
      changed since.
    </p>
  </section>`;
}
