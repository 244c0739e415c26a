import leven from 'leven';

/**
 * Which of `known` somebody who wrote `written` may have meant: the nearest spelling, whatever its case and separators,
 * or the ones that end in it (`port` → `http_port`, `https_port`). Empty when nothing is near.
 */
export function suggest(written: string, known: readonly string[]): readonly string[] {
  const plain = simplify(written);
  if (plain.length === 0) return [];
  const endings = known.filter((name) => name.endsWith(`_${written}`));
  const ranked = known
    .map((name) => ({ name, distance: leven(plain, simplify(name), { maxDistance: 4 }) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(plain.length / 4)))
    .sort((a, b) => a.distance - b.distance);
  const [nearest] = ranked;
  return nearest === undefined ? endings : [nearest.name];
}

/** `; did you mean "http_port"?`, or nothing: to stand behind a message. */
export function didYouMean(written: string, known: readonly string[]): string {
  const names = suggest(written, known).map((name) => `"${name}"`);
  return names.length === 0 ? '' : `; did you mean ${names.join(' or ')}?`;
}

function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]/g, '');
}
