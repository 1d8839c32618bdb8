import type { Truth } from '../ledger/ledger.js';
import type { Nanos } from '../money.js';
import type { PlannedReserve } from './meter-ledger.js';
import type { SettleAnswer } from './settle-answer.js';

/** Something that the ledger has to be told. All of them may be told twice. */
export type Message =
  | { readonly kind: 'reserve'; readonly request: PlannedReserve }
  | {
      readonly kind: 'settle';
      readonly amount: Nanos;
      readonly truth: Truth;
      readonly answer: SettleAnswer;
    }
  | { readonly kind: 'release' };

/** What the ledger has to be told of one reservation, in this order. */
export interface Letter {
  readonly id: string;
  readonly messages: Message[];
  /** True when the ledger may know of the reservation. */
  sent: boolean;
  /** How often the ledger has refused it for what stands in the way of this reservation alone. */
  refusals: number;
  /** When it is told next. */
  due: number;
}

/** What a reservation came to, as far as the ledger does not know it yet. */
export const amountOf = ({ messages }: Letter): Nanos =>
  messages.reduce((amount, message) => (message.kind === 'settle' ? message.amount : amount), 0);

/** What a ledger that cannot be asked has to be told later: a letter for each reservation, the first that was kept first. */
export class Outbox {
  readonly #letters = new Map<string, Letter>();

  /** @param most beyond so many nothing more is to be admitted that would have to be kept */
  constructor(private readonly most: number) {}

  get size(): number {
    return this.#letters.size;
  }

  get isFull(): boolean {
    return this.#letters.size >= this.most;
  }

  /** What all its reservations came to. */
  get amount(): Nanos {
    let amount = 0;
    for (const letter of this.#letters.values()) amount += amountOf(letter);
    return amount;
  }

  has(id: string): boolean {
    return this.#letters.has(id);
  }

  /** Those that are due at a time, at most so many. */
  due(at: number, most: number): Letter[] {
    const letters: Letter[] = [];
    for (const letter of this.#letters.values()) {
      if (letter.due <= at && letters.push(letter) >= most) break;
    }
    return letters;
  }

  /** When the next one is due, `Infinity` for none. */
  get nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { due } of this.#letters.values()) next = Math.min(next, due);
    return next;
  }

  /** None is to wait any longer. */
  hurry(): void {
    for (const letter of this.#letters.values()) letter.due = Number.NEGATIVE_INFINITY;
  }

  /** @param sent the ledger may know of the reservation, although it did not answer */
  add(id: string, message: Message, sent: boolean): void {
    const letter = this.#letter(id);
    letter.sent ||= sent;
    letter.messages.push(message);
  }

  /** A reservation that the ledger has lost comes before all else that it has to be told of it. */
  reserveAgain(request: PlannedReserve): void {
    this.#letter(request.id).messages.unshift({ kind: 'reserve', request });
  }

  /** A reservation that the ledger surely does not know of, and that comes to nothing, is nothing to tell. */
  release(id: string, sent: boolean): void {
    const letter = this.#letters.get(id);
    const isUnknown = letter !== undefined && !letter.sent && letter.messages.every(({ kind }) => kind === 'reserve');
    if (isUnknown) this.remove(letter);
    else this.add(id, { kind: 'release' }, sent);
  }

  remove({ id }: Letter): void {
    this.#letters.delete(id);
  }

  /** It comes last from now on. */
  putBack(letter: Letter): void {
    this.#letters.delete(letter.id);
    this.#letters.set(letter.id, letter);
  }

  #letter(id: string): Letter {
    const found = this.#letters.get(id);
    if (found !== undefined) return found;
    const letter = { id, messages: [], sent: false, refusals: 0, due: Number.NEGATIVE_INFINITY };
    this.#letters.set(id, letter);
    return letter;
  }
}
