import type { Balance, Crossing, Hold, Rank, Refusal, ReserveResult, SettleResult, Truth } from '@eden-cost/core';

const RANKS: readonly Rank[] = ['expired', 'estimated', 'rated', 'reported'];

interface ModelHold extends Hold {
  stands: number;
}

interface ModelReservation {
  readonly holds: readonly ModelHold[];
  readonly answer: ReserveResult;
  state: 'open' | 'expired' | 'settled' | 'released';
  expiresAt: number;
  rank: Rank;
  at: number;
}

/** What a ledger should do, written down as plainly as it goes: no concern for speed, memory or atomicity. */
export class LedgerModel {
  readonly #accounts = new Map<string, { settled: number; reserved: number; toppedUp: number; fired: Set<number> }>();
  readonly #reservations = new Map<string, ModelReservation>();
  readonly #notes = new Set<string>();

  balance(key: string, at: number): Balance {
    this.#expire(at);
    const { settled, reserved, toppedUp } = this.#account(key);
    return { settled, reserved, toppedUp };
  }

  /** What stands on an account, by its reservations. */
  standing(key: string): number {
    const holds = [...this.#reservations.values()].flatMap(({ holds }) => holds);
    return holds.filter(({ account }) => account.key === key).reduce((sum, { stands }) => sum + stands, 0);
  }

  reserve(id: string, holds: readonly Hold[], ttlMs: number, at: number, probe: boolean): ReserveResult {
    this.#expire(at);
    const known = this.#reservations.get(id);
    if (known !== undefined && !probe) return known.answer;
    const short = holds.flatMap((hold, index) => this.#short(holds, hold, index));
    const refused = short.filter(({ index }) => holds[index]?.enforce);
    const refusal = refused.find(({ reason }) => reason === 'spent') ?? refused[0];
    if (refusal !== undefined) {
      return { admitted: false, refusal, crossed: probe ? [] : this.#spent(holds[refusal.index] as Hold, refusal) };
    }
    const answer: ReserveResult = { admitted: true, exceeded: short, crossed: [] };
    if (probe) return answer;
    for (const { account, amount } of holds) this.#account(account.key).reserved += amount;
    const own = holds.map((hold) => ({ ...hold, stands: 0 }));
    this.#reservations.set(id, { holds: own, answer, state: 'open', expiresAt: at + ttlMs, rank: 'expired', at: 0 });
    return answer;
  }

  settle(id: string, amount: number, truth: Truth): SettleResult {
    this.#expire(truth.at);
    const found = this.#reservations.get(id);
    if (found === undefined) return { applied: false, known: false, overruns: [], crossed: [] };
    const stands = Math.max(0, ...found.holds.map((hold) => hold.stands));
    const previous = found.state === 'open' || found.state === 'released' ? undefined : stands;
    const greater = RANKS.indexOf(truth.rank) - RANKS.indexOf(found.rank) || truth.at - found.at;
    if (previous !== undefined && greater <= 0) {
      return { applied: false, known: true, previous, overruns: found.holds.map(() => 0), crossed: [] };
    }
    const overruns = found.holds.map((hold) => this.#stand(found, hold, amount));
    Object.assign(found, { state: 'settled', ...truth });
    const crossed = found.holds.flatMap((hold, index) => this.#crossed(hold, index));
    return { applied: true, known: true, previous, overruns, crossed };
  }

  release(id: string, at: number): boolean {
    this.#expire(at);
    const found = this.#reservations.get(id);
    if (found === undefined || (found.state !== 'open' && found.state !== 'expired')) return false;
    for (const hold of found.holds) this.#stand(found, hold, 0);
    found.state = 'released';
    return found.holds.some(({ amount }) => amount > 0);
  }

  extend(ids: readonly string[], ttlMs: number, at: number): void {
    this.#expire(at);
    for (const id of ids) {
      const found = this.#reservations.get(id);
      if (found?.state === 'open') found.expiresAt = at + ttlMs;
    }
  }

  topUp(key: string, note: string, amount: number, at: number): void {
    this.#expire(at);
    if (this.#notes.has(`${key} ${note}`)) return;
    this.#notes.add(`${key} ${note}`);
    this.#account(key).toppedUp += amount;
  }

  #account(key: string) {
    const found = this.#accounts.get(key) ?? { settled: 0, reserved: 0, toppedUp: 0, fired: new Set<number>() };
    this.#accounts.set(key, found);
    return found;
  }

  #short(holds: readonly Hold[], { account, limit }: Hold, index: number): Refusal[] {
    const { settled, reserved, toppedUp } = this.#account(account.key);
    const asked = holds.filter((hold) => hold.account.key === account.key).reduce((sum, { amount }) => sum + amount, 0);
    if (settled + reserved + asked <= limit + toppedUp) return [];
    const reason = settled + asked <= limit + toppedUp ? 'held' : 'spent';
    return [{ index, reason, balance: { settled, reserved, toppedUp } }];
  }

  #expire(at: number): void {
    for (const found of this.#reservations.values()) {
      if (found.state !== 'open' || found.expiresAt > at) continue;
      for (const hold of found.holds) this.#stand(found, hold, hold.amount);
      Object.assign(found, { state: 'expired', rank: 'expired', at: found.expiresAt });
    }
  }

  #stand(found: ModelReservation, hold: ModelHold, amount: number): number {
    const account = this.#account(hold.account.key);
    const over = () => Math.max(0, account.settled - hold.limit - account.toppedUp);
    const before = over();
    if (found.state === 'open') account.reserved -= hold.amount;
    account.settled += amount - hold.stands;
    hold.stands = amount;
    return over() - before;
  }

  #crossed({ account: { key }, limit, thresholds }: Hold, index: number): Crossing[] {
    const { settled, toppedUp, fired } = this.#account(key);
    const reached = thresholds.filter((each) => settled > 0 && settled >= Math.round(each * (limit + toppedUp)));
    const fresh = reached.filter((threshold) => !fired.has(threshold));
    for (const threshold of fresh) fired.add(threshold);
    return fresh.map((threshold) => ({ index, threshold, settled, limit: limit + toppedUp }));
  }

  #spent({ account: { key }, limit, thresholds }: Hold, { index, reason }: Refusal): Crossing[] {
    const { settled, toppedUp, fired } = this.#account(key);
    const threshold = thresholds.at(-1);
    if (reason !== 'spent' || threshold === undefined || fired.has(threshold)) return [];
    fired.add(threshold);
    return [{ index, threshold, settled, limit: limit + toppedUp }];
  }
}
