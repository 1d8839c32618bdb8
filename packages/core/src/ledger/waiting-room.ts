import type { Clock, Timer } from '../clock.js';
import type { Account } from './account-book.js';
import type { Hold, ReserveRequest, ReserveResult } from './ledger.js';
import { NO_CROSSINGS } from './thresholds.js';
import { type Queued, WaitQueue } from './wait-queue.js';

export type Refused = Extract<ReserveResult, { admitted: false }>;

/** What the waiting room asks of the ledger. */
export interface Attempts {
  sweep(at: number): void;
  decide(request: ReserveRequest, at: number): ReserveResult;
}

interface Waiter extends Queued<Waiter> {
  readonly request: ReserveRequest;
  readonly accounts: readonly Account[];
  readonly answer: (result: ReserveResult) => void;
  readonly answered: Promise<ReserveResult>;
  timer: Timer | undefined;
  /** What it is told unless room is made. */
  refused: Refused;
  /** Where it waits. */
  account: Account;
}

/**
 * Calls that wait for calls in flight. Each waits in the queue of the one account that it is short on, so a change of an
 * account costs no more than asking the first in its queue again, however many wait.
 */
export class WaitingRoom {
  readonly #waiters = new Map<string, Waiter>();
  readonly #queues = new Map<Account, WaitQueue<Waiter>>();
  #arrivals = 0;
  #closed = false;

  constructor(
    readonly clock: Clock,
    readonly ledger: Attempts,
  ) {}

  get isEmpty(): boolean {
    return this.#waiters.size === 0;
  }

  /** The refusal of a call that would fit, when somebody waits before it for room on one of its accounts. */
  queueAhead(holds: readonly Hold[], accounts: readonly Account[]): Refused | undefined {
    const index = holds.findIndex(
      ({ enforce, limit }, hold) =>
        enforce && limit !== Number.POSITIVE_INFINITY && this.#queues.has(accounts[hold] as Account),
    );
    if (index < 0) return undefined;
    const { balance } = accounts[index] as Account;
    return { admitted: false, refusal: { index, reason: 'held', balance }, crossed: NO_CROSSINGS };
  }

  wait(
    request: ReserveRequest,
    waitMs: number,
    refused: Refused,
    accounts: readonly Account[],
  ): ReserveResult | Promise<ReserveResult> {
    if (this.#closed) return refused;
    const known = this.#waiters.get(request.id);
    if (known !== undefined) return known.answered;
    let answer: Waiter['answer'] = () => {};
    const answered = new Promise<ReserveResult>((resolve) => {
      answer = resolve;
    });
    const order = this.#arrivals++;
    const place = placeOf(request, refused, accounts);
    const links = { timer: undefined, before: undefined, after: undefined };
    const waiter: Waiter = { request, accounts, answer, answered, refused, order, ...place, ...links };
    this.#waiters.set(request.id, waiter);
    this.#enter(waiter);
    waiter.timer = this.clock.after(waitMs, () => this.#timeOut(waiter), { keepAlive: true });
    return answered;
  }

  /** A call that was given up stands in nobody's way any more. */
  leave(id: string, at: number): void {
    const waiter = this.#waiters.get(id);
    if (waiter === undefined) return;
    this.#answer(waiter, waiter.refused);
    this.serve(waiter.account, at);
  }

  /** After a change of an account: answers those who can be answered, in order, until the first that must go on waiting. */
  serve(account: Account, at: number): void {
    const queue = this.#queues.get(account);
    if (queue === undefined) return;
    for (const waiter of queue.hopeless(account.settled - account.toppedUp)) this.#retry(waiter, at);
    while (queue.first !== undefined && this.#retry(queue.first, at));
  }

  close(): void {
    this.#closed = true;
    for (const waiter of this.#waiters.values()) this.#answer(waiter, waiter.refused);
  }

  /** True when the waiter left the queue: answered, or gone to wait on another account. */
  #retry(waiter: Waiter, at: number): boolean {
    const result = this.ledger.decide(waiter.request, at);
    if (result.admitted || result.refusal.reason === 'spent') {
      this.#answer(waiter, result);
      return true;
    }
    waiter.refused = result;
    const place = placeOf(waiter.request, result, waiter.accounts);
    if (place.account === waiter.account) return false;
    this.#quit(waiter);
    Object.assign(waiter, place);
    this.#enter(waiter);
    return true;
  }

  #timeOut(waiter: Waiter): void {
    const at = this.clock.now();
    this.ledger.sweep(at);
    if (!this.#waiters.has(waiter.request.id)) return;
    this.#answer(waiter, this.ledger.decide(waiter.request, at));
    this.serve(waiter.account, at);
  }

  #answer(waiter: Waiter, result: ReserveResult): void {
    this.#waiters.delete(waiter.request.id);
    this.#quit(waiter);
    waiter.timer?.cancel();
    waiter.answer(result);
  }

  #enter(waiter: Waiter): void {
    let queue = this.#queues.get(waiter.account);
    if (queue === undefined) {
      queue = new WaitQueue();
      this.#queues.set(waiter.account, queue);
    }
    queue.add(waiter);
  }

  #quit(waiter: Waiter): void {
    const queue = this.#queues.get(waiter.account);
    queue?.remove(waiter);
    if (queue?.first === undefined) this.#queues.delete(waiter.account);
  }
}

/** Where a refused call waits, and what it asks for there. */
function placeOf(
  { holds }: ReserveRequest,
  { refusal }: Refused,
  accounts: readonly Account[],
): Pick<Waiter, 'account' | 'spentAbove'> {
  const account = accounts[refusal.index] as Account;
  const asked = holds.reduce((sum, hold, index) => (accounts[index] === account ? sum + hold.amount : sum), 0);
  return { account, spentAbove: (holds[refusal.index] as Hold).limit - asked };
}
