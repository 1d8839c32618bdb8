import { type AccountRef, type MaybePromise, OptionsError } from '@eden-cost/core';
import { tagOf } from './keys.js';
import { REGISTER } from './lua/register.js';
import { Partition } from './partition.js';
import type { Server } from './questions.js';

const MOST = 64;
/** How many ids are remembered with their partition. Of others, every partition is asked. */
const IDS = 50_000;

/** Which partition an account belongs to, and which one a reservation was made in. */
export class Partitions {
  readonly home: Partition;
  readonly #all = new Map<string, Partition>();
  /** Where reservations are: of the latest 50,000 to 100,000. */
  #young = new Map<string, Partition>();
  #old = new Map<string, Partition>();

  constructor(
    readonly server: Server,
    readonly prefix: string,
    readonly nameOf: ((account: AccountRef) => string) | undefined,
  ) {
    this.home = new Partition(server, tagOf(prefix, ''));
  }

  /** The one partition of these accounts. */
  ofAll(accounts: readonly AccountRef[]): MaybePromise<Partition> {
    if (this.nameOf === undefined || accounts.length === 0) return this.home;
    return this.#ofAll(accounts);
  }

  async #ofAll(accounts: readonly AccountRef[]): Promise<Partition> {
    const names = new Set(accounts.map((account) => this.#name(account)));
    if (names.size === 1) return this.#open([...names][0] as string);
    throw new OptionsError(
      `partition() puts the accounts of one call into ${names.size} partitions (${[...names].join(', ')}), over which no step is atomic: answer with the same name for all budgets that can apply to one call`,
    );
  }

  /** Accounts, with their places in the list, by their partition. */
  async each<T>(items: readonly T[], accountOf: (item: T) => AccountRef): Promise<Map<Partition, number[]>> {
    const places = new Map<Partition, number[]>();
    for (const [place, item] of items.entries()) {
      const partition = await this.ofAll([accountOf(item)]);
      const known = places.get(partition);
      if (known === undefined) places.set(partition, [place]);
      else known.push(place);
    }
    return places;
  }

  remember(id: string, partition: Partition): void {
    if (this.nameOf === undefined) return;
    if (this.#young.size >= IDS) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, partition);
  }

  /** Reservations by their partition, but for those of which this process does not know where they were. */
  eachReservation<T extends { readonly id: string }>(items: readonly T[]): Map<Partition, T[]> {
    const found = new Map<Partition, T[]>();
    for (const item of items) {
      const partition = this.nameOf === undefined ? this.home : this.#known(item.id);
      if (partition === undefined) continue;
      const some = found.get(partition);
      if (some === undefined) found.set(partition, [item]);
      else some.push(item);
    }
    return found;
  }

  /** Where a reservation can be: with `partition`, anywhere if another process made it. */
  ofReservation(id: string): MaybePromise<readonly Partition[]> {
    return this.nameOf === undefined ? this.seen : this.#ofReservation(id);
  }

  async #ofReservation(id: string): Promise<readonly Partition[]> {
    const known = this.#known(id);
    return known === undefined ? [this.home, ...(await this.#everyOne())] : [known];
  }

  /** Those that this process has seen. */
  get seen(): readonly Partition[] {
    return [this.home, ...this.#all.values()];
  }

  #known(id: string): Partition | undefined {
    return this.#young.get(id) ?? this.#old.get(id);
  }

  #name(account: AccountRef): string {
    const name = (this.nameOf as (account: AccountRef) => unknown)(account);
    if (typeof name === 'string' && name !== '') return name;
    throw new OptionsError(`partition() must answer with the name of a partition, and not ${JSON.stringify(name)}`);
  }

  /** The first call of a partition tells the others, so that they find the reservations in it. */
  async #open(name: string): Promise<Partition> {
    const known = this.#all.get(name);
    if (known !== undefined) return known;
    const names = await this.#register(name);
    if (names.length > MOST) {
      throw new OptionsError(
        `partition() has made more than ${MOST} partitions: let it answer with one of a few names, by a hash of the label's value`,
      );
    }
    return this.#partition(name);
  }

  async #everyOne(): Promise<readonly Partition[]> {
    return (await this.#register()).map((name) => this.#partition(name));
  }

  async #register(...names: string[]): Promise<string[]> {
    const { runner, calls } = this.server;
    const reply = await calls.ask(() => runner.run(REGISTER, [this.home.keys.partitions], [String(MOST), ...names]));
    return (reply as unknown[]).map(String);
  }

  #partition(name: string): Partition {
    const partition = this.#all.get(name) ?? new Partition(this.server, tagOf(this.prefix, name));
    this.#all.set(name, partition);
    return partition;
  }
}
