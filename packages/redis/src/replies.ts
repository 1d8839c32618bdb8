import type { Balance, Crossing, Refusal, ReserveResult, SettleResult } from '@eden-cost/core';

/** What a script answers: an array of numbers and texts. Clients may be told to give numbers as texts. */
export type Reply = readonly unknown[];

/** Three numbers for each, from `at` on. */
export function balancesIn(reply: Reply, at: number, count: number): Balance[] {
  const balances = new Array<Balance>(count);
  for (let index = 0; index < count; index++) balances[index] = balanceAt(reply, at + 3 * index);
  return balances;
}

const balanceAt = (reply: Reply, at: number): Balance => ({
  settled: Number(reply[at]),
  reserved: Number(reply[at + 1]),
  toppedUp: Number(reply[at + 2]),
});

const refusalAt = (reply: Reply, at: number): Refusal => ({
  index: Number(reply[at]),
  reason: Number(reply[at + 1]) === 1 ? 'held' : 'spent',
  balance: balanceAt(reply, at + 2),
});

const crossingOf = (index: unknown, [threshold, settled, limit]: Reply): Crossing => ({
  index: Number(index),
  threshold: Number(threshold),
  settled: Number(settled),
  limit: Number(limit),
});

export function reserveResult(reply: Reply, probe = false): ReserveResult {
  if (Number(reply[0]) === 0) {
    const crossed = reply.length > 6 ? [crossingOf(reply[1], reply.slice(6))] : [];
    return { admitted: false, refusal: refusalAt(reply, 1), crossed };
  }
  const end = 2 + 5 * Number(reply[1]);
  const exceeded: Refusal[] = [];
  for (let at = 2; at < end; at += 5) exceeded.push(refusalAt(reply, at));
  if (probe) return { admitted: true, exceeded, crossed: [] };
  return { admitted: true, exceeded, crossed: [], balances: balancesIn(reply, end, (reply.length - end) / 3) };
}

export function settleResult(reply: Reply): SettleResult {
  if (Number(reply[0]) === 0) return { applied: false, known: false, overruns: [], crossed: [] };
  const holds = Number(reply[3]);
  const overruns = Number(reply[4]);
  const previous = Number(reply[2]);
  const balancesAt = 5 + overruns;
  const crossed: Crossing[] = [];
  for (let at = balancesAt + 3 * holds; at < reply.length; at += 4) {
    crossed.push(crossingOf(reply[at], reply.slice(at + 1, at + 4)));
  }
  return {
    applied: Number(reply[1]) === 1,
    known: true,
    ...(previous >= 0 && { previous }),
    overruns: overruns === 0 ? new Array<number>(holds).fill(0) : reply.slice(5, balancesAt).map(Number),
    balances: balancesIn(reply, balancesAt, holds),
    crossed,
  };
}
