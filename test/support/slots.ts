import { AsyncLocalStorage } from 'node:async_hooks';
import { Agent, ClientRequest } from 'node:http';

/** Jest runs a test file in a sandbox; what is patched are the prototypes of the real global. */
const realGlobal = AsyncLocalStorage.constructor('return globalThis')() as Record<symbol, object>;

/** The prototype that all dispatchers of the runtime's undici share. */
function dispatcherPrototype(): object {
  void (realGlobal as unknown as typeof globalThis).Response; // makes the global dispatcher
  let prototype = Object.getPrototypeOf(
    realGlobal[Symbol.for('undici.globalDispatcher.2')] ?? realGlobal[Symbol.for('undici.globalDispatcher.1')],
  );
  while (!Object.hasOwn(prototype, 'destroyed')) prototype = Object.getPrototypeOf(prototype);
  return prototype;
}

/** The slots that interception uses, as they are now. */
export const slots = () => {
  const prototype = dispatcherPrototype();
  return {
    fetch: Object.getOwnPropertyDescriptor(globalThis, 'fetch'),
    dispatch: Object.getOwnPropertyDescriptor(prototype, 'dispatch'),
    close: Object.getOwnPropertyDescriptor(prototype, 'close'),
    destroy: Object.getOwnPropertyDescriptor(prototype, 'destroy'),
    addRequest: Object.getOwnPropertyDescriptor(Agent.prototype, 'addRequest'),
    storeHeader: Object.getOwnPropertyDescriptor(ClientRequest.prototype, '_storeHeader'),
  };
};
