/**
 * A map from ids to whole numbers below 2^31 that only grows, until it is cleared. Most lookups are for an id that is not
 * there: a `Map` of 50,000 takes 300 ns for that, as it compares with strings all over the heap; this compares 32-bit
 * hashes that lie side by side. It keeps its memory when it is cleared: a garbage collector never hears of it.
 */
export class IdIndex {
  /** In pairs: an entry's number plus one (0 where there is none), and its hash. */
  #slots = new Int32Array(128);
  readonly #ids: string[] = [];
  #values = new Int32Array(32);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#slots.fill(0);
    this.#size = 0;
  }

  /** @param hash {@link hashOf} the id */
  get(id: string, hash: number): number | undefined {
    const entry = this.#slots[this.#slotOf(id, hash)] as number;
    return entry === 0 ? undefined : this.#values[entry - 1];
  }

  set(id: string, hash: number, value: number): void {
    if (this.#size * 4 >= this.#slots.length) this.#grow();
    const slot = this.#slotOf(id, hash);
    const entry = this.#slots[slot] as number;
    if (entry !== 0) {
      this.#values[entry - 1] = value;
      return;
    }
    this.#ids[this.#size] = id;
    this.#values[this.#size] = value;
    this.#size += 1;
    this.#slots[slot] = this.#size;
    this.#slots[slot + 1] = hash;
  }

  /** Where the id is, or the free slot where it would go. */
  #slotOf(id: string, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 2;
    let slot = (hash << 1) & mask;
    for (let entry = slots[slot] as number; entry !== 0; entry = slots[slot] as number) {
      if (slots[slot + 1] === hash && this.#ids[entry - 1] === id) break;
      slot = (slot + 2) & mask;
    }
    return slot;
  }

  #grow(): void {
    const before = this.#slots;
    this.#slots = new Int32Array(before.length * 2);
    const values = this.#values;
    this.#values = new Int32Array(values.length * 2);
    this.#values.set(values);
    const mask = this.#slots.length - 2;
    for (let from = 0; from < before.length; from += 2) {
      const entry = before[from] as number;
      if (entry === 0) continue;
      const hash = before[from + 1] as number;
      let slot = (hash << 1) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 2) & mask;
      this.#slots[slot] = entry;
      this.#slots[slot + 1] = hash;
    }
  }
}

/** 32 bits: FNV-1a and a last mix, as ids that count upwards differ in their last characters only. */
export function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  const { length } = id;
  for (let index = 0; index < length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193);
  return hash ^ (hash >>> 15);
}
