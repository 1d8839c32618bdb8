import { helpLink } from '../links.js';
import { processState, realm } from '../process-state.js';

/**
 * Tells a developer once, by `process.emitWarning`, that something will not do what they expect.
 * Type `EdenCostWarning`; silence one with `node --disable-warning=<code>`.
 */
export function warnOnce(code: `WARN_COST_${string}`, message: string): void {
  const warned = processState.warned.get(realm) ?? new Set();
  processState.warned.set(realm, warned);
  if (warned.has(code)) return;
  warned.add(code);
  process.emitWarning(message, { type: 'EdenCostWarning', code, detail: `See ${helpLink(code)}` });
}
