import type { Basis, Charge } from '../charge.js';
import type { Nanos } from '../money.js';

/** From the surest to the least sure: a sum is only as sure as its least sure part. */
const SURENESS: readonly Basis[] = ['free', 'reported', 'external', 'rated', 'estimated'];

/** Counts what a scope's calls did and cost. */
export class Tally {
  nanos: Nanos = 0;
  /** Calls that Eden AI answered or may have answered; denied ones are not among them. */
  calls = 0;
  failedCalls = 0;
  deniedCalls = 0;
  /** Calls that were settled at an estimate. */
  unpricedCalls = 0;
  inputTokens = 0;
  outputTokens = 0;
  readonly models: string[] = [];
  basis: Basis | undefined;

  charge(charge: Charge): void {
    this.amounts(charge);
    this.#model(charge.model);
  }

  /** The same without its model: a meter sees any number of them. */
  amounts(charge: Charge): void {
    this.nanos += charge.amount;
    this.inputTokens += charge.usage?.inputTokens ?? 0;
    this.outputTokens += charge.usage?.outputTokens ?? 0;
    if (charge.corrects !== undefined) return;
    if (charge.jobId === undefined) this.calls += 1; // a job was counted when it began
    if (charge.basis === 'estimated') this.unpricedCalls += 1;
    if (this.basis === undefined || SURENESS.indexOf(charge.basis) > SURENESS.indexOf(this.basis)) {
      this.basis = charge.basis;
    }
  }

  /** A job began: its charge comes later. */
  pending(model: string | undefined): void {
    this.calls += 1;
    this.#model(model);
  }

  failed(model: string | undefined): void {
    this.calls += 1;
    this.failedCalls += 1;
    this.#model(model);
  }

  denied(model: string | undefined): void {
    this.deniedCalls += 1;
    this.#model(model);
  }

  #model(model: string | undefined): void {
    if (model !== undefined && !this.models.includes(model)) this.models.push(model);
  }

  get empty(): boolean {
    return this.calls === 0 && this.deniedCalls === 0 && this.nanos === 0;
  }
}
