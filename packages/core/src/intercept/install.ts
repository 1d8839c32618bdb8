import { type FetchGate, wrapFetch } from './fetch.js';
import { warnOfFrozenSlots } from './frozen-slots.js';
import { HttpLayer } from './http.js';
import { replace } from './patch.js';
import { loadedCopies } from './undici-copies.js';
import { globalDispatchers } from './undici-dispatchers.js';
import { type UnmeteredCall, UnmeteredWatch } from './unmetered.js';

/** Puts all interception in place. Returns what takes it back: false when some of it had to stay, inert. */
export function install(gate: FetchGate, tellUnmetered: (call: UnmeteredCall) => void): () => boolean {
  warnOfFrozenSlots();
  patchGlobalDispatchers(gate);
  patchLoadedCopies(gate);
  const undoFetch =
    typeof globalThis.fetch === 'function'
      ? replace(globalThis, 'fetch', (original) => wrapFetch(original, gate, false))
      : () => true;
  const http = new HttpLayer(gate.calls);
  const undoHttp = http.install();
  const watch = new UnmeteredWatch(
    gate.calls,
    (request) => http.met(request),
    (call) => {
      patchLoadedCopies(gate); // a copy that came later is metered from its second call on
      tellUnmetered(call);
    },
  );
  const stopWatch = watch.start();
  return () => {
    stopWatch();
    return [undoFetch(), undoHttp(), gate.undici.restore()].every(Boolean);
  };
}

/** An app may set another global dispatcher at any time, of another copy of undici: called again for each scope. */
export function patchGlobalDispatchers({ undici }: Pick<FetchGate, 'undici'>): void {
  for (const dispatcher of globalDispatchers()) undici.patch(dispatcher);
}

/** Looks through all loaded modules: for the start, and for the first request, when everything is loaded. */
export function patchLoadedCopies({ undici }: Pick<FetchGate, 'undici'>): void {
  for (const dispatcher of loadedCopies()) undici.patch(dispatcher);
}
