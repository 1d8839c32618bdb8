import type { SettleResult, Truth } from '../ledger/ledger.js';
import type { Nanos } from '../money.js';
import type { LedgerLine } from './ledger-line.js';
import type { Booked } from './meter-ledger.js';
import type { Message, Outbox } from './outbox.js';

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

  keepSettle(id: string, amount: Nanos, truth: Truth, sent: boolean): Booked {
    const later = new Promise<SettleResult | undefined>((told) => {
      this.keep(id, { kind: 'settle', amount, truth, told }, sent);
    });
    return { applied: true, known: true, overruns: [], crossed: [], later };
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
