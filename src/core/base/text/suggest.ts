import leven from 'leven';

/** The time of a comparison grows with the square of the length. */
const MAX_LENGTH = 200;

/**
 * Returns the names that a misspelled name may mean: those with the smallest edit distance, ignoring case and separators; if none
 * is close, those that begin or end with it (`port` → `http_port`, `https_port`). Empty if there is no such name.
 */
export function suggest(misspelled: string, names: readonly string[]): readonly string[] {
  const wanted = simplify(misspelled);
  if (wanted.length < 2 || wanted.length > MAX_LENGTH) return [];
  const maxDistance = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)));
  const distances = names.map((name) => leven(wanted, simplify(name), { maxDistance: maxDistance + 1 }));
  const nearest = Math.min(...distances);
  if (nearest <= maxDistance) return names.filter((_, index) => distances[index] === nearest);
  return names.filter((name) => simplify(name).startsWith(wanted) || simplify(name).endsWith(wanted));
}

/** At most this many names are suggested. */
const MAX_SUGGESTIONS = 5;

/**
 * Returns the end of a message that suggests names: `; did you mean "http_port"?`. Empty if there are none. Of many names, the message
 * has the first few.
 */
export function formatSuggestions(names: readonly string[]): string {
  if (names.length === 0) return '';
  const shown = names.slice(0, MAX_SUGGESTIONS).map((name) => `"${name}"`);
  const others = names.length - shown.length;
  return `; did you mean ${shown.join(' or ')}${others > 0 ? `, or one of ${others} more` : ''}?`;
}

function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]/g, '');
}
