import type { ResolvedBudget } from '../budget/budget.js';
import type { Charge } from '../charge.js';
import { warnOnce } from './warnings.js';

/**
 * A call outside any scope is on nobody's cost line, and on no budget that goes by a label. In a script that may be meant;
 * where scopes or such budgets are used, it is more likely a job without one, or a callback that lost its own.
 */
export class UnattributedWarning {
  #scopesAreUsed = false;

  scopeOpened(): void {
    this.#scopesAreUsed = true;
  }

  charged({ amount }: Charge, budgets: readonly ResolvedBudget[]): void {
    if (amount === 0 || !(this.#scopesAreUsed || budgets.some(({ by }) => by.length > 0))) return;
    warnOnce(
      'WARN_COST_UNATTRIBUTED',
      'A call to Eden AI was made outside any request or job: it is on no cost line, and budgets with `by` do not hold for ' +
        'it. Run jobs in meter.run() or @WithCosts(), and callbacks that lose their request in meter.bind() or costs.run().',
    );
  }
}
