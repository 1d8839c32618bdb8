import { randomUUID } from 'node:crypto';
import { type FinishedReservation, LedgerLostError, type RememberedAccount } from '@eden-cost/core';
import { plain } from './keys.js';
import { CLOSE } from './lua/close.js';
import { RESTORE } from './lua/restore.js';
import type { Questions } from './questions.js';
import { endOf, RANKS } from './stored.js';

/** A script that restores more at once would keep the server from everything else for too long. */
const AT_ONCE = 500;

/** Gives a server back what it has lost, some at a time. What has arrived is not sent again when a later part fails. */
export class WayBack {
  /** What the server has marked this loss with. */
  #mark = '';
  readonly #arrived = new Set<string>();

  constructor(private readonly questions: Questions) {}

  async close(finished: readonly FinishedReservation[]): Promise<void> {
    for (let from = 0; from < finished.length; from += AT_ONCE) {
      const some = finished.slice(from, from + AT_ONCE);
      const args = some.flatMap(({ id, amount, truth: { rank, at } }) => [
        plain(id),
        String(amount),
        RANKS[rank],
        String(at),
      ]);
      await this.questions.tell(CLOSE, [], args);
    }
  }

  /** @throws {LedgerLostError} when the server loses meanwhile what it was given back before */
  async restore(remembered: readonly RememberedAccount[]): Promise<void> {
    const left = remembered.filter(({ account }) => !this.#arrived.has(account.key));
    for (let from = 0; from < left.length; from += AT_ONCE) await this.#give(left.slice(from, from + AT_ONCE));
    const epoch = await this.#tell(randomUUID(), []);
    this.#startOver();
    this.questions.begin(epoch);
  }

  async #give(some: readonly RememberedAccount[]): Promise<void> {
    await this.#tell('', some);
    for (const { account } of some) this.#arrived.add(account.key);
  }

  async #tell(newEpoch: string, some: readonly RememberedAccount[]): Promise<string> {
    const keys = some.map(({ account }) => this.questions.keys.account(account.key));
    const args = some.flatMap(({ account, balance: { settled, toppedUp } }) => [
      endOf(account),
      String(settled),
      String(toppedUp),
    ]);
    const reply = await this.questions.tell(RESTORE, keys, [newEpoch, this.#mark, randomUUID(), ...args]);
    const [epoch = '', mark = ''] = reply.map(String);
    if (this.#mark !== '' && mark !== this.#mark) {
      this.#startOver();
      throw new LedgerLostError('The Redis server has lost again what it was just given back');
    }
    this.#mark = mark;
    return epoch;
  }

  #startOver(): void {
    this.#mark = '';
    this.#arrived.clear();
  }
}
