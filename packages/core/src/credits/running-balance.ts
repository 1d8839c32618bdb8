import type { Nanos } from '../money.js';
import type { AutoRefill } from './credits-options.js';

/** One charge, as the balance sees it. */
export interface Spending {
  readonly callId: string;
  readonly amount: Nanos;
  /** A guess, of which Eden AI may know nothing. */
  readonly isGuess: boolean;
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
  readonly guessed: Nanos;
  spent: Nanos;
}

/**
 * The balance between two reads: what was read, less what was charged since. Eden AI takes the cost of a call before its
 * answer is read here, so that a read may know of calls that are still in flight. What it has that was not expected is
 * set against them as they settle, so that no call is taken off twice.
 */
export class RunningBalance {
  #readAt: number | undefined;
  #estimate: Nanos = 0;
  /** Refills that are counted on, and that no read has confirmed yet. */
  #assumed: Nanos = 0;
  /** What the last read has less than was expected. */
  #unexplained: Nanos = 0;
  #inFlight = new Set<string>();
  /** Nothing was expected of the first read: calls in flight are taken to be in it, or the second would seem a purchase. */
  #isFirst = false;
  #guessed: Nanos = 0;
  #changed = false;
  #reading: Reading | undefined;
  /** A read has found it below the threshold: the refill does not come at once. */
  #isRefillLate = false;

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

  begin(): void {
    this.#reading = { from: this.#estimate, guessed: this.#guessed, spent: 0 };
  }

  abandon(): void {
    this.#reading = undefined;
  }

  /** @param inFlight the ids of the calls whose cost may be in what was read */
  end(read: Nanos, at: number, inFlight: Iterable<string>): ReadNews {
    const { from, guessed, spent } = this.#reading ?? { from: read, guessed: 0, spent: 0 };
    const isFirst = this.#readAt === undefined;
    const news = isFirst ? { bought: 0, unexplained: spent } : this.#explain(read - from, guessed);
    const open = new Set(inFlight);
    // while a call is in flight that an earlier read may know of, what that read had too little is kept for it
    const carried = [...this.#inFlight].some((id) => open.has(id)) ? this.#unexplained : 0;
    const spentElsewhere = this.#unexplained - carried;
    const unexplained = carried + news.unexplained;
    const known = Math.min(spent, unexplained);
    this.#reading = undefined;
    this.#readAt = at;
    this.#estimate = read - (spent - known);
    this.#unexplained = unexplained - known;
    this.#inFlight = open;
    this.#isFirst = isFirst;
    this.#guessed = 0;
    this.#changed = spent > known;
    this.#assumed = 0;
    this.#isRefillLate = this.autoRefill !== undefined && read < this.autoRefill.threshold;
    this.#countOnRefill();
    return { bought: news.bought, spentElsewhere };
  }

  spend({ callId, amount, isGuess, jobStartedAt }: Spending): void {
    if (this.#readAt === undefined && this.#reading === undefined) return;
    if (isGuess) this.#guessed += amount;
    const wasInFlight = this.#inFlight.delete(callId);
    const isOld = wasInFlight || (jobStartedAt !== undefined && jobStartedAt <= (this.#readAt ?? 0));
    const most = wasInFlight && this.#isFirst ? amount : this.#unexplained;
    const known = isOld ? Math.min(Math.max(0, amount), most) : 0;
    this.#unexplained = Math.max(0, this.#unexplained - known);
    if (this.#reading !== undefined) this.#reading.spent += amount - known;
    this.#estimate -= amount - known;
    if (amount !== known) this.#changed = true;
    this.#countOnRefill();
  }

  /** Eden AI has refused a call: the refill that was counted on has not come. */
  refused(): void {
    this.#assumed = 0;
    this.#isRefillLate = true;
  }

  /** More than was expected has been bought; a guess of ours that cost nothing is no purchase. */
  #explain(rise: Nanos, guessed: Nanos): { bought: Nanos; unexplained: Nanos } {
    if (rise <= Math.max(0, guessed)) return { bought: 0, unexplained: Math.max(0, -rise) };
    if (this.autoRefill === undefined) return { bought: rise, unexplained: 0 };
    const bought = Math.ceil(rise / this.autoRefill.amount) * this.autoRefill.amount;
    return { bought, unexplained: bought - rise };
  }

  #countOnRefill(): void {
    const { autoRefill } = this;
    if (autoRefill === undefined || this.#isRefillLate) return;
    const missing = autoRefill.threshold - this.nanos;
    if (missing > 0) this.#assumed += Math.ceil(missing / autoRefill.amount) * autoRefill.amount;
  }
}
