import type { Clock } from '../clock.js';
import type { Ledger, MaybePromise, ReserveResult } from '../ledger/ledger.js';
import { isPromise, then } from '../maybe.js';
import { isFaultyQuestion } from './is-faulty-question.js';
import type { Keeping } from './keeping.js';
import type { LedgerLine } from './ledger-line.js';
import type { LedgerView } from './ledger-view.js';
import type { LocalAdmission } from './local-admission.js';
import type { PlannedReserve, Verdict } from './meter-ledger.js';
import { waitForRoom } from './wait-for-room.js';

export interface ReservingTools {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly line: LedgerLine;
  readonly view: LedgerView;
  readonly local: LocalAdmission;
  readonly keeping: Keeping;
  readonly release: (id: string) => void;
  /** The ledger works, and cannot do what a call needs. */
  readonly mistaken: (cause: unknown) => void;
}

/** Reserves at the ledger, or here while that cannot be asked. */
export class Reserving {
  /** What failed last. */
  latest: PlannedReserve | undefined;

  constructor(private readonly tools: ReservingTools) {}

  reserveOrWait(request: PlannedReserve, waitMs: number, isGivenUp = () => false): MaybePromise<Verdict> {
    const { ledger, clock, line, view } = this.tools;
    const wait = request.probe ? 0 : waitMs;
    if (line.isDown) return this.#decideHere(request, wait, false);
    const startedAt = clock.now();
    let sent: MaybePromise<ReserveResult> | undefined;
    let asked = view.seen.turn;
    const ask = () => {
      asked = view.seen.turn;
      sent = ledger.reserve({ ...request, at: clock.now() });
      return sent;
    };
    const askAndWait = () => {
      sent = ledger.reserveOrWait?.(request, wait);
      return sent as MaybePromise<ReserveResult>;
    };
    const answered = (result: ReserveResult) => view.reserved(request, result, asked);
    const failed = (cause: unknown) => {
      if (isFaultyQuestion(cause)) return this.#unaskable(request, cause);
      this.latest = request;
      const left = Math.max(0, wait - (clock.now() - startedAt));
      return then(this.#decideHere(request, left, true), (verdict) => {
        if (!verdict.admitted && !request.probe) this.#giveBack(request.id, sent);
        return verdict;
      });
    };
    try {
      const result =
        ledger.reserveOrWait !== undefined && wait > 0
          ? line.ask(askAndWait, line.deadlineMs + wait, clock)
          : waitForRoom(clock, wait, () => line.ask(ask), isGivenUp);
      return isPromise(result) ? result.then(answered, failed) : answered(result);
    } catch (cause) {
      return failed(cause);
    }
  }

  #decideHere(request: PlannedReserve, waitMs: number, sent: boolean): MaybePromise<Verdict> {
    const { clock, line, local, keeping } = this.tools;
    const { cause } = line.breaker;
    const isKept = !keeping.isFull;
    const unkept = isKept
      ? -1
      : request.holds.findIndex(({ enforce, onLedgerError }) => enforce && onLedgerError === 'local');
    if (unkept >= 0) return { admitted: undefined, index: unkept, cause };
    return then(local.decide(request, waitMs, cause), (verdict) => {
      if (!verdict.admitted) {
        // it works again, since the call began to wait for room
        return line.isDown || sent ? verdict : this.reserveOrWait({ ...request, at: clock.now() }, 0);
      }
      if (request.probe) return verdict;
      if (isKept) keeping.keep(request.id, { kind: 'reserve', request }, sent);
      else keeping.letGo(request.id);
      return request.holds.some(({ enforce }) => enforce) ? { ...verdict, unasked: { cause } } : verdict;
    });
  }

  /** The call was denied here, and the ledger may have admitted it, or may do so yet. */
  #giveBack(id: string, sent: MaybePromise<ReserveResult> | undefined): void {
    this.tools.release(id);
    if (!isPromise(sent)) return;
    sent.then(
      ({ admitted }) => admitted && this.tools.release(id),
      () => {},
    );
  }

  /** No later answer will mend this: it denies, unless all budgets let calls pass. */
  #unaskable({ holds }: PlannedReserve, cause: unknown): Verdict {
    this.tools.mistaken(cause);
    const index = holds.findIndex(({ enforce, onLedgerError }) => enforce && onLedgerError !== 'allow');
    return index < 0 ? { admitted: true, exceeded: [], crossed: [] } : { admitted: undefined, index, cause };
  }
}
