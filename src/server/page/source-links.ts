import type { Report, SourceFacts } from '../../core/report/report.ts';
import { html } from './html.ts';
import type { Html } from './html.ts';
import type { PageData } from './page-data.ts';

/** Renders a place in the files, as a link if the page knows where the files are. */
export type RenderPlace = (file: string, line: number | null, column?: number) => Html;

/** Returns a function that renders places in the files of a report. */
export function placeRenderer({ sourceUrl }: Pick<PageData, 'sourceUrl'>, report: Report | null): RenderPlace {
  return (file, line, column) => {
    const place = html`<code>${[file, line, column].filter((part) => part != null).join(':')}</code>`;
    return withLink(place, report && (sourceUrl?.(report.source, { file, line }) ?? null));
  };
}

/** Renders the beginning of a commit, as a link to the folder at that commit if the page knows where it is. */
export function renderCommit({ sourceUrl }: Pick<PageData, 'sourceUrl'>, source: SourceFacts): Html | null {
  const { revision } = source;
  if (revision === null) return null;
  const hash = html`<code title="${revision}">${revision.slice(0, 8)}</code>`;
  // The URL of a file can end with a line.
  const url = sourceUrl?.(source, { file: '', line: null }) ?? null;
  return withLink(hash, url === null ? null : url.replace(/\/*(#.*)?$/, ''));
}

function withLink(content: Html, url: string | null): Html {
  return url !== null && /^https?:\/\//.test(url) ? html`<a href="${url}" rel="noreferrer">${content}</a>` : content;
}
