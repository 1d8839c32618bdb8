import { AsyncLocalStorage } from 'node:async_hooks';
import type { Temporal as TemporalApi } from 'temporal-polyfill';

export type Temporal = typeof TemporalApi;
type WithTemporal = { Temporal?: Temporal };

let temporal: Temporal | undefined;
let loading: Promise<void> | undefined;

/** The runtime's own `Temporal`, else the polyfill's: there once {@link loadTemporal} has resolved. */
export function getTemporal(): Temporal {
  if (temporal === undefined) throw new Error('prepareTimeZones() has not resolved yet');
  return temporal;
}

/** Answers at once where the runtime has a `Temporal` of its own. */
export function loadTemporal(): void | Promise<void> {
  temporal ??= (globalThis as WithTemporal).Temporal;
  if (temporal !== undefined) return;
  loading ??= load();
  return loading;
}

async function load(): Promise<void> {
  try {
    temporal = (await import('temporal-polyfill')).Temporal;
  } catch (cause) {
    temporal = requireOutsideSandbox();
    loading = undefined;
    if (temporal === undefined) throw cause;
  }
}

/**
 * The polyfill is an ES module, which Jest's own `require` refuses before Node 24: there it is loaded by the `require`
 * of the real realm, to which the constructor of any builtin class leads.
 */
function requireOutsideSandbox(): Temporal | undefined {
  if (typeof require !== 'function') return undefined;
  const path = require.resolve('temporal-polyfill');
  const outside = AsyncLocalStorage.constructor('return globalThis')() as typeof globalThis;
  const { createRequire } = outside.process.getBuiltinModule('node:module');
  return createRequire(path)(path).Temporal;
}
