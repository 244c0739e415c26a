import { html } from '../html.ts';
import type { Html } from '../html.ts';

/** Returns the filter of the lists. It needs the script, which makes it visible. */
export function renderFilterBar(): Html {
  return html`<section id="filter-bar" hidden>
    <search>
      <label for="filter">Filter</label
      ><input
        id="filter"
        type="search"
        autocomplete="off"
        spellcheck="false"
        placeholder="Name, ID, file, or field"
        aria-keyshortcuts="/"
        aria-describedby="filter-count"
      /><kbd aria-hidden="true">/</kbd>
    </search>
    <p id="filter-count" role="status"></p>
  </section>`;
}
