import type { Nanos } from '../money.js';
import { type Difference, explainDifference, MOST_OVER } from './balance-difference.js';
import type { AutoRefill } from './credits-options.js';
import { type Missing, Unconfirmed } from './unconfirmed.js';

/** One charge, as the balance sees it. */
export interface Spending {
  readonly callId: string;
  readonly amount: Nanos;
  /** A guess, or a charge of a key that may be another account's: Eden AI's balance may show nothing of it. */
  readonly isDoubtful: boolean;
  /** Of a job: when its call began. Eden AI may have taken its cost long before it was read here. */
  readonly jobStartedAt: number | undefined;
}

/** What a read told beyond the balance. */
export interface ReadNews {
  /** Credits that were bought since the read before. */
  readonly bought: Nanos;
  /** What the read shows of them. */
  readonly rise: Nanos;
  /** What others have spent from the same credits, as far as that can be told by now. */
  readonly spentElsewhere: Nanos;
}

/** What was spent while a read was on its way: it may be in the answer, or not. */
interface Reading {
  readonly from: Nanos;
  readonly missing: Missing;
  spent: Nanos;
}

const AS_EXPECTED: Difference = { bought: 0, unexplained: 0, lagging: 0, excess: 0 };

/**
 * The balance between two reads: what was read, less what was charged since. Eden AI takes the cost of a call before its
 * answer is read here, so that a read may know of calls that are still in flight. What it has too little is set against
 * them as they settle, up to ten times what was expected of each, so that no call is taken off twice. What else may have been
 * in it, as the cost of a job, is taken off: the next read corrects that.
 */
export class RunningBalance {
  #readAt: number | undefined;
  #read: Nanos = 0;
  #estimate: Nanos = 0;
  /** Refills that are counted on, and that no read has confirmed yet. */
  #assumed: Nanos = 0;
  /** What the last read has less than was expected. */
  #unexplained: Nanos = 0;
  /** That read shows a purchase: nobody knows how much of it was spent. */
  #isSupposed = false;
  /** By their ids, the most they may have cost. */
  #inFlight = new Map<string, Nanos>();
  /** Nothing was expected of the first read: calls in flight are taken to be in it, or the second would seem a purchase. */
  #isFirst = false;
  /** What reads had too much for no reason: a later one has it too little. */
  #excess: Nanos = 0;
  #changed = false;
  #reading: Reading | undefined;
  /** A read has found it below the threshold: the refill does not come at once. */
  #isRefillLate = false;
  readonly #unconfirmed = new Unconfirmed();

  constructor(private readonly autoRefill: AutoRefill | undefined) {}

  /** When it was read; `undefined`: never. */
  get readAt(): number | undefined {
    return this.#readAt;
  }

  /** What is left, without a refill that no read has seen. */
  get certain(): Nanos {
    return this.#estimate;
  }

  get nanos(): Nanos {
    return this.#estimate + this.#assumed;
  }

