import { helpLink } from './links.js';
import { processState } from './process-state.js';

/**
 * Tells a developer once, by `process.emitWarning`, that something will not do what they expect.
 * Type `EdenCostWarning`; silence one with `node --disable-warning=<code>`.
 */
export function warnOnce(code: `WARN_COST_${string}`, message: string): void {
  if (processState.warned.has(code)) return;
  processState.warned.add(code);
  process.emitWarning(message, { type: 'EdenCostWarning', code, detail: `See ${helpLink(code)}` });
}
