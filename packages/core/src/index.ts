// for apps

// for adapters: what turns one framework's request into a scope, and a denial into its error
export { type RouteBudget, resolveLayer, routeBudget } from './adapter.js';
export type { Budget, BudgetWindow, ResolvedBudget } from './budget/budget.js';
export type { CallInfo } from './call-info.js';
export type { Basis, Charge, Operation, Usage } from './charge.js';
export { type Clock, systemClock, type Timer } from './clock.js';
export type { Snapshot } from './counters.js';
export { createMeter, isMeter, meterInProcess } from './create-meter.js';
export type { BalanceEvent, CreditsState } from './credits/balance-states.js';
export type { AutoRefillOptions, CreditsOptions } from './credits/credits-options.js';
export type { CreditsBalance } from './credits/credits-watch.js';
export type { MeterCredits } from './credits/meter-credits.js';
export type { TagsOption } from './credits/tags-option.js';
export type { UsageQuery } from './credits/usage-query.js';
export type { UsageLine, UsageReport } from './credits/usage-report.js';
export type { Denial, DenialError, DenialReason, DenialStatus } from './denial.js';
export type { Attempt } from './edenai/metadata.js';
export type { ReadFailure } from './edenai/read-failure.js';
export {
  BudgetExceededError,
  CostError,
  CreditsExhaustedError,
  EdenReadError,
  isBudgetExceeded,
  isCreditsExhausted,
  LedgerUnavailableError,
  OptionsError,
  PaymentRequiredError,
  passAs,
  WebhookSignatureError,
} from './errors.js';
export type { MeterError, MeterEvents } from './events.js';
export { onAnswered } from './http/answered.js';
export { findDenial } from './http/find-denial.js';
export { BODY_HEADERS, PROBLEM_TYPE, type Problem, toProblem } from './http/problem.js';
export { surfaceError } from './http/surface-error.js';
export type { MeterJobs, SettledJob } from './jobs/job-settler.js';
export type { JobsOptions } from './jobs/jobs-options.js';
export type { WebhookBody, WebhookHeaders } from './jobs/webhook-request.js';
// for ledgers
export { Account } from './ledger/account-book.js';
export { checkAmount, checkHolds, checkToppedUp, checkTopUp } from './ledger/check-amount.js';
export type {
  AccountRef,
  Balance,
  Crossing,
  FinishedReservation,
  Hold,
  Ledger,
  MaybePromise,
  Rank,
  Refusal,
  RememberedAccount,
  ReserveRequest,
  ReserveResult,
  SettleResult,
  TopUp,
  Truth,
} from './ledger/ledger.js';
export { LedgerLostError } from './ledger/ledger-lost-error.js';
export { LedgerQuestionError } from './ledger/ledger-question-error.js';
export { type LedgerBook, LedgerRules } from './ledger/ledger-rules.js';
export { memoryLedger } from './ledger/memory-ledger.js';
export { Reservation, type ReservationRecord } from './ledger/reservation.js';
export { withScopeAccounts } from './ledger/scope-accounts.js';
export { NoAnswer, withDeadline } from './ledger-guard/deadline.js';
export type { Logger, LoggerOption, LogLine } from './log/logger.js';
export { warnOnce } from './log/warnings.js';
export type { Closed, CreditsHealth, Health, HealthOptions, Meter, OpenInit, OpenScope, RunInit } from './meter.js';
export { formatUsd } from './money.js';
export type { ObservedDenial } from './observed-denials.js';
export { type AdapterOptions, type ConfiguredAdapter, configureAdapter } from './options/adapter-options.js';
export type { MeterOptions, Mode } from './options/options.js';
export type { BudgetName, Register } from './register.js';
export type { CostFields } from './scope/cost-line.js';
export type { LabelSource, LabelValue } from './scope/labels.js';
export type { CheckOptions, CostScope, Remaining } from './scope/scope.js';