  get basis(): 'reported' | 'estimated' | 'projected' {
    if (this.#assumed > 0) return 'projected';
    return this.#changed ? 'estimated' : 'reported';
  }

  /** Whether a refill can be counted on. */
  get willRefill(): boolean {
    return this.autoRefill !== undefined && !this.#isRefillLate;
  }

  /** Nothing is left, even if Eden AI never takes what is in doubt. */
  get isEmpty(): boolean {
    const { doubtful, lacking } = this.#unconfirmed.missing;
    return this.nanos + doubtful + lacking <= 0;
  }

  begin(): void {
    this.#reading = { from: this.#estimate, missing: this.#unconfirmed.missing, spent: 0 };
  }

  abandon(): void {
    this.#reading = undefined;
  }

  /** @param inFlight the calls whose cost may be in what was read, with what each was expected to cost */
  end(read: Nanos, at: number, inFlight: ReadonlyMap<string, Nanos>): ReadNews {
    const reading = this.#reading ?? { from: read, missing: this.#unconfirmed.missing, spent: 0 };
    const { missing, spent } = reading;
    const open = new Map([...inFlight].map(([id, estimate]) => [id, estimate * MOST_OVER]));
    const difference = this.#explain(read, reading, sum(open.values()));
    // what an earlier read had too little is kept for the calls of then that are still in flight
    const stillOpen = sum([...this.#inFlight].map(([id, most]) => (open.has(id) ? most : 0)));
    const carried = Math.min(this.#unexplained, stillOpen);
    const spentElsewhere = this.#isSupposed ? 0 : this.#withoutExcess(this.#unexplained - carried);
    const unexplained = carried + difference.unexplained;
    const known = Math.min(spent, unexplained);
    this.#isFirst = this.#readAt === undefined;
    this.#reading = undefined;
    this.#readAt = at;
    this.#read = read;
    this.#estimate = read - difference.lagging - (spent - known);
    this.#unexplained = unexplained - known;
    this.#isSupposed = difference.bought > 0 || (carried > 0 && this.#isSupposed);
    this.#excess += difference.excess;
    this.#unconfirmed.confirm(missing, difference.lagging);
    this.#inFlight = open;
    this.#changed = difference.lagging > 0 || spent > known;
    this.#assumed = 0;
    this.#isRefillLate = this.autoRefill !== undefined && read < this.autoRefill.threshold;
    this.#countOnRefill();
    // either it lags, and a refill will come, or that much was bought
    if (difference.lagging > 0) this.#assumed = Math.min(this.#assumed, difference.lagging);
    return { bought: difference.bought, rise: Math.max(0, difference.bought - difference.unexplained), spentElsewhere };
  }

  spend({ callId, amount, isDoubtful, jobStartedAt }: Spending): void {
    if (this.#readAt === undefined && this.#reading === undefined) return;
    const most = this.#inFlight.get(callId);
    const wasInFlight = most !== undefined;
    const isInFirst = wasInFlight && this.#isFirst;
    const isOldJob = jobStartedAt !== undefined && jobStartedAt <= (this.#readAt ?? 0);
    const inRead = Math.min(Math.max(0, amount), isInFirst ? amount : this.#unexplained);
    const known = isInFirst ? inRead : Math.min(inRead, most ?? 0);
    // it may be in the read, behind what was bought
    const isHidden = wasInFlight && this.#isSupposed;
    const doubtful = isHidden ? Math.max(0, amount) - known : wasInFlight || isOldJob ? inRead - known : 0;
    if (wasInFlight) this.#inFlight.delete(callId);
    this.#unexplained = Math.max(0, this.#unexplained - known);
    if (this.#reading !== undefined) this.#reading.spent += amount - known;
    this.#estimate -= amount - known;
    this.#unconfirmed.add(doubtful, true);
    this.#unconfirmed.add(amount - known - doubtful, isDoubtful);
    if (amount !== 0) this.#changed = true;
    this.#countOnRefill();
  }

  /** Eden AI has refused a call: the refill that was counted on has not come. */
  refused(): void {
    this.#assumed = 0;
    this.#isRefillLate = true;
  }

  #explain(read: Nanos, { from, missing, spent }: Reading, open: Nanos): Difference {
    // nothing was expected of the first one: calls that settled while it was on its way are taken to be in it
    if (this.#readAt === undefined) return { ...AS_EXPECTED, unexplained: spent };
    const [refill, inFlight] = [this.autoRefill?.amount, open + Math.max(0, spent)];
    return explainDifference({ read, expected: from, last: this.#read, missing, inFlight, refill });
  }

  /** A read that had too much is followed by one that has less than was expected: nobody has spent the difference. */
  #withoutExcess(spent: Nanos): Nanos {
    const excess = Math.min(spent, this.#excess);
    this.#excess -= excess;
    return spent - excess;
  }

  #countOnRefill(): void {
    const { autoRefill } = this;
    if (autoRefill === undefined || this.#isRefillLate) return;
    const missing = autoRefill.threshold - this.nanos;
    if (missing > 0) this.#assumed += Math.ceil(missing / autoRefill.amount) * autoRefill.amount;
  }
}

const sum = (amounts: Iterable<Nanos>): Nanos => [...amounts].reduce((total, amount) => total + amount, 0);
