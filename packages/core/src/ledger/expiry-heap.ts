/** Something that expires. `heapIndex` belongs to the heap: -1 while it is in none. */
export interface Expiring {
  expiresAt: number;
  heapIndex: number;
}

/**
 * Open reservations by the time they expire: the earliest is always at hand, and any can be moved or taken out in
 * O(log n). A call in flight is extended again and again, so an ordered list would not do.
 */
export class ExpiryHeap<T extends Expiring> {
  readonly #items: T[] = [];

  get size(): number {
    return this.#items.length;
  }

  get earliest(): T | undefined {
    return this.#items[0];
  }

  add(item: T): void {
    this.#up(item, this.#items.length);
  }

  move(item: T, expiresAt: number): void {
    item.expiresAt = expiresAt;
    this.#settleIn(item, item.heapIndex);
  }

  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#items.pop() as T;
    if (last !== item) this.#settleIn(last, index);
  }

  #settleIn(item: T, index: number): void {
    const parent = index > 0 ? this.#items[(index - 1) >> 1] : undefined; // V8 looks -1 up as a name
    if (parent !== undefined && parent.expiresAt > item.expiresAt) this.#up(item, index);
    else this.#down(item, index);
  }

  #up(item: T, from: number): void {
    let index = from;
    while (index > 0) {
      const above = (index - 1) >> 1;
      const parent = this.#items[above] as T;
      if (parent.expiresAt <= item.expiresAt) break;
      this.#put(parent, index);
      index = above;
    }
    this.#put(item, index);
  }

  #down(item: T, from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      if (left >= this.#items.length) break;
      const right = left + 1;
      const isRight =
        right < this.#items.length && (this.#items[right] as T).expiresAt < (this.#items[left] as T).expiresAt;
      const below = isRight ? right : left;
      const child = this.#items[below] as T;
      if (child.expiresAt >= item.expiresAt) break;
      this.#put(child, index);
      index = below;
    }
    this.#put(item, index);
  }

  #put(item: T, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}
