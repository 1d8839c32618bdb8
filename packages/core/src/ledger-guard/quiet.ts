import { systemClock } from '../clock.js';

/** Waits for the moment when there is nothing left to do. */
export class Quiet {
  #waiting: (() => void)[] = [];

  constructor(private readonly isQuiet: () => boolean) {}

  /** Called whenever that may have come. What has just been answered with a failure is kept in this turn, so the next one shows. */
  tell(): void {
    if (this.#waiting.length > 0) setImmediate(() => this.#look());
  }

  #look(): void {
    if (!this.isQuiet()) return;
    for (const tell of this.#waiting.splice(0)) tell();
  }

  /** Resolves then, or after so many milliseconds. */
  async wait(timeoutMs: number): Promise<void> {
    if (this.isQuiet() || timeoutMs <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = Number.isFinite(timeoutMs) ? systemClock.after(timeoutMs, resolve, { keepAlive: true }) : undefined;
      this.#waiting.push(() => {
        timer?.cancel();
        resolve();
      });
    });
  }
}
