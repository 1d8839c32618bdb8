import { hashOf } from './id-index.js';
import type { Reservation } from './reservation.js';

/**
 * The reservations of calls in flight, by id: chains that run through the reservations themselves. A `Map` in which each
 * entry is deleted soon after it was set lays out its table anew every few calls.
 */
export class OpenReservations {
  #chains = new Array<Reservation | undefined>(64).fill(undefined);
  #size = 0;

  /** @param hash {@link hashOf} the id */
  find(id: string, hash: number): Reservation | undefined {
    let found = this.#chains[hash & (this.#chains.length - 1)];
    while (found !== undefined && found.id !== id) found = found.next;
    return found;
  }

  /** @param hash {@link hashOf} its id */
  add(reservation: Reservation, hash: number): void {
    if (this.#size >= this.#chains.length) this.#grow();
    this.#size += 1;
    this.#link(reservation, hash);
  }

  /** Nothing happens to one that is not here. */
  remove(reservation: Reservation, hash: number): void {
    const chain = hash & (this.#chains.length - 1);
    let before: Reservation | undefined;
    let found = this.#chains[chain];
    while (found !== undefined && found !== reservation) {
      before = found;
      found = found.next;
    }
    if (found === undefined) return;
    if (before === undefined) this.#chains[chain] = found.next;
    else before.next = found.next;
    found.next = undefined;
    this.#size -= 1;
  }

  #link(reservation: Reservation, hash: number): void {
    const chain = hash & (this.#chains.length - 1);
    reservation.next = this.#chains[chain];
    this.#chains[chain] = reservation;
  }

  #grow(): void {
    const before = this.#chains;
    this.#chains = new Array<Reservation | undefined>(before.length * 2).fill(undefined);
    for (const first of before) {
      let next: Reservation | undefined;
      for (let each = first; each !== undefined; each = next) {
        next = each.next;
        this.#link(each, hashOf(each.id));
      }
    }
  }
}
