import { capitalize } from '../../core/base/text/capitalize.ts';

/** Returns a number with thousands separators: `1,000`. */
export function formatNumber(number: number): string {
  return number.toLocaleString('en');
}

/** Returns a number and its noun: `1 service`, `1,000 services`. */
export function countOf(number: number, singular: string, plural = `${singular}s`): string {
  return `${formatNumber(number)} ${number === 1 ? singular : plural}`;
}

/** Returns a list in words, as the start of a sentence: `One, two, and three`. */
export function formatSentenceList(parts: readonly string[]): string {
  return capitalize(new Intl.ListFormat('en').format(parts));
}
