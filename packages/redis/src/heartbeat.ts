import { randomUUID } from 'node:crypto';
import { type Clock, systemClock, type Timer } from '@eden-cost/core';
import { BEAT } from './lua/beat.js';
import type { Partition } from './partition.js';

const EVERY_MS = 10_000;
const ALIVE_MS = 30_000;

/** Says every ten seconds that this process is alive, and hears how many are. */
export class Heartbeat {
  /** How many live, this one included, as of the latest beat. */
  processes = 1;
  readonly #name = randomUUID();
  #timer: Timer | undefined;
  #stopped = false;

  constructor(
    readonly partition: Partition,
    readonly clock: Clock = systemClock,
  ) {}

  start(): void {
    if (this.#timer !== undefined || this.#stopped) return;
    this.#timer = this.clock.after(EVERY_MS, () => {
      this.#timer = undefined;
      this.start();
      this.beat().catch(() => {});
    });
  }

  /** A server that does not answer leaves the number as it was. */
  async beat(): Promise<void> {
    this.processes = Math.max(1, await this.#tell('1'));
  }

  /** Never rejects: the others hear of it 30 seconds later at the latest. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer === undefined) return;
    this.#timer.cancel();
    await this.#tell('0').catch(() => {});
  }

  async #tell(stays: '0' | '1'): Promise<number> {
    const { keys, server } = this.partition;
    const args = [this.#name, stays, String(ALIVE_MS)];
    const reply = await server.calls.ask(() => server.runner.run(BEAT, [keys.processes], args));
    return Number((reply as unknown[])[0]);
  }
}
