import type { AccountRef, Clock, Hold, Ledger, MaybePromise, Rank, ReserveResult } from '@eden-cost/core';
import { type ManualClock, manualClock } from '@eden-cost/testing';
import { bare, toldBalances } from './bare.js';
import { anySchedule, neverExceeded, overrunsAddUp } from './ledger-properties.js';
import { whileMoving } from './while-moving.js';
import { withoutBalances } from './without-balances.js';

const MINUTE = 60_000;

/** How much of it to run: a ledger over a network takes its time. */
export interface ContractOptions {
  /** Schedules for each property. Default 300. */
  readonly numRuns?: number;
}

/**
 * What every ledger must do: the prose of the `Ledger` port as tests.
 *
 * @param makeLedger a new ledger for each test; it may share its store with others, as keys and ids are never used twice
 */
export function ledgerContract(
  name: string,
  makeLedger: (clock: Clock) => MaybePromise<Ledger>,
  { numRuns = 300 }: ContractOptions = {},
): void {
  describe(`${name} ledger`, () => {
    let clock: ManualClock;
    let whole: Ledger;
    let ledger: Ledger;
    let prefix = '';
    let used = 0;

    beforeEach(async () => {
      clock = manualClock();
      whole = await makeLedger(clock);
      ledger = withoutBalances(whole);
      prefix = `${process.pid}-${Date.now()}-${used++}`;
    });
    afterEach(async () => {
      await ledger.close?.();
    });

    const account = (key: string): AccountRef => ({ key: `${prefix}:${key}` });
    const id = (text: string) => `${prefix}:${text}`;
    const hold = (key: string, amount: number, limit: number, more: Partial<Hold> = {}): Hold => ({
      account: account(key),
      amount,
      limit,
      enforce: true,
      thresholds: [0.5, 0.8, 1],
      ...more,
    });
    const reserve = async (call: string, holds: readonly Hold[], ttlMs = MINUTE): Promise<ReserveResult> =>
      bare(await ledger.reserve({ id: id(call), at: clock.now(), ttlMs, holds }));
    const settle = async (call: string, amount: number, rank: Rank = 'reported') =>
      bare(await ledger.settle(id(call), amount, { rank, at: clock.now() }));
    const release = async (call: string) => ledger.release(id(call), clock.now());
    const balance = async (key: string) => {
      const [found] = await ledger.balances([account(key)], clock.now());
      return found;
    };
    const topUp = async (key: string, note: string, amount: number) =>
      ledger.topUp(account(key), { id: id(note), at: clock.now(), amount, actor: 'ann', reason: 'upgrade' });
    const refused = (reason: 'spent' | 'held', index = 0) => ({ admitted: false, refusal: { reason, index } });

    describe('reserve', () => {
      test('admits up to the limit, to the nano', async () => {
        expect(await reserve('a', [hold('x', 60, 100)])).toEqual({ admitted: true, exceeded: [], crossed: [] });
        expect(await reserve('b', [hold('x', 41, 100)])).toMatchObject(refused('held'));
        expect(await reserve('c', [hold('x', 40, 100)])).toMatchObject({ admitted: true });
        expect(await balance('x')).toEqual({ settled: 0, reserved: 100, toppedUp: 0 });
      });

      test('says spent when it would not fit without the calls in flight either, else held', async () => {
        await reserve('a', [hold('x', 50, 100)]);
        expect(await reserve('b', [hold('x', 100, 100)])).toMatchObject(refused('held'));
        expect(await reserve('b', [hold('x', 101, 100)])).toMatchObject(refused('spent'));
        await settle('a', 50);
        expect(await reserve('b', [hold('x', 51, 100)])).toEqual({
          ...refused('spent'),
          refusal: { index: 0, reason: 'spent', balance: { settled: 50, reserved: 0, toppedUp: 0 } },
          crossed: [],
        });
      });

      test('holds on all accounts or on none', async () => {
        await reserve('a', [hold('y', 100, 100)]);
        expect(await reserve('b', [hold('x', 1, 100), hold('y', 1, 100)])).toMatchObject(refused('held', 1));
        expect(await balance('x')).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
        expect(await balance('y')).toEqual({ settled: 0, reserved: 100, toppedUp: 0 });
      });

      test('names a spent account before a held one', async () => {
        await reserve('a', [hold('x', 100, 100), hold('y', 100, 100)]);
        expect(await reserve('b', [hold('x', 1, 100), hold('y', 101, 100)])).toMatchObject(refused('spent', 1));
      });

      test('adds up several holds on one account', async () => {
        expect(await reserve('a', [hold('x', 60, 100), hold('x', 60, 100)])).toMatchObject({ admitted: false });
        expect(await reserve('a', [hold('x', 60, 100), hold('x', 40, 100)])).toMatchObject({ admitted: true });
        expect(await balance('x')).toMatchObject({ reserved: 100 });
      });

      test('never denies a hold that is not enforced, books it, and tells that it would not have fitted', async () => {
        const result = await reserve('a', [hold('x', 5, 100), hold('y', 200, 100, { enforce: false })]);
        const balanceBefore = { settled: 0, reserved: 0, toppedUp: 0 };
        expect(result).toEqual({
          admitted: true,
          exceeded: [{ index: 1, reason: 'spent', balance: balanceBefore }],
          crossed: [],
        });
        expect(await balance('y')).toMatchObject({ reserved: 200 });
      });

      test('knows no limit, and a limit of nothing', async () => {
        expect(await reserve('a', [hold('x', 1e15, Number.POSITIVE_INFINITY)])).toMatchObject({ admitted: true });
        expect(await reserve('b', [hold('y', 1, 0)])).toMatchObject(refused('spent'));
        expect(await reserve('c', [hold('y', 0, 0)])).toMatchObject({ admitted: true });
      });

      test('goes by its own limit: one that is raised or lowered meanwhile counts from the next one on', async () => {
        await reserve('a', [hold('x', 60, 100)]);
        expect(await reserve('b', [hold('x', 60, 119)])).toMatchObject(refused('held'));
        expect(await reserve('b', [hold('x', 60, 120)])).toMatchObject({ admitted: true });
        expect(await reserve('c', [hold('x', 0, 100)])).toMatchObject(refused('held'));
        await settle('a', 60);
        await settle('b', 60);
        expect(await reserve('c', [hold('x', 0, 100)])).toMatchObject(refused('spent'));
        expect(await balance('x')).toEqual({ settled: 120, reserved: 0, toppedUp: 0 });
      });

      test('denies a hold of nothing on an account that is overspent', async () => {
        await reserve('a', [hold('x', 100, 100)]);
        await settle('a', 101);
        expect(await reserve('b', [hold('x', 0, 100)])).toMatchObject(refused('spent'));
        await settle('a', 100);
        clock.advance(1);
        await settle('a', 100);
        expect(await reserve('b', [hold('x', 0, 100)])).toMatchObject({ admitted: true });
      });

      test('a probe answers, and holds and records nothing', async () => {
        const probe = async (amount: number) =>
          bare(
            await ledger.reserve({
              id: id('p'),
              at: clock.now(),
              ttlMs: MINUTE,
              holds: [hold('x', amount, 100)],
              probe: true,
            }),
          );
        expect(await probe(100)).toMatchObject({ admitted: true });
        expect(await probe(101)).toEqual({ ...refused('spent'), refusal: expect.anything(), crossed: [] });
        expect(await balance('x')).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
        expect(await settle('p', 5)).toMatchObject({ known: false });
      });

      test('a repeated one returns the first answer and holds once, also after it was settled', async () => {
        const holds = [hold('x', 60, 100), hold('y', 60, 50, { enforce: false })];
        const first = await reserve('a', holds);
        expect(await reserve('a', holds)).toEqual(first);
        await settle('a', 100);
        expect(await reserve('a', holds)).toEqual(first);
        expect(await balance('x')).toEqual({ settled: 100, reserved: 0, toppedUp: 0 });
      });

      test('one that was denied may be tried again under its id', async () => {
        await reserve('a', [hold('x', 100, 100)]);
        expect(await reserve('b', [hold('x', 1, 100)])).toMatchObject(refused('held'));
        await release('a');
        expect(await reserve('b', [hold('x', 1, 100)])).toMatchObject({ admitted: true });
      });

      test('without holds is known from then on, and nothing is booked for it anywhere', async () => {
        expect(await reserve('a', [])).toEqual({ admitted: true, exceeded: [], crossed: [] });
        expect(await settle('a', 60)).toMatchObject({ applied: true, known: true, overruns: [] });
        expect(await settle('a', 60)).toMatchObject({ applied: false, known: true });
      });

      test('of 200 at once, exactly as many are admitted as there is room for', async () => {
        const calls = Array.from({ length: 200 }, (_, index) => reserve(`c${index}`, [hold('x', 10_000_000, 1e9)]));
        const admitted = (await Promise.all(calls)).filter((result) => result.admitted);
        expect(admitted).toHaveLength(100);
        expect(await balance('x')).toEqual({ settled: 0, reserved: 1e9, toppedUp: 0 });
      });

      test('an account of a scope belongs to that object', async () => {
        const scopes = [{}, {}];
        const owned = scopes.map((owner) => ({ key: account('request').key, owner }));
        const ask = async (call: string, index: number) =>
          reserve(call, [hold('', 80, 100, { account: owned[index] as AccountRef })]);
        expect(await ask('a', 0)).toMatchObject({ admitted: true });
        expect(await ask('b', 1)).toMatchObject({ admitted: true });
        expect(await ask('c', 0)).toMatchObject(refused('held'));
        await settle('a', 90);
        const balances = await ledger.balances(owned, clock.now());
        expect(balances.map(({ settled, reserved }) => [settled, reserved])).toEqual([
          [90, 0],
          [0, 80],
        ]);
      });

      test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses to hold or settle %d', async (amount) => {
        await expect(reserve('a', [hold('x', 1, 100), hold('x', amount, 100)])).rejects.toThrow(RangeError);
        await reserve('a', [hold('x', 10, 100)]);
        await expect(settle('a', amount)).rejects.toThrow(RangeError);
        expect(await balance('x')).toEqual({ settled: 0, reserved: 10, toppedUp: 0 });
      });
    });

    describe('settle', () => {
      test('books what it cost instead of what was held, on every account', async () => {
        await reserve('a', [hold('x', 60, 100), hold('y', 20, 100)]);
        expect(await settle('a', 30)).toMatchObject({ applied: true, known: true, overruns: [0, 0] });
        expect(await balance('x')).toEqual({ settled: 30, reserved: 0, toppedUp: 0 });
        expect(await balance('y')).toEqual({ settled: 30, reserved: 0, toppedUp: 0 });
      });

      test('applies a greater truth, never the same or a lesser one', async () => {
        await reserve('a', [hold('x', 60, 100)]);
        expect(await settle('a', 40, 'estimated')).toMatchObject({ applied: true });
        expect(await settle('a', 40, 'estimated')).toMatchObject({ applied: false, known: true, previous: 40 });
        expect(await settle('a', 50, 'rated')).toMatchObject({ applied: true, previous: 40 });
        expect(await settle('a', 99, 'estimated')).toMatchObject({ applied: false, previous: 50 });
        expect(await settle('a', 20, 'reported')).toMatchObject({ applied: true, previous: 50 });
        clock.advance(1);
        expect(await settle('a', 25, 'reported')).toMatchObject({ applied: true, previous: 20 });
        clock.set(clock.now() - 2);
        expect(await settle('a', 80, 'reported')).toMatchObject({ applied: false, previous: 25 });
        expect(await balance('x')).toEqual({ settled: 25, reserved: 0, toppedUp: 0 });
      });

      test('of an id that nobody reserved changes nothing', async () => {
        expect(await settle('nobody', 5)).toEqual({ applied: false, known: false, overruns: [], crossed: [] });
      });

      test('goes to the accounts of the reserve, also after their window has ended', async () => {
        const yesterday = { ...account('day'), endsAt: clock.now() + 1_000 };
        await reserve('a', [hold('', 10, 100, { account: yesterday })]);
        clock.advance(30_000);
        await settle('a', 70);
        const [found] = await ledger.balances([yesterday], clock.now());
        expect(found).toEqual({ settled: 70, reserved: 0, toppedUp: 0 });
      });

      test('tells by how much it overspends each account, and takes it back when it is corrected', async () => {
        await reserve('a', [hold('x', 10, 100), hold('y', 10, 40)]);
        expect(await settle('a', 50, 'estimated')).toMatchObject({ overruns: [0, 10] });
        await reserve('b', [hold('x', 10, 100), hold('y', 10, 40, { enforce: false })]);
        expect(await settle('b', 70)).toMatchObject({ overruns: [20, 70] });
        expect(await settle('a', 25, 'reported')).toMatchObject({ overruns: [-20, -25] });
      });

      test('overruns add up to what is overspent, to the nano', async () => {
        await overrunsAddUp(ledger, clock, prefix, numRuns);
      });
    });

    describe('release', () => {
      test('gives back unspent, once', async () => {
        await reserve('a', [hold('x', 60, 100)]);
        expect(await release('a')).toBe(true);
        expect(await release('a')).toBe(false);
        expect(await balance('x')).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
      });

      test('does nothing to what is settled or not known', async () => {
        await reserve('a', [hold('x', 60, 100)]);
        await settle('a', 10, 'estimated');
        expect(await release('a')).toBe(false);
        expect(await release('nobody')).toBe(false);
        expect(await balance('x')).toEqual({ settled: 10, reserved: 0, toppedUp: 0 });
      });

      test('a settle that comes after it is not lost', async () => {
        await reserve('a', [hold('x', 60, 100)]);
        await release('a');
        clock.set(clock.now() - 10);
        const late = await settle('a', 10, 'estimated');
        expect(late).toMatchObject({ applied: true });
        expect(late.previous).toBeUndefined();
        expect(await balance('x')).toEqual({ settled: 10, reserved: 0, toppedUp: 0 });
      });
    });

    describe('expiry', () => {
      test('charges what was held, on each account what was held there', async () => {
        await reserve('a', [hold('x', 60, 100), hold('y', 5, 100)], 1_000);
        clock.advance(999);
        expect(await balance('x')).toEqual({ settled: 0, reserved: 60, toppedUp: 0 });
        clock.advance(1);
        expect(await balance('x')).toEqual({ settled: 60, reserved: 0, toppedUp: 0 });
        expect(await balance('y')).toEqual({ settled: 5, reserved: 0, toppedUp: 0 });
      });

      test('counts at the very next reserve', async () => {
        await reserve('a', [hold('x', 100, 100)], 1_000);
        clock.advance(1_000);
        expect(await reserve('b', [hold('x', 1, 100)])).toMatchObject(refused('spent'));
      });

      test('is corrected by whatever is known later', async () => {
        await reserve('a', [hold('x', 60, 100), hold('y', 5, 100)], 1_000);
        clock.advance(2_000);
        expect(await settle('a', 20, 'estimated')).toMatchObject({ applied: true, previous: 60 });
        expect(await balance('x')).toEqual({ settled: 20, reserved: 0, toppedUp: 0 });
        expect(await balance('y')).toEqual({ settled: 20, reserved: 0, toppedUp: 0 });
      });

      test('is taken back by a release that comes late, and a settle still stands after that', async () => {
        await reserve('a', [hold('x', 60, 100)], 1_000);
        clock.advance(2_000);
        expect(await release('a')).toBe(true);
        expect(await release('a')).toBe(false);
        expect(await balance('x')).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
        expect(await settle('a', 7, 'estimated')).toMatchObject({ applied: true });
        expect(await balance('x')).toEqual({ settled: 7, reserved: 0, toppedUp: 0 });
      });

      test('moves as long as a call is extended, and nothing brings back an expired one', async () => {
        await reserve('a', [hold('x', 10, 100)], 1_000);
        await reserve('b', [hold('x', 10, 100)], 1_000);
        for (let round = 0; round < 5; round++) {
          clock.advance(900);
          await ledger.extend([id('a'), id('nobody')], 1_000, clock.now());
        }
        expect(await balance('x')).toEqual({ settled: 10, reserved: 10, toppedUp: 0 });
        await ledger.extend([id('b')], 1_000, clock.now());
        expect(await balance('x')).toEqual({ settled: 10, reserved: 10, toppedUp: 0 });
      });
    });

    test('what is finished is remembered for ten minutes, or its ttl where that is longer', async () => {
      await reserve('call', [hold('x', 10, 1_000)]);
      await reserve('job', [hold('x', 10, 1_000)], 24 * 60 * MINUTE);
      await settle('call', 10, 'estimated');
      await settle('job', 10, 'estimated');
      clock.advance(10 * MINUTE);
      expect(await settle('call', 20)).toMatchObject({ applied: true, previous: 10 });
      for (let hour = 0; hour < 23; hour++) {
        clock.advance(60 * MINUTE);
        await reserve(`other-${hour}`, [hold('x', 1, 1_000)]);
        await settle(`other-${hour}`, 0);
      }
      expect(await settle('job', 20)).toMatchObject({ applied: true, previous: 10 });
      expect(await balance('x')).toEqual({ settled: 40, reserved: 0, toppedUp: 0 });
    });

    test('what is finished is remembered for ten minutes, however many finish before and after it', async () => {
      const finish = async (call: string) => {
        await reserve(call, [hold('x', 1, 1_000)]);
        await settle(call, 1, 'estimated');
      };
      await finish('early');
      clock.advance(9 * MINUTE);
      await finish('call');
      for (let minute = 0; minute < 10; minute++) {
        clock.advance(MINUTE);
        await finish(`late-${minute}`);
      }
      expect(await settle('call', 2)).toMatchObject({ applied: true, previous: 1 });
      expect(await settle('call', 2)).toMatchObject({ applied: false, known: true, previous: 2 });
    });

    describe('thresholds', () => {
      const crossed = async (call: string, amount: number) => {
        await reserve(call, [hold('x', 0, 100)]);
        return (await settle(call, amount)).crossed;
      };

      test('are told once, when settled amounts reach them', async () => {
        expect(await crossed('a', 49)).toEqual([]);
        expect(await crossed('b', 1)).toEqual([{ index: 0, threshold: 0.5, settled: 50, limit: 100 }]);
        expect(await crossed('c', 10)).toEqual([]);
        expect((await crossed('d', 40)).map(({ threshold }) => threshold)).toEqual([0.8, 1]);
        expect(await crossed('e', 0)).toEqual([]);
      });

      test('are told for each account', async () => {
        await reserve('a', [hold('x', 0, 100), hold('y', 0, 10)]);
        const { crossed } = await settle('a', 50);
        expect(crossed.map(({ index, threshold }) => [index, threshold])).toEqual([
          [0, 0.5],
          [1, 0.5],
          [1, 0.8],
          [1, 1],
        ]);
      });

      test('are those of each hold', async () => {
        const ladders = [[0.5], [], [0.1, 0.3], [0.1, 0.3]];
        const holds = ladders.map((thresholds, index) => hold(`${index}`, 0, 100, { thresholds }));
        await reserve('a', holds);
        expect((await settle('a', 50)).crossed.map(({ index, threshold }) => [index, threshold])).toEqual([
          [0, 0.5],
          [2, 0.1],
          [2, 0.3],
          [3, 0.1],
          [3, 0.3],
        ]);
        const spent = ['v', 'w', 'x'].map((key, index) => hold(key, 0, 100, { thresholds: [index === 0 ? 0.5 : 0.9] }));
        const refusal = await reserve('b', spent.with(2, { ...(spent[2] as Hold), amount: 101 }));
        expect(refusal.crossed).toEqual([{ index: 2, threshold: 0.9, settled: 0, limit: 100 }]);
      });

      test('are reached by amounts, not by what floats make of them: 0.07 of 100 are 7', async () => {
        await reserve('a', [hold('x', 0, 100, { thresholds: [0.07] })]);
        expect((await settle('a', 7)).crossed).toEqual([{ index: 0, threshold: 0.07, settled: 7, limit: 100 }]);
      });

      test('the highest is told at the first refusal for what is spent', async () => {
        await reserve('a', [hold('x', 95, 100)]);
        await settle('a', 95);
        const first = await reserve('b', [hold('x', 6, 100)]);
        expect(first.crossed).toEqual([{ index: 0, threshold: 1, settled: 95, limit: 100 }]);
        expect((await reserve('c', [hold('x', 6, 100)])).crossed).toEqual([]);
        expect(await crossed('d', 5)).toEqual([]);
      });

      test('are not told for what is only held', async () => {
        await reserve('a', [hold('x', 100, 100)]);
        expect((await reserve('b', [hold('x', 1, 100)])).crossed).toEqual([]);
      });

      test('count what was topped up', async () => {
        await topUp('x', 'n', 100);
        expect(await crossed('a', 99)).toEqual([]);
        expect(await crossed('b', 1)).toEqual([{ index: 0, threshold: 0.5, settled: 100, limit: 200 }]);
      });
    });

    test('a top-up makes room, once for each note', async () => {
      await topUp('x', 'n1', 50);
      await topUp('x', 'n1', 50);
      expect(await balance('x')).toEqual({ settled: 0, reserved: 0, toppedUp: 50 });
      expect(await reserve('a', [hold('x', 150, 100)])).toMatchObject({ admitted: true });
      expect(await reserve('b', [hold('x', 1, 100)])).toMatchObject(refused('held'));
      await topUp('x', 'n2', 1);
      expect(await reserve('b', [hold('x', 1, 100)])).toMatchObject({ admitted: true });
    });

    test('top-ups that are more than can be added up exactly are refused, also at the same time, and the account stays', async () => {
      const much = 5e15;
      const both = await Promise.allSettled(['n1', 'n2'].map((note) => topUp('x', note, much)));
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      const kept = both[0]?.status === 'fulfilled' ? 'n1' : 'n2';
      await topUp('x', kept, much);
      await topUp('x', 'n3', 7);
      expect(await balance('x')).toEqual({ settled: 0, reserved: 0, toppedUp: much + 7 });
      expect(await reserve('a', [hold('x', 1, 0)])).toMatchObject({ admitted: true });
    });

    test('top-ups can be read back: when, how much, who and why, the earliest first, and each note once', async () => {
      if (ledger.topUps === undefined) return;
      await topUp('x', 'n1', 50);
      await topUp('x', 'n1', 50);
      const first = clock.now();
      clock.advance(1_000);
      await topUp('x', 'n2', 7);
      const by = { actor: 'ann', reason: 'upgrade' };
      expect(await ledger.topUps(account('x'), clock.now())).toEqual([
        { id: id('n1'), at: first, amount: 50, ...by },
        { id: id('n2'), at: first + 1_000, amount: 7, ...by },
      ]);
      expect(await ledger.topUps(account('nobody'), clock.now())).toEqual([]);
    });

    test('an account that nobody used is empty', async () => {
      expect(await balance('nobody')).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
    });

    test('any schedule of calls, replays, expiries and corrections comes out as the model says', async () => {
      await anySchedule(ledger, clock, prefix, numRuns);
    });

    test('where no call costs more than it held, no account is ever beyond its limit, whatever the order', async () => {
      await neverExceeded(ledger, clock, prefix, numRuns);
    });

    test('the balances that an answer brings along are those after it', async () => {
      const holds = [hold('x', 60, 100), hold('y', 5, 100)];
      const both = async () => ledger.balances([account('x'), account('y')], clock.now());
      const admitted = await ledger.reserve({ id: id('a'), at: clock.now(), ttlMs: MINUTE, holds });
      expect(toldBalances(admitted) ?? (await both())).toEqual(await both());
      const settled = await ledger.settle(id('a'), 7, { rank: 'reported', at: clock.now() });
      expect(toldBalances(settled) ?? (await both())).toEqual(await both());
    });

    describe('reserveOrWait', () => {
      const wait = async (call: string, amount: number, waitMs: number) => {
        const request = { id: id(call), at: clock.now(), ttlMs: MINUTE, holds: [hold('x', amount, 100)] };
        return (await ledger.reserveOrWait?.(request, waitMs)) ?? (await ledger.reserve(request));
      };

      test('answers at once what fits and what is spent', async () => {
        expect(await wait('a', 100, 1_000)).toMatchObject({ admitted: true });
        expect(await wait('b', 101, 1_000)).toMatchObject(refused('spent'));
        expect(await wait('c', 1, 0)).toMatchObject(refused('held'));
      });

      test('of 200 at once, exactly as many are admitted as there is room for', async () => {
        const all = Array.from({ length: 200 }, (_, call) => wait(`many-${call}`, 1, 0));
        const admitted = (await Promise.all(all)).filter((result) => result.admitted);
        expect(admitted).toHaveLength(100);
        expect(await balance('x')).toMatchObject({ reserved: 100 });
        const late = Array.from({ length: 50 }, (_, call) => wait(`late-${call}`, 1, 1_000));
        expect((await whileMoving(clock, Promise.all(late))).filter((result) => result.admitted)).toEqual([]);
      });

      test('is admitted once calls in flight make room', async () => {
        if (ledger.reserveOrWait === undefined) return;
        await reserve('a', [hold('x', 100, 100)]);
        const waiting = wait('b', 50, 1_000);
        await settle('a', 50);
        expect(await whileMoving(clock, waiting)).toMatchObject({ admitted: true });
        expect(await balance('x')).toEqual({ settled: 50, reserved: 50, toppedUp: 0 });
      });

      test('is refused as held when no room is made in time', async () => {
        if (ledger.reserveOrWait === undefined) return;
        await reserve('a', [hold('x', 100, 100)]);
        expect(await whileMoving(clock, wait('b', 50, 1_000))).toMatchObject(refused('held'));
      });

      test('is refused as spent when calls in flight turn out to have spent it', async () => {
        if (ledger.reserveOrWait === undefined) return;
        await reserve('a', [hold('x', 100, 100)]);
        const waiting = wait('b', 50, 1_000);
        await settle('a', 51);
        expect(await whileMoving(clock, waiting)).toMatchObject(refused('spent'));
      });
    });
  });
}
