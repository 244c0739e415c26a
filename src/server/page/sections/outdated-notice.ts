import { describeCounts } from '../../../core/report/counts.ts';
import { OUTCOME_LABELS } from '../../../core/report/labels.ts';
import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { dataTime, isOutdated } from '../page-data.ts';
import type { PageData } from '../page-data.ts';
import { renderAge } from '../relative-time.ts';

/** Returns a notice that the lists below come from an earlier pass, because the last one could not read the services. */
export function renderOutdatedNotice(data: PageData): Html {
  const { lastGood } = data;
  if (lastGood === null || !isOutdated(data)) return html`<section id="outdated-notice" hidden></section>`;
  return html`<section id="outdated-notice">
    <h2>Services as of the last good pass, ${renderAge(lastGood.finished_at, dataTime(data))}</h2>
    <p>
      They may have changed since then: no later pass could check them. The outcome was
      ${OUTCOME_LABELS[lastGood.outcome]}: ${describeCounts(lastGood)}.
    </p>
  </section>`;
}
