/** Numbers that depend on nothing but the seed. */
export type Random = {
  /** From 0 up to 1. */
  readonly next: () => number;
  /** A whole number from `min` to `max`, both included. */
  readonly int: (min: number, max: number) => number;
  /** A whole number from `min` to `max`, with small ones as likely as large ones. */
  readonly log: (min: number, max: number) => number;
  readonly chance: (probability: number) => boolean;
  readonly pick: <Item>(items: readonly Item[]) => Item;
  /** As many items as `count`, in random order. */
  readonly sample: <Item>(items: readonly Item[], count: number) => readonly Item[];
};

/** Returns a stream of random numbers. Streams with different labels are independent, so that one more event changes only its own. */
export function randomOf(...labels: readonly (string | number)[]): Random {
  let state = hashOf(labels.join('/'));
  // https://gist.github.com/tommyettinger/46a874533244883189143505d203312c (mulberry32)
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const int = (min: number, max: number) => min + Math.floor(next() * (max - min + 1));
  const pick = <Item>(items: readonly Item[]): Item => {
    const item = items[int(0, items.length - 1)];
    if (item === undefined) throw new Error('nothing to pick from');
    return item;
  };
  return {
    next,
    int,
    log: (min, max) => Math.min(max, Math.floor(min * ((max + 1) / min) ** next())),
    chance: (probability) => next() < probability,
    pick,
    sample: (items, count) => {
      const rest = [...items];
      const taken = [];
      while (taken.length < count && rest.length > 0) taken.push(...rest.splice(int(0, rest.length - 1), 1));
      return taken;
    },
  };
}

/** FNV-1a, 32 bits. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash >>> 0;
}
