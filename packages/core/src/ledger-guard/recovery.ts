import type { Clock } from '../clock.js';
import type { Ledger } from '../ledger/ledger.js';
import type { Delivery } from './delivery.js';
import { isFaultyQuestion } from './is-faulty-question.js';
import { isLost } from './is-lost.js';
import type { LedgerLine } from './ledger-line.js';
import type { LedgerView } from './ledger-view.js';
import type { LedgerState, PlannedReserve } from './meter-ledger.js';
import type { Outbox } from './outbox.js';

export interface RecoveryTools {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly line: LedgerLine;
  readonly view: LedgerView;
  readonly outbox: Outbox;
  readonly delivery: Delivery;
  /** What failed, for an attempt to get through with. */
  readonly latest: () => PlannedReserve | undefined;
  /** The ledger is down, lost, or up again; then with how many reservations and settlements it was told of. */
  readonly changed: (event: { state: LedgerState; cause?: unknown; replayed?: number }) => void;
  /** The ledger works, and cannot do what it was asked. */
  readonly mistaken: (cause: unknown) => void;
  /** It knows of everything that it takes. */
  readonly caughtUp: () => void;
}

/** The way back to a ledger that was down or lost, and what there is to tell of it. */
export class Recovery {
  state: LedgerState = 'up';
  #isLost = false;
  #missed: { readonly ids: readonly string[]; readonly ttlMs: number } | undefined;
  #deliveredBefore = 0;
  /** Until it has failed, or an attempt has gone on from there. */
  #restoring: Promise<void> | undefined;

  constructor(private readonly tools: RecoveryTools) {}

  failed(cause: unknown): void {
    this.#isLost ||= isLost(cause);
    const state = this.#isLost ? 'lost' : 'down';
    if (state === this.state) return;
    if (this.state === 'up') this.#deliveredBefore = this.tools.delivery.delivered;
    this.state = state;
    this.tools.changed({ state, cause });
  }

  /** The reservations of calls in flight that could not be extended. */
  missed(ids: readonly string[], ttlMs: number): void {
    this.#missed = { ids, ttlMs };
  }

  /** One attempt. Resolves when the ledger works, and knows of everything that it takes. */
  async attempt(): Promise<void> {
    const { line, outbox, delivery, latest, caughtUp, changed } = this.tools;
    await line.ready();
    if (this.#isLost) await this.#restore();
    await delivery.knock((question) => line.trial(question), latest());
    line.breaker.close();
    await this.#extend();
    await delivery.all((question) => line.ask(question));
    if (line.isDown) return;
    if (outbox.size > 0) line.breaker.again(outbox.nextDue);
    caughtUp();
    if (this.state === 'up') return;
    this.state = 'up';
    changed({ state: 'up', replayed: delivery.delivered - this.#deliveredBefore });
  }

  /** All that is open first, or others would be admitted to the room that calls in flight hold. */
  async #restore(): Promise<void> {
    const { line, view, outbox, delivery } = this.tools;
    const restoring = this.#restoring ?? this.#giveBack();
    await line.trial(() => restoring, true);
    this.#restoring = undefined;
    this.#isLost = false;
    for (const request of view.open) outbox.reserveAgain(request);
    await delivery.all((question) => line.trial(question));
  }

  /** However long it takes: the attempts that come meanwhile wait for the same. */
  #giveBack(): Promise<void> {
    const { ledger, clock, view } = this.tools;
    const remembered = view.seen.remembered(clock.now());
    const restoring = Promise.resolve().then(() => ledger.restore?.(remembered, clock.now(), view.finished));
    this.#restoring = restoring;
    restoring.catch(() => {
      this.#restoring = undefined;
    });
    return restoring;
  }

  async #extend(): Promise<void> {
    const { ledger, clock, line, mistaken } = this.tools;
    const missed = this.#missed;
    if (missed === undefined) return;
    try {
      await line.ask(() => ledger.extend(missed.ids, missed.ttlMs, clock.now()));
    } catch (cause) {
      if (!isFaultyQuestion(cause)) throw cause;
      mistaken(cause);
    }
    if (this.#missed === missed) this.#missed = undefined;
  }
}
