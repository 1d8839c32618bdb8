import { processState, realm } from './process-state.js';

/** A route names a budget before there is a meter to know it. */
export function awaitBudget(name: string): void {
  const awaited = processState.awaitedBudgets.get(realm) ?? new Set();
  processState.awaitedBudgets.set(realm, awaited.add(name));
}

/** The names that were asked for since the last time, for the meter that is there now. */
export function takeAwaitedBudgets(): Iterable<string> {
  const awaited = processState.awaitedBudgets.get(realm) ?? [];
  processState.awaitedBudgets.delete(realm);
  return awaited;
}
