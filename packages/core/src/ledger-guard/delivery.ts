import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Ledger, MaybePromise } from '../ledger/ledger.js';
import { isPromise } from '../maybe.js';
import { isFaultyQuestion } from './is-faulty-question.js';
import type { LedgerView } from './ledger-view.js';
import type { PlannedReserve } from './meter-ledger.js';
import type { Letter, Message, Outbox } from './outbox.js';

export type Ask = <T>(question: () => MaybePromise<T>) => MaybePromise<T>;

const AT_ONCE = 32;

type Tellings = { readonly [K in Message['kind']]: (letter: Letter, message: Message & { kind: K }) => Promise<void> };

/** Takes the outbox to the ledger. */
export class Delivery {
  /** Letters that arrived. */
  delivered = 0;

  /** @param dropped told why when the ledger works, and cannot take a letter */
  constructor(
    private readonly ledger: Ledger,
    private readonly clock: Clock,
    private readonly outbox: Outbox,
    private readonly view: LedgerView,
    private readonly dropped: (cause: unknown) => void,
  ) {}

  /**
   * Finds out whether the ledger works, reading and writing: with the first letter that is not answered in this process
   * alone (one of a call on the accounts of a scope is), or by holding nothing on accounts that were asked for.
   */
  async knock(ask: Ask, latest: PlannedReserve | undefined): Promise<void> {
    let isHeard = false;
    const askAndHear: Ask = (question) =>
      ask(() => {
        const answer = question();
        isHeard ||= isPromise(answer);
        return answer;
      });
    for (let letter = this.outbox.first; letter !== undefined; letter = this.outbox.first) {
      await this.#deliver(letter, askAndHear);
      if (isHeard) return;
    }
    const shared = latest?.holds.filter(({ account }) => account.owner === undefined) ?? [];
    try {
      await (shared.length === 0
        ? ask(() => this.ledger.balances([], this.clock.now()))
        : this.#holdNothing(shared, ask));
    } catch (cause) {
      if (!isFaultyQuestion(cause)) throw cause;
    }
  }

  async #holdNothing(shared: PlannedReserve['holds'], ask: Ask): Promise<void> {
    const id = randomUUID();
    const holds = shared.map((hold) => ({ ...hold, amount: 0, enforce: false, thresholds: [] }));
    await ask(() => this.ledger.reserve({ id, at: this.clock.now(), ttlMs: 1_000, holds }));
    await ask(() => this.ledger.release(id, this.clock.now()));
  }

  /** Delivers everything, also what is added meanwhile. */
  async all(ask: Ask): Promise<void> {
    while (this.outbox.size > 0) {
      const letters = this.outbox.upTo(AT_ONCE);
      const results = await Promise.allSettled(letters.map((letter) => this.#deliver(letter, ask)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  }

  async #deliver(letter: Letter, ask: Ask): Promise<void> {
    letter.sent = true;
    try {
      for (let [message] = letter.messages; message !== undefined; [message] = letter.messages) {
        await this.#tell(letter, message, ask);
        letter.messages.shift();
      }
    } catch (cause) {
      if (isFaultyQuestion(cause)) return this.#drop(letter, cause);
      this.outbox.putBack(letter);
      throw cause;
    }
    this.outbox.remove(letter);
    this.delivered += 1;
  }

  async #tell(letter: Letter, message: Message, ask: Ask): Promise<void> {
    const asked = this.view.seen.turn;
    const tell: Tellings = {
      reserve: async (_, { request }) => {
        const holds = request.holds.map((hold) => ({ ...hold, enforce: false }));
        const result = await ask(() => this.ledger.reserve({ ...request, at: this.clock.now(), holds }));
        this.view.reserved(request, result, asked);
      },
      settle: async ({ id }, { amount, truth, answer }) => {
        const result = await ask(() => answer.attempt(this.ledger.settle(id, amount, truth)));
        this.view.settled(id, result, amount, truth, asked);
        answer.end(result);
      },
      release: async ({ id }) => {
        await ask(() => this.ledger.release(id, this.clock.now()));
        this.view.released(id);
      },
    };
    await (tell[message.kind] as (letter: Letter, message: Message) => Promise<void>)(letter, message);
  }

  #drop(letter: Letter, cause: unknown): void {
    this.outbox.remove(letter);
    for (const message of letter.messages) if (message.kind === 'settle') message.answer.end(undefined);
    this.view.forget(letter.id);
    this.dropped(cause);
  }
}
