import type { AddedHeaders } from './added-headers.js';
import type { LabelValues } from './budget/label-values.js';
import type { PlanLimits } from './budget/plan-limits.js';
import type { BudgetBook } from './budget-book.js';
import type { CallInfo } from './call-info.js';
import type { Clock } from './clock.js';
import type { Counters } from './counters.js';
import type { DrawsOnCredits } from './credits/account-keys.js';
import type { CreditsCircuit } from './credits/circuit.js';
import type { CreditsWatch } from './credits/credits-watch.js';
import type { CallKind } from './edenai/classify.js';
import type { RequestFacts } from './edenai/request-body.js';
import type { Events } from './events.js';
import type { OutgoingRequest } from './exchange.js';
import type { Jobs } from './jobs/jobs.js';
import type { LearnedEstimates } from './learned-estimates.js';
import type { MeterLedger } from './ledger-guard/meter-ledger.js';
import type { UnattributedWarning } from './log/unattributed-warning.js';
import type { Nanos } from './money.js';
import type { ObservedDenials } from './observed-denials.js';
import type { OpenCalls } from './open-calls.js';
import type { Settings } from './options/settings.js';
import type { Rates } from './rates.js';
import type { Scope } from './scope/scope.js';
import type { StreamUsage } from './stream-usage.js';

/** What the steps of a call work with. One set for each meter. */
export interface Parts {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly ledger: MeterLedger;
  readonly budgets: BudgetBook;
  readonly limits: PlanLimits;
  readonly values: LabelValues;
  readonly rates: Rates;
  readonly events: Events;
  readonly openCalls: OpenCalls;
  readonly streamUsage: StreamUsage;
  readonly jobs: Jobs;
  readonly learned: LearnedEstimates;
  readonly counters: Counters;
  readonly observed: ObservedDenials;
  readonly unattributed: UnattributedWarning;
  readonly circuit: CreditsCircuit;
  /** The balance watch; `undefined` without the option `credits`. */
  readonly credits: CreditsWatch | undefined;
  readonly addedHeaders: AddedHeaders;
}

/** One HTTP exchange with Eden AI, as it is known before it leaves. */
export interface Call {
  /** Also the reservation's id, and the charge's. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly request: OutgoingRequest;
  readonly kind: CallKind;
  readonly facts: RequestFacts;
  /** The same for the app's own functions (`match`). */
  readonly info: CallInfo;
  readonly scope: Scope | undefined;
  /** Whether its cost leaves the credits that are watched. */
  readonly draws: DrawsOnCredits;
  /** The estimate that the call itself states (`x-eden-cost-estimate`). */
  readonly statedEstimate: Nanos | undefined;
  /** What it can cost at most: `max_tokens` × the rate card, where both are known. */
  readonly worstCase: Nanos | undefined;
  /** What 95 of 100 such calls stayed within, once there were enough of them. */
  readonly learned: Nanos | undefined;
}
