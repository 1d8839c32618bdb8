import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.js';
import type { Ledger, MaybePromise } from '../ledger/ledger.js';
import { isPromise } from '../maybe.js';
import type { Nanos } from '../money.js';
import { isFaultyQuestion, mayBePutRight } from './is-faulty-question.js';
import type { LedgerView } from './ledger-view.js';
import type { PlannedReserve } from './meter-ledger.js';
import { amountOf, type Letter, type Message, type Outbox } from './outbox.js';

export type Ask = <T>(question: () => MaybePromise<T>) => MaybePromise<T>;

const AT_ONCE = 32;

/**
 * How long a letter waits after each refusal, in milliseconds: another process may be half way through writing, somebody who is
 * told of it has a few minutes, and a ledger that forgets finished reservations keeps them for ten.
 */
const PAUSES_MS: readonly number[] = [1_000, 10_000, 60_000, 300_000];

type Tellings = { readonly [K in Message['kind']]: (letter: Letter, message: Message & { kind: K }) => Promise<void> };

export interface DeliveryTools {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly outbox: Outbox;
  readonly view: LedgerView;
  /** The ledger works, and does not take a letter, which is told again later. */
  readonly mistaken: (cause: unknown) => void;
  /** It will never be told of so many calls, which came to that amount. */
  readonly dropped: (count: number, amount: Nanos, cause: unknown) => void;
}

/** Takes the outbox to the ledger. */
export class Delivery {
  /** Letters that arrived. */
  delivered = 0;
  #isEnding = false;

  constructor(private readonly tools: DeliveryTools) {}

  /** From now on what is refused is not told again. */
  hurry(): void {
    this.#isEnding = true;
    this.tools.outbox.hurry();
  }

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
    for (let [letter] = this.#due(1); letter !== undefined; [letter] = this.#due(1)) {
      await this.#deliver(letter, askAndHear);
      if (isHeard) return;
    }
    const shared = latest?.holds.filter(({ account }) => account.owner === undefined) ?? [];
    try {
      await (shared.length === 0
        ? ask(() => this.tools.ledger.balances([], this.tools.clock.now()))
        : this.#holdNothing(shared, ask));
    } catch (cause) {
      if (!isFaultyQuestion(cause)) throw cause;
    }
  }

  async #holdNothing(shared: PlannedReserve['holds'], ask: Ask): Promise<void> {
    const id = randomUUID();
    const holds = shared.map((hold) => ({ ...hold, amount: 0, enforce: false, thresholds: [] }));
    await ask(() => this.tools.ledger.reserve({ id, at: this.tools.clock.now(), ttlMs: 1_000, holds }));
    await ask(() => this.tools.ledger.release(id, this.tools.clock.now()));
  }

  /** Delivers everything that is due, also what is added meanwhile. */
  async all(ask: Ask): Promise<void> {
    for (let letters = this.#due(AT_ONCE); letters.length > 0; letters = this.#due(AT_ONCE)) {
      const results = await Promise.allSettled(letters.map((letter) => this.#deliver(letter, ask)));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    }
  }

  #due(most: number): Letter[] {
    const { outbox, clock } = this.tools;
    return outbox.due(clock.now(), most);
  }

  async #deliver(letter: Letter, ask: Ask): Promise<void> {
    letter.sent = true;
    try {
      for (let [message] = letter.messages; message !== undefined; [message] = letter.messages) {
        await this.#tell(letter, message, ask);
        letter.messages.shift();
      }
    } catch (cause) {
      if (isFaultyQuestion(cause)) return this.#refused(letter, cause);
      this.tools.outbox.putBack(letter);
      throw cause;
    }
    this.tools.outbox.remove(letter);
    this.delivered += 1;
  }

  async #tell(letter: Letter, message: Message, ask: Ask): Promise<void> {
    const asked = this.tools.view.seen.turn;
    const tell: Tellings = {
      reserve: async (_, { request }) => {
        const holds = request.holds.map((hold) => ({ ...hold, enforce: false }));
        const result = await ask(() => this.tools.ledger.reserve({ ...request, at: this.tools.clock.now(), holds }));
        this.tools.view.reserved(request, result, asked);
      },
      settle: async ({ id }, { amount, truth, answer }) => {
        const result = await ask(() => answer.attempt(this.tools.ledger.settle(id, amount, truth)));
        this.tools.view.settled(id, result, amount, truth, asked);
        answer.end(result);
      },
      release: async ({ id }) => {
        await ask(() => this.tools.ledger.release(id, this.tools.clock.now()));
        this.tools.view.released(id);
      },
    };
    await (tell[message.kind] as (letter: Letter, message: Message) => Promise<void>)(letter, message);
  }

  /** The ledger works: what is in the way of one letter holds up no other, and may go. */
  #refused(letter: Letter, cause: unknown): void {
    const { outbox, clock, mistaken } = this.tools;
    const pauseMs = this.#isEnding || !mayBePutRight(cause) ? undefined : PAUSES_MS[letter.refusals];
    if (pauseMs === undefined) {
      this.#drop(letter, cause);
      return;
    }
    letter.due = clock.now() + pauseMs;
    letter.refusals += 1;
    outbox.putBack(letter);
    if (letter.refusals === 1) mistaken(cause);
  }

  #drop(letter: Letter, cause: unknown): void {
    const { outbox, view, dropped } = this.tools;
    outbox.remove(letter);
    for (const message of letter.messages) if (message.kind === 'settle') message.answer.end(undefined);
    view.forget(letter.id);
    dropped(1, amountOf(letter), cause);
  }
}
