import { type Clock, LedgerLostError, systemClock, type Timer } from '@eden-cost/core';
import { BEAT } from './lua/beat.js';
import type { Partitions } from './partitions.js';

const EVERY_MS = 10_000;
const ALIVE_MS = 30_000;

/**
 * Says every ten seconds that this process is alive, and looks whether the balances are still those that it saw. A server
 * that takes longer than that over it is asked again only once it has answered, or let the deadline pass.
 */
export class Heartbeat {
  /** Told of a loss that nobody has asked about. */
  lost: (cause: unknown) => void = () => {};
  /** How many processes are alive, this one included, as it was told last. */
  processes: number | undefined;
  #timer: Timer | undefined;
  #looks = false;
  #stopped = false;

  constructor(
    readonly partitions: Partitions,
    readonly clock: Clock = systemClock,
  ) {}

  start(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = this.clock.after(EVERY_MS, () => {
      this.#timer = undefined;
      this.start();
      if (!this.#looks) void this.#look();
    });
  }

  async beat(): Promise<void> {
    await this.#tell('1');
  }

  /** Never rejects: the others hear of it 30 seconds later at the latest. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    await this.#tell('0').catch(() => {});
  }

  /** All at once: a frozen partition would hold up the beat, and a process that is not heard of for 30 seconds is not counted. */
  async #look(): Promise<void> {
    const told = (cause: unknown) => cause instanceof LedgerLostError && this.lost(cause);
    this.#looks = true;
    try {
      const looks = this.partitions.seen.map((partition) => partition.look().catch(told));
      await Promise.allSettled([...looks, this.beat()]);
    } finally {
      this.#looks = false;
    }
  }

  async #tell(stays: '0' | '1'): Promise<void> {
    const { keys, server } = this.partitions.home;
    const args = [server.process, stays, String(ALIVE_MS)];
    const alive = await server.calls.ask(() => server.runner.run(BEAT, [keys.processes], args));
    this.processes = Math.max(1, Number(alive));
  }
}
