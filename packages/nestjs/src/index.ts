export {
  type BalanceEvent,
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
  EdenReadError,
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
  WebhookSignatureError,
} from '@eden-cost/core';
export { CostAdapter } from './cost.adapter.js';
export { COST_METER } from './cost.constants.js';
export { Budget, CostLabels, Costs, InjectMeter, SkipBudgets } from './cost.decorators.js';
export { CostFilter } from './cost.filter.js';
export { CostInterceptor } from './cost.interceptor.js';
export { CostModule } from './cost.module.js';
export { COST_OPTIONS, type CostModuleExtras } from './cost.module-definition.js';
export type { CostConfig, CostModuleOptions, CostOptionsFactory } from './cost.options.js';
export type { CostRequest } from './cost.request.js';
export { CostService } from './cost.service.js';
export { PaymentRequiredException } from './payment-required.exception.js';
export { WithCosts } from './with-costs.decorator.js';
