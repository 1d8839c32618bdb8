import { randomUUID } from 'node:crypto';
import { type Clock, LedgerLostError } from '@eden-cost/core';
import type { BoundedCalls } from './bounded-calls.js';
import type { ScriptRunner } from './client.js';
import type { Keys } from './keys.js';
import { FORGET } from './lua/forget.js';
import { OPEN } from './lua/open.js';
import { OwnChanges } from './own-changes.js';
import { questionError } from './question-error.js';
import type { Reply } from './replies.js';
import type { Script } from './script.js';

/** For what is told on the way back from a loss, when all processes have much to tell. */
const LONG_MS = 5_000;

const WENT_BACK =
  'has gone back to an earlier state: it was restarted from an older snapshot, or failed over to a replica that was behind';

/** What scripts say instead of an answer, and what that means. */
const LOST: Readonly<Record<string, string>> = {
  '-1': 'does not have the balances any more that this process saw in it: it was flushed, or failed over to a server that had none',
  '-2': WENT_BACK,
};

/** What a server is asked with. */
export interface Server {
  readonly runner: ScriptRunner;
  readonly calls: BoundedCalls;
  /** Instead of the server's own time. */
  readonly clock: Clock | undefined;
  /** What this process numbers its changes by. */
  readonly process: string;
}

/** Asks a server of one partition, and notices when that is not any more what this process saw. */
export class Questions {
  /** The value of the epoch key that this process knows: with another one, or none, the balances are not those it saw. */
  #epoch: string | undefined;
  #opening: Promise<unknown> | undefined;
  readonly #changes = new OwnChanges();

  constructor(
    readonly server: Server,
    readonly keys: Keys,
  ) {}

  /** Gets the epoch, and makes one where there is none. Answers the server's time in milliseconds. */
  async open(deadlineMs?: number): Promise<number> {
    const { runner, calls } = this.server;
    const run = () => runner.run(OPEN, [this.keys.epoch], [randomUUID()]);
    const [epoch, seconds, micros] = (await calls.ask(run, deadlineMs)) as Reply;
    this.#epoch ??= String(epoch);
    return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
  }

  /**
   * @throws {LedgerLostError} when the server has another epoch, or none, or an earlier state
   * @throws {LedgerQuestionError} when the script fails for what stands under its keys
   */
  async ask(script: Script, keys: string[], args: string[]): Promise<Reply> {
    const epoch = this.#epoch ?? (await this.#known());
    return this.server.calls.ask(() => this.#hear(script, epoch, keys, args)) as Promise<Reply>;
  }

  /** Without a deadline. */
  async askPatiently(script: Script, keys: string[], args: string[]): Promise<Reply> {
    const epoch = this.#epoch ?? (await this.#known());
    return this.server.calls.askPatiently(() => this.#hear(script, epoch, keys, args)) as Promise<Reply>;
  }

  /** Whatever epoch the server has. It has more time, as what is long waits for what others tell it. */
  async tell(script: Script, keys: string[], args: string[]): Promise<Reply> {
    const { calls } = this.server;
    const run = () => this.#run(script, this.#epoch ?? '', keys, args);
    return calls.ask(run, Math.max(LONG_MS, calls.deadlineMs)) as Promise<Reply>;
  }

  /** From here on this epoch counts. */
  begin(epoch: string): void {
    this.#epoch = epoch;
  }

  /** Also an answer that comes after the deadline. */
  async #hear(script: Script, epoch: string, keys: string[], args: string[]): Promise<Reply> {
    const reply = await this.#run(script, epoch, keys, args);
    const lost = LOST[String(reply[0])];
    if (lost !== undefined) throw new LedgerLostError(`The Redis server ${lost}`);
    const change = Number(reply.at(-1));
    if (change === 0 || this.#changes.heard(change)) return reply.slice(0, -1);
    await this.server.runner.run(FORGET, [this.keys.epoch, this.keys.given], [epoch]);
    throw new LedgerLostError(`The Redis server ${WENT_BACK}`);
  }

  async #run(script: Script, epoch: string, keys: string[], args: string[]): Promise<Reply> {
    const { runner, clock, process } = this.server;
    const now = clock === undefined ? '' : String(clock.now());
    const known = [epoch, now, process, String(this.#changes.latest)];
    try {
      return (await runner.run(script, [this.keys.epoch, ...keys], [...known, ...args])) as Reply;
    } catch (error) {
      throw questionError(error);
    }
  }

  async #known(): Promise<string> {
    this.#opening ??= this.open().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
    return this.#epoch as string;
  }
}
