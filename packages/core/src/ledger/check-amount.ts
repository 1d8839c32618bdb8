import type { Nanos } from '../money.js';
import type { ReserveRequest, TopUp } from './ledger.js';

/** @throws {RangeError} for anything but a whole number of nano-USD, at least 0: one `NaN` would make a balance `NaN` for good */
export function checkAmount(amount: Nanos): void {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new RangeError(`An amount must be a whole number of nano-USD, at least 0; got ${amount}`);
  }
}

/** @throws {RangeError} see {@link checkAmount} */
export function checkHolds({ holds }: ReserveRequest): void {
  for (const { amount } of holds) checkAmount(amount);
}

/** @throws {RangeError} when all top-ups of an account add up to more than can be added up exactly, 2^53 nano-USD */
export function checkToppedUp(sum: Nanos): void {
  if (!Number.isSafeInteger(sum))
    throw new RangeError('The top-ups of an account must stay below 2^53 nano-USD in all');
}

/** @throws {RangeError} for anything but a whole number of nano-USD; what was topped up may be taken back */
export function checkTopUp({ amount }: TopUp): void {
  if (!Number.isSafeInteger(amount)) throw new RangeError('A top-up must be a whole number of nano-USD');
}
