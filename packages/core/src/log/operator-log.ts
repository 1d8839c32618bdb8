import type { Clock, Timer } from '../clock.js';
import type { BalanceEvent } from '../credits/balance-states.js';
import type { Denial } from '../denial.js';
import type { Events, MeterError, MeterEvents } from '../events.js';
import type { WriteLine } from './line-writer.js';

const MINUTE_MS = 60_000;

const IS = { spent: 'is spent', held: 'is held', ledger: 'cannot be asked', credits: 'is spent' } as const;

const LEDGER_IS = { down: 'cannot be asked', lost: 'has lost its balances' } as const;
const BALANCE_LINES: Readonly<Record<BalanceEvent['state'], readonly [level: 30 | 40 | 50, message: string]>> = {
  low: [40, 'edenai credits are low: buy credits, or turn on auto-refill, before every call is answered with 402'],
  exhausted: [50, 'edenai credits are used up: every call fails until credits are bought'],
  refilled: [30, 'edenai credits are there again'],
  unrefilled: [
    50,
    'edenai credits are below the threshold of the auto-refill, and were not refilled: check the card in the Eden AI dashboard',
  ],
};

/** A line that was written, and what has been kept back since. */
interface Muted {
  count: number;
  readonly timer: Timer;
  readonly tell: () => void;
}

/** The lines that are for whoever runs the app. Never a key, a prompt, a label value or an upstream body. */
export class OperatorLog {
  readonly #muted = new Map<string, Muted>();
  #closed = false;
  #ledgerDown: Timer | undefined;
  #replayed = 0;

  constructor(
    private readonly write: WriteLine,
    private readonly clock: Clock,
  ) {}

  listen(events: Events): void {
    events.on('denied', (denial) => this.denied(denial, denial.enforced));
    events.on('threshold', (event) => this.threshold(event));
    events.on('balance', (event) => this.balance(event));
    events.on('unmetered', (event) => this.unmetered(event));
    events.on('ledger', (event) => this.ledger(event));
  }

  started(facts: { hosts: string[]; budgets: string[]; mode: string; ledger: string }): void {
    this.write(30, 'edenai cost meter started', { edenai: facts });
  }

  /** Writes what was kept back, and leaves no timer behind. */
  closed(facts: { restored: boolean; unsettled: number }): void {
    this.#closed = true;
    this.#ledgerDown?.cancel();
    for (const { timer, tell } of [...this.#muted.values()]) {
      timer.cancel();
      tell();
    }
    this.write(30, 'edenai cost meter closed', { edenai: facts });
  }

  denied(denial: Denial, enforced: boolean): void {
    if (denial.reason === 'credits') this.#creditsExhausted();
    else {
      const what = enforced ? 'denied' : 'would be denied (observe mode)';
      this.#oncePerMinute(`${denial.budget} ${denial.reason} ${enforced}`, (count) =>
        this.write(40, `edenai calls ${what}: budget "${denial.budget}" ${IS[denial.reason]}`, {
          edenai: { budget: denial.budget, reason: denial.reason, enforced, count },
        }),
      );
    }
  }

  #creditsExhausted(): void {
    this.#oncePerMinute('credits', (count) =>
      this.write(
        50,
        "Eden AI answered 402 Payment Required: the account's credits, or this API key's own budget, are used up. " +
          'Every call now fails. Buy credits, turn on auto-refill, or raise the budget of the key in the Eden AI dashboard.',
        { edenai: { reason: 'credits', count } },
      ),
    );
  }

  threshold({ budget, threshold, settledNanos, limitNanos }: MeterEvents['threshold']): void {
    if (threshold < 0.8) return;
    const percent = Math.round(threshold * 100);
    this.write(
      40,
      `edenai budget "${budget}" ${settledNanos < threshold * limitNanos ? 'has no room for a further call' : `has reached ${percent} % of its limit`}`,
      { edenai: { budget, percent } },
    );
  }

  /** Never an amount: a log is read by more people than the books. */
  balance({ state }: BalanceEvent): void {
    const [level, message] = BALANCE_LINES[state];
    this.write(level, message, { edenai: { credits: state } });
  }

  unmetered({ origin, reason, fix }: MeterEvents['unmetered']): void {
    this.write(40, `edenai call to ${origin} is not metered: ${reason}. ${fix}`, { edenai: { origin } });
  }

  /** Once a minute for as long as it lasts, and once when it is over. */
  ledger({ state, cause, replayed = 0 }: MeterEvents['ledger']): void {
    this.#ledgerDown?.cancel();
    if (state === 'up') {
      this.#replayed += replayed;
      this.#oncePerMinute('ledger up', () => this.#ledgerUp());
      return;
    }
    this.#oncePerMinute(`ledger ${state}`, (count) =>
      this.write(50, `edenai ledger ${LEDGER_IS[state]}: each budget's onLedgerError decides`, {
        edenai: { ledger: state, count, ...(cause instanceof Error && { cause: causeOf(cause) }) },
      }),
    );
    if (!this.#closed) this.#ledgerDown = this.clock.after(MINUTE_MS, () => this.ledger({ state, cause }));
  }

  #ledgerUp(): void {
    const replayed = this.#replayed;
    this.#replayed = 0;
    this.write(30, 'edenai ledger works again, and has been told of what happened meanwhile', {
      edenai: { ledger: 'up', replayed },
    });
  }

  error({ problem, message, operation, model, cause }: MeterError): void {
    this.#oncePerMinute(`error ${problem}`, (count) =>
      this.write(40, `edenai cost meter: ${message}`, {
        edenai: { problem, operation, model, count, ...(cause instanceof Error && { cause: causeOf(cause) }) },
      }),
    );
  }

  /** The first at once, the others of its minute together at the end of it. */
  #oncePerMinute(key: string, write: (count: number) => void): void {
    const muted = this.#muted.get(key);
    if (muted !== undefined) {
      muted.count += 1;
      return;
    }
    write(1);
    if (this.#closed) return;
    const tell = () => {
      const { count = 0 } = this.#muted.get(key) ?? {};
      this.#muted.delete(key);
      if (count > 0) write(count);
    };
    this.#muted.set(key, { count: 0, timer: this.clock.after(MINUTE_MS, tell), tell });
  }
}

/** Never the error itself: those of axios and got hold the request, and with it the key. */
function causeOf(cause: Error): Record<string, unknown> {
  const { name, code = (cause.cause as NodeJS.ErrnoException | undefined)?.code } = cause as NodeJS.ErrnoException;
  return { name, code };
}
