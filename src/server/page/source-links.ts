import { html } from './html.ts';
import type { Html } from './html.ts';
import type { PageData } from './page-data.ts';

/** Renders a place in the files, as a link if the page knows where the files are. */
export type RenderPlace = (file: string, line: number | null, column?: number) => Html;

/** Returns a function that renders places in the files of a commit. */
export function placeRenderer({ sourceUrl }: Pick<PageData, 'sourceUrl'>, revision: string | null): RenderPlace {
  return (file, line, column) => {
    const place = html`<code>${[file, line, column].filter((part) => part != null).join(':')}</code>`;
    return withLink(place, revision === null ? null : (sourceUrl?.({ revision, file, line }) ?? null));
  };
}

/** Renders the beginning of a commit, as a link if the page knows where it is. */
export function renderCommit({ sourceUrl }: Pick<PageData, 'sourceUrl'>, revision: string): Html {
  const hash = html`<code title="${revision}">${revision.slice(0, 8)}</code>`;
  return withLink(hash, sourceUrl?.({ revision, file: null, line: null }) ?? null);
}

function withLink(content: Html, url: string | null): Html {
  return url !== null && /^https?:\/\//.test(url) ? html`<a href="${url}" rel="noreferrer">${content}</a>` : content;
}
