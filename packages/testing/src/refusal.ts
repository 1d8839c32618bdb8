import type { ErrorShape } from './error-bodies.js';

/** A request that is answered with an error before any provider would be called: never billed. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly shape?: ErrorShape,
  ) {
    super(message);
  }
}
