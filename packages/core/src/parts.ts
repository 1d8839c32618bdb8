import { AddedHeaders } from './added-headers.js';
import { LabelValues } from './budget/accounts.js';
import { PlanLimits } from './budget/plan-limits.js';
import { BudgetBook } from './budget-book.js';
import type { Parts } from './call.js';
import { Counters } from './counters.js';
import { CreditsCircuit } from './credits/circuit.js';
import { CreditsWatch } from './credits/credits-watch.js';
import { EdenReader } from './credits/eden-reader.js';
import type { Events } from './events.js';
import { innerFetch } from './intercept/inner-fetch.js';
import { Jobs } from './jobs/jobs.js';
import { LearnedEstimates } from './learned-estimates.js';
import { ledgerOf } from './ledger-of.js';
import { warnOfMemoryLedger } from './log/memory-ledger-warning.js';
import { UnattributedWarning } from './log/unattributed-warning.js';
import { ObservedDenials } from './observed-denials.js';
import { OpenCalls } from './open-calls.js';
import type { Settings } from './options/settings.js';
import { Rates } from './rates.js';
import { StreamUsage } from './stream-usage.js';

/** Makes what the steps of a call work with. What goes wrong in them becomes an `error` event. */
export function makeParts(settings: Settings, events: Events): Parts {
  const { clock, maxAccounts } = settings;
  const counters = new Counters(clock.now());
  const ledger = ledgerOf(settings, events);
  const tell = (problem: string, message: string, cause?: unknown) => events.emit('error', { problem, message, cause });

  const limits = new PlanLimits(clock, maxAccounts, (budget, cause) =>
    tell('limit', `limitUsd() of budget "${budget}" failed`, cause),
  );
  const values = new LabelValues(maxAccounts, {
    overflow: (budgetWindow) =>
      tell('overflow', `More than ${maxAccounts} label values in ${budgetWindow}: further ones share one account`),
    unlabelled: (budget) =>
      tell('unlabelled', `Requests without the label of budget "${budget}" share one account of it`),
  });
  const budgets = new BudgetBook(settings.budgets, {
    clock,
    limits,
    values,
    observe: settings.mode !== 'enforce',
    matchFailed: (budget, cause) => tell('match', `match() of budget "${budget}" failed: the budget applies`, cause),
    ...(settings.mode !== 'off' && { added: (budget) => warnOfMemoryLedger(ledger, budget) }),
  });
  const rates = new Rates(
    settings.rateCard,
    settings.baseUrls[0] as Settings['baseUrls'][number],
    clock,
    (input, init) => globalThis.fetch(input, init),
    (cause) =>
      tell(
        'rate-card',
        "Eden AI's lists of prices could not all be read: earlier prices stay, else estimates come from the table",
        cause,
      ),
  );
  const openCalls = new OpenCalls(ledger, clock, settings.reservationTtlMs, (cause) =>
    tell('ledger', 'The reservations of calls in flight could not be extended', cause),
  );
  const observed = new ObservedDenials();
  events.on('charge', (charge) => observed.charged(charge));
  const circuit: CreditsCircuit = new CreditsCircuit(
    clock,
    settings.mode === 'enforce' ? settings.circuitMs : undefined,
    (call) => credits?.resumed(call),
    (call) => credits?.isKnownToPay(call) ?? false,
  );
  const credits =
    settings.credits &&
    new CreditsWatch(settings.credits, {
      clock,
      events,
      reader: new EdenReader(innerFetch, () => clock.now()),
      inFlight: () => openCalls.estimates,
      isAccountRefused: () => circuit.isAccountRefused,
      refilled: (wasExhausted) => circuit.refilled(wasExhausted),
      ...(settings.circuitMs !== undefined && { lapseMs: settings.circuitMs }),
    });
  const parts: Parts = {
    settings,
    clock,
    ledger,
    budgets,
    limits,
    values,
    rates,
    events,
    openCalls,
    streamUsage: new StreamUsage(settings.streamUsage),
    jobs: new Jobs(() => parts),
    learned: new LearnedEstimates(),
    observed,
    counters,
    unattributed: new UnattributedWarning(),
    circuit,
    credits,
    addedHeaders: new AddedHeaders(settings, events),
  };
  return parts;
}
