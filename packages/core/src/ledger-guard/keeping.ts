import type { Truth } from '../ledger/ledger.js';
import type { Nanos } from '../money.js';
import type { LedgerLine } from './ledger-line.js';
import type { Booked } from './meter-ledger.js';
import type { Message, Outbox } from './outbox.js';
import { SettleAnswer } from './settle-answer.js';

/** Decides what has to wait until the ledger can be told of it. */
export class Keeping {
  /** Calls that went on while the outbox was full. */
  readonly #unkept = new Set<string>();

  constructor(
    private readonly outbox: Outbox,
    private readonly line: LedgerLine,
  ) {}

  get isFull(): boolean {
    return this.outbox.isFull;
  }

  /** True when the ledger has to be told of something else first. */
  mustKeep(id: string): boolean {
    return this.line.isDown || this.outbox.has(id);
  }

  /** @param sent the ledger may know of it, although it did not answer */
  keep(id: string, message: Message, sent: boolean): void {
    if (message.kind === 'release') this.outbox.release(id, sent);
    else this.outbox.add(id, message, sent);
    if (!this.line.isDown) this.line.breaker.again();
  }

  /** @param answer of a settlement that the ledger was asked for already, and may know of */
  keepSettle(id: string, amount: Nanos, truth: Truth, answer?: SettleAnswer): Booked {
    const told = answer ?? new SettleAnswer();
    this.keep(id, { kind: 'settle', amount, truth, answer: told }, answer !== undefined);
    return { applied: true, known: true, overruns: [], crossed: [], later: told.result };
  }

  /** The call goes on, and will be on no budget. */
  letGo(id: string): void {
    this.#unkept.add(id);
  }

  /** True, once, for a call that {@link letGo} let go. */
  wasLetGo(id: string): boolean {
    return this.#unkept.delete(id);
  }
}
