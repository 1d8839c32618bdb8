import { AsyncLocalStorage } from 'node:async_hooks';
import type { Denial } from './denial.js';
import type { Meter } from './meter.js';
import type { Scope } from './scope/scope.js';

/**
 * What must exist once in a process, however many copies of this package (ESM, CommonJS, two versions) are loaded.
 *
 * `globalThis` is not enough: a Jest test file runs in a sandbox with a global of its own, while the prototypes that
 * `intercept/` patches are those of the real one. A class of a builtin module always belongs to the real realm, so its
 * constructor leads there.
 */
export interface ProcessState {
  readonly storage: AsyncLocalStorage<Scope>;
  /** The meter that intercepts, and the realm that it was made in. */
  installed: { readonly realm: unknown; readonly meter: Meter; uninstall(): boolean } | undefined;
  /** Denials by id, the oldest dropped first: an SDK's error carries nothing but the id. */
  readonly denials: Map<string, Denial>;
  /** Budget names that routes of a realm asked for before a meter was there to know them. */
  readonly awaitedBudgets: WeakMap<object, Set<string>>;
  /** Codes of the warnings that were given in a realm: each test file of Jest is one. */
  readonly warned: WeakMap<object, Set<string>>;
}

const KEY = Symbol.for('@eden-cost/core:1');

export const realGlobal = findRealGlobal() as typeof globalThis & { [KEY]?: ProcessState };

function findRealGlobal(): unknown {
  try {
    return AsyncLocalStorage.constructor('return globalThis')();
  } catch {
    return globalThis; // code generation from strings is switched off: then there is no sandbox either
  }
}

realGlobal[KEY] ??= {
  storage: new AsyncLocalStorage<Scope>(),
  installed: undefined,
  denials: new Map(),
  awaitedBudgets: new WeakMap(),
  warned: new WeakMap(),
};

export const processState: ProcessState = realGlobal[KEY];

/** Every realm has an `Object` of its own; all copies of this package in one realm share it. */
export const realm: object = Object;
