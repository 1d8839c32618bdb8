import type { Hold, Ledger, Rank } from '@eden-cost/core';
import type { ManualClock } from '@eden-cost/testing';
import fc from 'fast-check';
import { bare, toldBalances } from './bare.js';
import { LedgerModel } from './ledger-model.js';

const LIMITS = [100, 30, 0, Number.POSITIVE_INFINITY];
const LADDERS = [[0.5, 0.8, 1], [0.07, 1], [], [1]];
const ALL = LIMITS.map((_, index) => index);

type Step = (run: Run) => Promise<void>;

/** One schedule on accounts of its own, beside its model. */
class Run {
  readonly model = new LedgerModel();
  /** Everything that had an effect, to be done again. */
  readonly effects: (() => unknown)[] = [];

  constructor(
    readonly ledger: Ledger,
    readonly clock: ManualClock,
    readonly name: string,
  ) {}

  id(id: number): string {
    return `${this.name}:${id}`;
  }

  account(index: number) {
    return { key: `${this.name}:account-${index}` };
  }

  async balances() {
    return this.ledger.balances(
      ALL.map((index) => this.account(index)),
      this.clock.now(),
    );
  }

  async compare(): Promise<void> {
    const expected = ALL.map((index) => this.model.balance(this.account(index).key, this.clock.now()));
    expect(await this.balances()).toEqual(expected);
    expect(expected.map(({ settled }) => settled)).toEqual(
      ALL.map((index) => this.model.standing(this.account(index).key)),
    );
  }
}

const ids = fc.nat(5);
const accounts = fc.nat(LIMITS.length - 1);
const amounts = fc.oneof(fc.nat(60), fc.constantFrom(0, 10, 30));
const ttls = fc.constantFrom(50, 400, 5_000);
const ranks = fc.constantFrom<Rank>('expired', 'estimated', 'rated', 'reported');
const asks = fc.array(fc.record({ account: accounts, amount: amounts, enforce: fc.boolean() }), {
  minLength: 1,
  maxLength: 4,
});

const steps: fc.Arbitrary<Step>[] = [
  fc.record({ id: ids, asked: asks, ttlMs: ttls, probe: fc.boolean() }).map(
    (ask): Step =>
      async (run) => {
        const holds = ask.asked.map(
          ({ account, amount, enforce }): Hold => ({
            account: run.account(account),
            amount,
            enforce,
            limit: LIMITS[account] as number,
            thresholds: LADDERS[account] as number[],
          }),
        );
        const at = run.clock.now();
        const request = { id: run.id(ask.id), at, ttlMs: ask.ttlMs, holds };
        const probe = ask.probe && ask.id > 3;
        const before = await run.balances();
        const told = await run.ledger.reserve(probe ? { ...request, probe } : request);
        const result = bare(told);
        expect(result).toEqual(run.model.reserve(request.id, holds, ask.ttlMs, at, probe));
        const after = await run.balances();
        const toldAfter = toldBalances(told);
        if (result.admitted && !probe) {
          run.effects.push(() => run.ledger.reserve(request));
          if (toldAfter) expect(toldAfter).toEqual(ask.asked.map(({ account }) => after[account]));
        }
        if (!result.admitted || probe) expect(after).toEqual(before);
        for (const { account, enforce } of ask.asked) {
          const { settled, reserved, toppedUp } = after[account] as (typeof after)[number];
          if (enforce && (before[account] as (typeof after)[number]).reserved < reserved) {
            expect(settled + reserved).toBeLessThanOrEqual((LIMITS[account] as number) + toppedUp);
          }
        }
      },
  ),
  fc
    .record({
      id: ids,
      amount: amounts,
      rank: ranks,
      ago: fc.constantFrom(0, 0, 0, 100),
      times: fc.integer({ min: 1, max: 2 }),
    })
    .map(
      ({ id, amount, rank, ago, times }): Step =>
        async (run) => {
          for (let time = 0; time < times; time++) {
            const truth = { rank, at: run.clock.now() - ago };
            const result = bare(await run.ledger.settle(run.id(id), amount, truth));
            expect(result).toEqual(run.model.settle(run.id(id), amount, truth));
            if (result.applied) run.effects.push(() => run.ledger.settle(run.id(id), amount, truth));
            if (time > 0) expect(result.applied).toBe(false);
          }
        },
    ),
  fc.tuple(ids, fc.integer({ min: 1, max: 2 })).map(
    ([id, times]): Step =>
      async (run) => {
        for (let time = 0; time < times; time++) {
          const result = await run.ledger.release(run.id(id), run.clock.now());
          expect(result).toBe(run.model.release(run.id(id), run.clock.now()));
          if (result) run.effects.push(() => run.ledger.release(run.id(id), run.clock.now()));
        }
      },
  ),
  fc.tuple(fc.array(ids, { maxLength: 3 }), ttls).map(
    ([list, ttlMs]): Step =>
      async (run) => {
        const named = list.map((id) => run.id(id));
        await run.ledger.extend(named, ttlMs, run.clock.now());
        run.model.extend(named, ttlMs, run.clock.now());
      },
  ),
  fc.record({ account: accounts, note: fc.nat(2), amount: fc.nat(50) }).map(
    ({ account, note, amount }): Step =>
      async (run) => {
        const at = run.clock.now();
        const id = run.id(note);
        const topUp = () =>
          run.ledger.topUp(run.account(account), { id, at, amount, actor: 'ann', reason: 'asked for it' });
        await topUp();
        run.effects.push(topUp);
        run.model.topUp(run.account(account).key, id, amount, at);
      },
  ),
  fc.nat(300).map(
    (ms): Step =>
      async (run) => {
        run.clock.advance(ms);
      },
  ),
];

