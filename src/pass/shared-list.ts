/** Lists that many callers share. */
export type SharedList<Item> = {
  /** Lists, or shares a call that has not begun yet: the result is never older than the call. So many callers cost two lists at most. */
  readonly list: () => Promise<readonly Item[]>;
  /** Returns the last list; null before the first one. */
  readonly latest: () => readonly Item[] | null;
};

export function sharedList<Item>(list: () => Promise<readonly Item[]>): SharedList<Item> {
  let latest: readonly Item[] | null = null;
  let running: Promise<readonly Item[]> | null = null;
  let next: Promise<readonly Item[]> | null = null;
  const listNow = async () => {
    try {
      latest = await list();
      return latest;
    } finally {
      running = null;
    }
  };
  const start = async () => {
    running = listNow();
    return running;
  };
  return {
    list: async () => {
      if (running === null) return start();
      next ??= running
        .catch(() => {}) // Its own callers receive the error.
        .then(async () => {
          next = null;
          return start();
        });
      return next;
    },
    latest: () => latest,
  };
}
