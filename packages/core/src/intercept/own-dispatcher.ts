import type { Dispatcher, DispatchOptions, Handler } from './undici-types.js';

/** A dispatcher that the meter puts before the one that a `fetch` would use: it belongs to no copy of undici. */
export abstract class OwnDispatcher implements Dispatcher {
  constructor(protected readonly target: Dispatcher & { isMockActive?: boolean }) {}

  /** fetch asks this of undici's MockAgent. */
  get isMockActive(): boolean | undefined {
    return this.target.isMockActive;
  }

  abstract dispatch(options: DispatchOptions, handler: Handler): boolean;
}
