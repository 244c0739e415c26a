import stringWidth from 'string-width';
import { formatValue, formatValues } from '../../base/format-value.ts';
import type { Change } from '../../compare/compare.ts';
import { diffList, isLongList } from '../list-diff.ts';
import type { ListElement } from '../list-diff.ts';
import type { Paint, Style, TextOptions } from './style.ts';

const REMOVED: Style = 'red';
const ADDED: Style = 'green';

/**
 * Renders the changes of a service: one line for each field, `live → declared`, aligned if there is room. Lists with several elements
 * are shown by element, and values that do not fit into the columns as a removed and an added line.
 */
export function renderChanges(changes: readonly Change[], { paint, columns }: TextOptions): readonly string[] {
  const short = changes.filter((change) => !isLongList(change) && lineWidth(change) <= columns);
  const width = Math.max(0, ...short.map(({ path }) => path.length));
  return changes.flatMap((change) => {
    const { path } = change;
    const [live, declared] = formatValues(change.live, change.declared);
    const elements = diffList(change);
    if (elements !== null) return [`    ${path}`, ...elements.map((element) => renderElement(element, paint))];
    if (short.includes(change)) {
      const aligned = path.padEnd(width);
      const shownPath = lineWidth({ ...change, path: aligned }) <= columns ? aligned : path;
      return [`    ${shownPath}  ${paint(REMOVED, live)} → ${paint(ADDED, declared)}`];
    }
    return [`    ${path}`, renderRemoved(live, paint), renderAdded(declared, paint)];
  });
}

/** Renders the fields of a service that is created, aligned. */
export function renderNewFields(changes: readonly Change[], { paint }: TextOptions): readonly string[] {
  const width = Math.max(0, ...changes.map(({ path }) => path.length));
  return changes.map(({ path, declared }) => `    ${path.padEnd(width)}  ${paint(ADDED, formatValue(declared))}`);
}

function renderElement({ side, text }: ListElement, paint: Paint): string {
  switch (side) {
    case 'both':
      return `        ${text}`;
    case 'live':
      return renderRemoved(text, paint);
    case 'declared':
      return renderAdded(text, paint);
  }
}

function renderRemoved(text: string, paint: Paint): string {
  return `      ${paint(REMOVED, `- ${text}`)}`;
}

function renderAdded(text: string, paint: Paint): string {
  return `      ${paint(ADDED, `+ ${text}`)}`;
}

function lineWidth({ path, live, declared }: Change): number {
  return stringWidth(`    ${path}  ${formatValues(live, declared).join(' → ')}`);
}
