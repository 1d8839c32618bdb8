import type { Ledger, MaybePromise, SettleResult, Truth } from '../ledger/ledger.js';
import type { Nanos } from '../money.js';
import { isFaultyQuestion, mayBePutRight } from './is-faulty-question.js';
import type { Keeping } from './keeping.js';
import type { LedgerLine } from './ledger-line.js';
import type { LedgerView } from './ledger-view.js';
import type { LocalAdmission } from './local-admission.js';
import type { Booked } from './meter-ledger.js';
import type { Quiet } from './quiet.js';
import { SettleAnswer } from './settle-answer.js';

export interface BookingTools {
  readonly ledger: Ledger;
  readonly line: LedgerLine;
  readonly view: LedgerView;
  readonly local: LocalAdmission;
  readonly keeping: Keeping;
  readonly quiet: Quiet;
  /** The reservations of calls in flight that could not be extended. */
  readonly missed: (ids: readonly string[], ttlMs: number) => void;
}

const UNKNOWN: SettleResult = { applied: false, known: false, overruns: [], crossed: [] };

/** What becomes of reservations: told to the ledger, or kept while that cannot be asked. */
export class Bookings {
  constructor(private readonly tools: BookingTools) {}

  settle(id: string, amount: Nanos, truth: Truth): MaybePromise<Booked> {
    const { ledger, line, view, local, keeping } = this.tools;
    local.settle(id, amount, truth);
    if (keeping.wasLetGo(id)) return UNKNOWN;
    if (keeping.mustKeep(id)) return keeping.keepSettle(id, amount, truth);
    const answer = new SettleAnswer();
    const asked = view.seen.turn;
    return line.try(
      () => answer.attempt(ledger.settle(id, amount, truth)),
      (result): Booked => view.settled(id, result, amount, truth, asked),
      (cause) => {
        if (!isFaultyQuestion(cause) || mayBePutRight(cause)) return keeping.keepSettle(id, amount, truth, answer);
        view.forget(id);
        throw cause;
      },
    );
  }

  release(id: string, at: number): MaybePromise<boolean> {
    const { ledger, line, view, local, keeping, quiet } = this.tools;
    local.release(id, at);
    if (keeping.wasLetGo(id)) return true;
    const keep = (sent: boolean) => {
      keeping.keep(id, { kind: 'release' }, sent);
      quiet.tell();
      return true;
    };
    if (keeping.mustKeep(id)) return keep(view.isOpen(id));
    return line.try(
      () => ledger.release(id, at),
      (changed) => {
        view.released(id);
        return changed;
      },
      () => keep(true),
    );
  }

  /** What was missed is made good for once the ledger answers again. */
  extend(ids: readonly string[], ttlMs: number, at: number): MaybePromise<void> {
    const { ledger, line, local, missed } = this.tools;
    local.extend(ids, ttlMs, at);
    if (line.isDown) return missed(ids, ttlMs);
    return line.try(
      () => ledger.extend(ids, ttlMs, at),
      () => {},
      (cause) => {
        if (isFaultyQuestion(cause)) throw cause;
        missed(ids, ttlMs);
      },
    );
  }
}
