import { html } from '../html.ts';
import type { Html } from '../html.ts';
import { formatNumber } from '../numbers.ts';

/** At most this many items are shown. An account has at most 1,000 services, so a longer list means mistakes in the files. */
export const MAX_ITEMS = 2000;

/** Above this many items, the browser lays out only the visible ones. */
const LAZY_LAYOUT_ABOVE = 50;

type ListSection<Item> = {
  readonly id: string;
  readonly title: string;
  readonly items: readonly Item[];
  readonly renderItem: (item: Item) => Html;
};

/** Returns a list with its title. An empty section is still present, so that the script can replace this section alone. */
export function renderListSection<Item>({ id, title, items, renderItem }: ListSection<Item>): Html {
  if (items.length === 0) return html`<section id="${id}" hidden></section>`;
  const shown = items.slice(0, MAX_ITEMS).map(renderItem);
  return html`<section id="${id}" class="list${layoutClass(items.length)}">
    <h2>${title}</h2>
    <ul>
      ${shown}
    </ul>
    ${renderOmittedCount(items.length)}
  </section>`;
}

/** Returns the additional class of a list that is long enough for lazy layout. */
export function layoutClass(items: number): string {
  return items > LAZY_LAYOUT_ABOVE ? ' lazy-layout' : '';
}

/** Returns a note about the items beyond the maximum, or null when all are shown. */
export function renderOmittedCount(items: number): Html | null {
  if (items <= MAX_ITEMS) return null;
  return html`<p class="hint">
    and ${formatNumber(items - MAX_ITEMS)} more; see the <a href="/api/report">latest report</a>
  </p>`;
}
