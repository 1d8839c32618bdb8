import type { Nanos } from '../money.js';
import { type Difference, explainDifference, ROUNDING } from './balance-difference.js';
import type { AutoRefill } from './credits-options.js';
import { type Missing, Unconfirmed } from './unconfirmed.js';

/** One charge, as the balance sees it. */
export interface Spending {
  readonly callId: string;
  readonly amount: Nanos;
  readonly at: number;
  /** A guess, or a charge of a key that may be another account's: Eden AI's balance may show nothing of it. */
  readonly isDoubtful: boolean;
  /** Of a job: when its call began. Eden AI may have taken its cost long before it was read here. */
  readonly jobStartedAt: number | undefined;
}

/** What a read told beyond the balance. */
export interface ReadNews {
  /** Credits that were bought since the read before. */
  readonly bought: Nanos;
  /** What others have spent from the same credits, as far as that can be told by now. */
  readonly spentElsewhere: Nanos;
}

/** What was spent while a read was on its way: it may be in the answer, or not. */
interface Reading {
  readonly from: Nanos;
  readonly missing: Missing;
  spent: Nanos;
}

const AS_EXPECTED: Difference = { bought: 0, unexplained: 0, lagging: 0, rounding: 0 };

/**
 * The balance between two reads: what was read, less what was charged since. Eden AI takes the cost of a call before its
 * answer is read here, so that a read may know of calls that are still in flight. What it has that was not expected is
 * set against them as they settle, so that no call is taken off twice.
 */
export class RunningBalance {
  #readAt: number | undefined;
  #read: Nanos = 0;
  #estimate: Nanos = 0;
  /** Refills that are counted on, and that no read has confirmed yet. */
  #assumed: Nanos = 0;
  /** What the last read has less than was expected. */
  #unexplained: Nanos = 0;
  /** It is what a purchase must have been, less what was seen of it: nobody knows whether that much was spent. */
  #isSupposed = false;
  #inFlight = new Set<string>();
  /** Nothing was expected of the first read: calls in flight are taken to be in it, or the second would seem a purchase. */
  #isFirst = false;
  /** What reads had too much by rounding: a later one has it too little. */
  #rounding: Nanos = 0;
  #changed = false;
  #reading: Reading | undefined;
  /** A read has found it below the threshold: the refill does not come at once. */
  #isRefillLate = false;
  readonly #unconfirmed: Unconfirmed;

  /** @param lagMs how long Eden AI may take until its balance shows a call that was answered */
  constructor(
    private readonly autoRefill: AutoRefill | undefined,
    lagMs: number,
  ) {
    this.#unconfirmed = new Unconfirmed(lagMs);
  }

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
  isEmpty(now: number): boolean {
    return this.nanos + this.#unconfirmed.missing(now).doubtful <= 0;
  }

  begin(now: number): void {
    this.#reading = { from: this.#estimate, missing: this.#unconfirmed.missing(now), spent: 0 };
  }

  abandon(): void {
    this.#reading = undefined;
  }

  /** @param inFlight the ids of the calls whose cost may be in what was read */
  end(read: Nanos, at: number, inFlight: Iterable<string>): ReadNews {
    const reading = this.#reading ?? { from: read, missing: this.#unconfirmed.missing(at), spent: 0 };
    const { missing, spent } = reading;
    const difference = this.#explain(read, reading);
    const open = new Set(inFlight);
    // while a call is in flight that an earlier read may know of, what that read had too little is kept for it
    const carried = [...this.#inFlight].some((id) => open.has(id)) ? this.#unexplained : 0;
    const spentElsewhere = this.#isSupposed ? 0 : this.#withoutRounding(this.#unexplained - carried);
    const unexplained = carried + difference.unexplained;
    const known = Math.min(spent, unexplained);
    this.#isFirst = this.#readAt === undefined;
    this.#reading = undefined;
    this.#readAt = at;
    this.#read = read;
    this.#estimate = read - difference.lagging - (spent - known);
    this.#unexplained = unexplained - known;
    this.#isSupposed = difference.bought > 0 || (carried > 0 && this.#isSupposed);
    this.#rounding = Math.min(ROUNDING, this.#rounding + difference.rounding);
    this.#unconfirmed.confirm(missing, difference.lagging);
    this.#inFlight = open;
    this.#changed = difference.lagging > 0 || spent > known;
    this.#assumed = 0;
    this.#isRefillLate = this.autoRefill !== undefined && read < this.autoRefill.threshold;
    this.#countOnRefill();
    return { bought: difference.bought, spentElsewhere };
  }

  spend({ callId, amount, at, isDoubtful, jobStartedAt }: Spending): void {
    if (this.#readAt === undefined && this.#reading === undefined) return;
    const wasInFlight = this.#inFlight.delete(callId);
    const isOld = wasInFlight || (jobStartedAt !== undefined && jobStartedAt <= (this.#readAt ?? 0));
    const most = wasInFlight && this.#isFirst ? amount : this.#unexplained;
    const known = isOld ? Math.min(Math.max(0, amount), most) : 0;
    this.#unexplained = Math.max(0, this.#unexplained - known);
    if (this.#reading !== undefined) this.#reading.spent += amount - known;
    this.#estimate -= amount - known;
    this.#unconfirmed.add(amount - known, at, isDoubtful);
    if (amount !== known) this.#changed = true;
    this.#countOnRefill();
  }

  /** Eden AI has refused a call: the refill that was counted on has not come. */
  refused(): void {
    this.#assumed = 0;
    this.#isRefillLate = true;
  }

  #explain(read: Nanos, { from, missing, spent }: Reading): Difference {
    // nothing was expected of the first one: calls that settled while it was on its way are taken to be in it
    if (this.#readAt === undefined) return { ...AS_EXPECTED, unexplained: spent };
    const refill = this.autoRefill?.amount;
    return explainDifference({ read, expected: from, last: this.#read, missing, refill });
  }

  /** A read that was rounded up is followed by one that has less than was expected: nobody has spent the difference. */
  #withoutRounding(spent: Nanos): Nanos {
    const rounded = Math.min(spent, this.#rounding);
    this.#rounding -= rounded;
    return spent - rounded;
  }

  #countOnRefill(): void {
    const { autoRefill } = this;
    if (autoRefill === undefined || this.#isRefillLate) return;
    const missing = autoRefill.threshold - this.nanos;
    if (missing > 0) this.#assumed += Math.ceil(missing / autoRefill.amount) * autoRefill.amount;
  }
}
