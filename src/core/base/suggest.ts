import leven from 'leven';

/**
 * Which of `known` somebody who wrote `written` may have meant: the nearest spellings, whatever their case and separators,
 * else those of which it is the beginning or the end (`port` → `http_port`, `https_port`). Empty when nothing is near.
 */
export function suggest(written: string, known: readonly string[]): readonly string[] {
  const plain = simplify(written);
  if (plain.length < 2) return [];
  const farthest = Math.min(3, Math.max(1, Math.floor(plain.length / 3)));
  const distances = known.map((name) => leven(plain, simplify(name), { maxDistance: farthest + 1 }));
  const nearest = Math.min(...distances);
  if (nearest <= farthest) return known.filter((_, index) => distances[index] === nearest);
  return known.filter((name) => simplify(name).startsWith(plain) || simplify(name).endsWith(plain));
}

/** `; did you mean "http_port"?`: to stand behind a message, for names that were found near. */
export function orRather(names: readonly string[]): string {
  return `; did you mean ${names.map((name) => `"${name}"`).join(' or ')}?`;
}

function simplify(name: string): string {
  return name.toLowerCase().replaceAll(/[\s_.-]/g, '');
}
