import { type Ledger, memoryLedger, type ReserveRequest, type ReserveResult } from '@eden-cost/core';

/** What one admitted call held, and what it came to. */
export interface Recorded {
  readonly held: number;
  settled?: number;
  released?: true;
}

/** A memory ledger that remembers, for its first hold, what each call held and what it was settled at. */
export function recordingLedger(options: Parameters<typeof memoryLedger>[0] = {}): Ledger & {
  readonly calls: Map<string, Recorded>;
} {
  const inner = memoryLedger(options);
  const calls = new Map<string, Recorded>();
  const note = (request: ReserveRequest, result: ReserveResult): ReserveResult => {
    if (result.admitted && !request.probe) calls.set(request.id, { held: request.holds[0]?.amount ?? 0 });
    return result;
  };
  return {
    calls,
    name: 'recording',
    shared: false,
    durable: false,
    reserve: (request) => note(request, inner.reserve(request)),
    reserveOrWait(request, waitMs) {
      const result = inner.reserveOrWait(request, waitMs);
      return result instanceof Promise ? result.then((late) => note(request, late)) : note(request, result);
    },
    settle(id, amount, truth) {
      const call = calls.get(id);
      if (call) call.settled = amount;
      return inner.settle(id, amount, truth);
    },
    release(id, at) {
      const call = calls.get(id);
      if (call) call.released = true;
      return inner.release(id, at);
    },
    extend: (ids, ttlMs, at) => inner.extend(ids, ttlMs, at),
    balances: (accounts, at) => inner.balances(accounts, at),
    topUp: (account, top) => inner.topUp(account, top),
    close: () => inner.close(),
  };
}
