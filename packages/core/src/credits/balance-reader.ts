import type { Clock, Timer } from '../clock.js';
import { readBalance } from '../edenai/balance.js';
import { EdenReadError } from '../errors.js';
import type { Events } from '../events.js';
import type { Nanos } from '../money.js';
import type { CreditsSettings } from './credits-options.js';
import { type EdenReader, known } from './eden-reader.js';

/** An endpoint that is gone is asked again this often: it may have been a proxy's doing. */
const GONE_RETRY_MS = 3_600_000;

/** Clocks that differ by more put charges on another day than Eden AI does. */
const SKEW_MS = 300_000;

export interface BalanceReaderTools {
  readonly clock: Clock;
  readonly events: Events;
  readonly reader: EdenReader;
}

/** Is told of each read. */
export interface ReadWatcher {
  begin(): void;
  /** It failed. */
  abandon(): void;
  end(balance: Nanos): void;
}

/** Reads the balance at intervals, in the background. What keeps it from that is told once. */
export class BalanceReader {
  #timer: Timer | undefined;
  #trouble: string | undefined;
  #toldSkew = false;

  constructor(
    private readonly settings: CreditsSettings,
    private readonly tools: BalanceReaderTools,
    private readonly watcher: ReadWatcher,
  ) {}

  start(): void {
    void this.#read();
  }

  stop(): void {
    this.#timer?.cancel();
    this.tools.reader.stop();
  }

  async #read(): Promise<void> {
    const { clock, reader } = this.tools;
    const { balanceUrl, apiKey, intervalMs } = this.settings;
    const startedAt = clock.now();
    let wait = intervalMs;
    this.watcher.begin();
    try {
      const what = `the balance (GET ${new URL(balanceUrl).pathname})`;
      const heard = (serverTime: number) => this.#checkClock(clock.now() - serverTime);
      const body = await reader.read(what, balanceUrl, apiKey, heard);
      this.watcher.end(known(what, readBalance(body)));
      this.#trouble = undefined;
    } catch (error) {
      this.watcher.abandon();
      if (reader.closed) return;
      wait = Math.max(wait, this.#failed(error));
    }
    if (reader.closed) return;
    const elapsed = Math.min(wait, Math.max(0, clock.now() - startedAt));
    this.#timer = clock.after(wait - elapsed, () => void this.#read());
  }

  /** Returns how long not to ask again. */
  #failed(error: unknown): number {
    const isKnown = error instanceof EdenReadError;
    const failure = isKnown ? error.failure : 'failed';
    if (this.#trouble !== failure) {
      this.#trouble = failure;
      const message = isKnown ? error.message : 'The balance could not be read';
      this.tools.events.emit('error', { problem: 'credits', message, cause: isKnown ? error.cause : error });
    }
    return failure === 'gone' ? GONE_RETRY_MS : (isKnown && error.retryAfterMs) || 0;
  }

  #checkClock(skewMs: number): void {
    const isWrong = Math.abs(skewMs) >= SKEW_MS;
    if (isWrong && !this.#toldSkew) {
      const seconds = Math.round(Math.abs(skewMs) / 1_000);
      const message = `This machine's clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} Eden AI's: charges may be on another day than in its reports, and windows end at another time. Set the clock (NTP)`;
      this.tools.events.emit('error', { problem: 'clock', message });
    }
    this.#toldSkew = isWrong;
  }
}
