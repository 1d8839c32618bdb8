import { handOver } from './call-depth.js';
import { kMetered } from './metered-mark.js';
import { OwnDispatcher } from './own-dispatcher.js';
import { globalDispatchers } from './undici-dispatchers.js';
import type { Dispatcher, DispatchOptions, Handler } from './undici-types.js';

/** The app's own dispatcher, with its proxy and its certificates, for calls that are not the app's. */
class PassingDispatcher extends OwnDispatcher {
  dispatch(options: DispatchOptions, handler: Handler): boolean {
    return handOver(() => this.target.dispatch({ ...options, [kMetered]: true }, handler));
  }
}

/** A fetch for what the meter reads itself, whatever its address: no call of it is metered, held or denied. */
export function innerFetch(...[input, init]: Parameters<typeof globalThis.fetch>): Promise<Response> {
  const dispatcher = new PassingDispatcher(globalDispatchers()[0] as Dispatcher);
  const options: object = { ...init, dispatcher };
  return globalThis.fetch(input, options);
}
