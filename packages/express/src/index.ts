import './augment.js';

export {
  type Budget,
  BudgetExceededError,
  type BudgetName,
  type BudgetWindow,
  type CallInfo,
  type Charge,
  type CheckOptions,
  CostError,
  type CostScope,
  CreditsExhaustedError,
  createMeter,
  type Denial,
  type DenialReason,
  type DenialStatus,
  findDenial,
  formatUsd,
  isBudgetExceeded,
  isCreditsExhausted,
  type LabelValue,
  type Ledger,
  LedgerUnavailableError,
  type Logger,
  type LogLine,
  type Meter,
  type MeterEvents,
  type MeterOptions,
  memoryLedger,
  OptionsError,
  PaymentRequiredError,
  type Register,
  type Remaining,
  type RouteBudget,
} from '@eden-cost/core';
export { type CostAwareHandler, type CostAwareOptions, costAware } from './cost-aware.js';
export { costErrors } from './cost-errors.js';
export { withBudget } from './with-budget.js';
