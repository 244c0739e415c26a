/** Something that happens at a moment of virtual time. */
export type Event = { at: number; readonly order: number; readonly run: () => void; isCanceled: boolean };

/** Events, the earliest first; of several at one moment, the one that was added first. A binary heap. */
export class EventQueue {
  readonly #heap: Event[] = [];

  add(event: Event): void {
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
  }

  /** Returns the earliest event, and removes the canceled ones before it. */
  first(): Event | undefined {
    while (this.#heap[0]?.isCanceled === true) this.removeFirst();
    return this.#heap[0];
  }

  removeFirst(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    this.#sink();
  }

  clear(): void {
    this.#heap.length = 0;
  }

  #rise(start: number): void {
    for (let index = start; index > 0;) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) return;
      this.#swap(index, parent);
      index = parent;
    }
  }

  #sink(): void {
    for (let index = 0; ;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      let earliest = index;
      if (left < this.#heap.length && this.#isBefore(left, earliest)) earliest = left;
      if (right < this.#heap.length && this.#isBefore(right, earliest)) earliest = right;
      if (earliest === index) return;
      this.#swap(index, earliest);
      index = earliest;
    }
  }

  #isBefore(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    return a !== undefined && b !== undefined && (a.at < b.at || (a.at === b.at && a.order < b.order));
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (a !== undefined && b !== undefined) [this.#heap[one], this.#heap[other]] = [b, a];
  }
}