const schedules = fc.array(fc.oneof(...steps), { minLength: 1, maxLength: 40 });

/**
 * Beside the model, step by step. In the end nothing is reserved any more, and doing everything once more, the last
 * first, changes nothing.
 *
 * @param numRuns how many schedules are tried
 */
export async function anySchedule(ledger: Ledger, clock: ManualClock, prefix: string, numRuns: number): Promise<void> {
  let runs = 0;
  const property = fc.asyncProperty(schedules, async (schedule) => {
    const run = new Run(ledger, clock, `${prefix}:schedule-${runs++}`);
    for (const step of schedule) {
      await step(run);
      await run.compare();
    }
    clock.advance(60_000);
    await run.compare();
    for (const { reserved } of await run.balances()) expect(reserved).toBe(0);
    for (const again of run.effects.reverse()) await again();
    await run.compare();
  });
  await fc.assert(property, { numRuns });
}

/**
 * What is enforced and costs no more than was held, as under a strict budget. A correction only lowers, and what was
 * given back was never sent: a correction upwards may find its room taken, and that is an overrun.
 */
export async function neverExceeded(
  ledger: Ledger,
  clock: ManualClock,
  prefix: string,
  numRuns: number,
): Promise<void> {
  let runs = 0;
  const moves = fc.array(
    fc.record({
      call: fc.nat(15),
      asked: fc.array(fc.record({ account: accounts, amount: amounts }), { minLength: 1, maxLength: 3 }),
      end: fc.constantFrom('settle', 'release', 'leave', 'extend', 'top-up'),
      share: fc.constantFrom(0, 0.3, 1),
      rank: ranks,
      ms: fc.nat(200),
    }),
    { minLength: 1, maxLength: 40 },
  );
  const property = fc.asyncProperty(moves, async (schedule) => {
    const run = new Run(ledger, clock, `${prefix}:strict-${runs++}`);
    /** What each call may still cost: at first the least of its holds. */
    const most = new Map<string, number>();
    for (const [step, { call, asked, end, share, rank, ms }] of schedule.entries()) {
      clock.advance(ms);
      const at = clock.now();
      const holds = asked.map(
        ({ account, amount }): Hold => ({
          account: run.account(account),
          amount,
          limit: LIMITS[account] as number,
          enforce: true,
          thresholds: [],
        }),
      );
      const id = run.id(call);
      const { admitted } = await ledger.reserve({ id, at, ttlMs: 400, holds });
      if (admitted && !most.has(id)) most.set(id, Math.min(...asked.map(({ amount }) => amount)));
      const cost = Math.floor(share * (most.get(id) ?? 0));
      if (end === 'settle') await ledger.settle(id, cost, { rank, at });
      if (end === 'release') await ledger.release(id, at);
      if (end === 'settle' || end === 'release') most.set(id, end === 'settle' ? cost : 0);
      if (end === 'extend') await ledger.extend([id], 400, at);
      if (end === 'top-up') {
        const note = { id: run.id(step), at, amount: 5, actor: 'ann', reason: 'asked for it' };
        await ledger.topUp(run.account(0), note);
      }
      for (const [account, { settled, reserved, toppedUp }] of (await run.balances()).entries()) {
        expect(settled + reserved).toBeLessThanOrEqual((LIMITS[account] as number) + toppedUp);
      }
    }
    clock.advance(60_000);
    for (const { reserved } of await run.balances()) expect(reserved).toBe(0);
  });
  await fc.assert(property, { numRuns });
}

/** The overruns of all settles add up to what is overspent in the end, whatever was corrected meanwhile. */
export async function overrunsAddUp(
  ledger: Ledger,
  clock: ManualClock,
  prefix: string,
  numRuns: number,
): Promise<void> {
  let runs = 0;
  const settles = fc.array(fc.record({ id: fc.nat(4), amount: fc.nat(80), rank: ranks }), { maxLength: 30 });
  const property = fc.asyncProperty(settles, async (schedule) => {
    const run = new Run(ledger, clock, `${prefix}:overruns-${runs++}`);
    const sums = [0, 0];
    for (const { id, amount, rank } of schedule) {
      clock.advance(1);
      const holds = [0, 1].map((index) => ({
        account: run.account(index),
        amount: 10,
        limit: LIMITS[index] as number,
        enforce: false,
        thresholds: [],
      }));
      await ledger.reserve({ id: run.id(id), at: clock.now(), ttlMs: 60_000, holds });
      const { overruns } = await ledger.settle(run.id(id), amount, { rank, at: clock.now() });
      for (const index of [0, 1]) sums[index] = (sums[index] as number) + (overruns[index] as number);
    }
    const balances = await run.balances();
    expect(sums).toEqual(
      [0, 1].map((index) => Math.max(0, (balances[index]?.settled ?? 0) - (LIMITS[index] as number))),
    );
  });
  await fc.assert(property, { numRuns });
}
