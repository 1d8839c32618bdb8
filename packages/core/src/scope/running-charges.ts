import type { Charge } from '../charge.js';
import type { Denial } from '../denial.js';
import { Tally } from './tally.js';

const KEPT = 1_000;

/** What the calls of one incoming request, or job run, came to so far. All parts of its scope share it. */
export class RunningCharges {
  readonly charges: Charge[] = [];
  readonly denials: Denial[] = [];
  /** Everything so far. */
  readonly tally = new Tally();
  /** What no log line has told yet. */
  untold = new Tally();
  /** Set once the incoming request has been answered (or its client is gone): what comes later is late. */
  finished = false;
  /** Called for each charge that comes after that. */
  onLate: (() => void) | undefined;

  addCharge(charge: Charge): void {
    keep(this.charges, charge);
    this.tally.charge(charge);
    this.untold.charge(charge);
    if (this.finished) this.onLate?.();
  }

  addDenial(denial: Denial): void {
    keep(this.denials, denial);
    this.tally.denied(denial.model);
    this.untold.denied(denial.model);
    if (this.finished) this.onLate?.();
  }

  addPending(model: string | undefined): void {
    this.tally.pending(model);
    this.untold.pending(model);
  }

  addFailure(model: string | undefined): void {
    this.tally.failed(model);
    this.untold.failed(model);
    if (this.finished) this.onLate?.();
  }

  /** Hands over what no log line has told yet. */
  takeUntold(): Tally {
    const told = this.untold;
    this.untold = new Tally();
    return told;
  }
}

function keep<T>(list: T[], item: T): void {
  list.push(item);
  if (list.length > KEPT) list.shift();
}
