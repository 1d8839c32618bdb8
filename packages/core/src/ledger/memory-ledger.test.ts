import type { Clock } from '../clock.js';
import type { Hold, MaybePromise, ReserveResult } from './ledger.js';
import { type MemoryLedgerOptions, memoryLedger } from './memory-ledger.js';

const TTL = 60_000;
const LIMIT = 100;
const HELD = { admitted: false, refusal: { reason: 'held' } };
const SPENT = { admitted: false, refusal: { reason: 'spent' } };
const ADMITTED = { admitted: true };

class MovedClock implements Clock {
  #now = 1_000;
  readonly #timers = new Set<{ at: number; fn: () => void }>();

  now(): number {
    return this.#now;
  }

  after(ms: number, fn: () => void) {
    const timer = { at: this.#now + ms, fn };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  get timers(): number {
    return this.#timers.size;
  }

  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.#now && this.#timers.delete(timer)) timer.fn();
    }
  }
}

function setUp(options: MemoryLedgerOptions = {}) {
  const clock = new MovedClock();
  const ledger = memoryLedger({ clock, ...options });
  const hold = (key: string, amount: number, limit = LIMIT): Hold => ({
    account: { key },
    amount,
    limit,
    enforce: true,
    thresholds: [1],
  });
  const request = (id: string, holds: readonly Hold[], ttlMs = TTL) => ({ id, at: clock.now(), ttlMs, holds });
  const reserve = (id: string, ...holds: Hold[]) => ledger.reserve(request(id, holds));
  const settle = (id: string, amount: number) => ledger.settle(id, amount, { rank: 'reported', at: clock.now() });
  const release = (id: string) => ledger.release(id, clock.now());
  const answers: string[] = [];
  /** Waits, and notes the answer in the order of answering. */
  const wait = (id: string, holds: readonly Hold[], waitMs = 1_000): MaybePromise<ReserveResult> => {
    const result = ledger.reserveOrWait(request(id, holds), waitMs);
    if (!(result instanceof Promise)) return result;
    return result.then((answer) => {
      answers.push(`${id} ${answer.admitted ? 'admitted' : answer.refusal.reason}`);
      return answer;
    });
  };
  const answered = async () => {
    await new Promise((resolve) => setImmediate(resolve));
    return answers.splice(0);
  };
  return { clock, ledger, hold, request, reserve, settle, release, wait, answered };
}

describe('memoryLedger', () => {
  test('says what it is', () => {
    expect(memoryLedger()).toMatchObject({ name: 'memory', shared: false, durable: false });
  });

  test('answers everything at once but waiting', () => {
    const { ledger, reserve, settle, release, hold, wait } = setUp();
    const all = [
      reserve('a', hold('x', 1)),
      settle('a', 1),
      release('a'),
      ledger.balances([], 0),
      wait('b', [hold('x', 1)]),
      ledger.close(),
    ];
    for (const answer of all) expect(answer).not.toBeInstanceOf(Promise);
  });

  test('remembers no more finished reservations than it may', () => {
    const { reserve, settle, hold } = setUp({ maxFinished: 100 });
    for (let call = 0; call < 300; call++) {
      reserve(`c${call}`, hold('x', 1, Number.POSITIVE_INFINITY));
      settle(`c${call}`, 1);
    }
    expect(settle('c0', 1)).toMatchObject({ known: false });
    expect(settle('c299', 1)).toMatchObject({ known: true });
    expect(settle('c250', 1)).toMatchObject({ known: true });
  });

  test('an open reservation is never forgotten, however many others finish', () => {
    const { ledger, clock, reserve, settle, hold } = setUp({ maxFinished: 10 });
    reserve('open', hold('y', 5));
    for (let call = 0; call < 100; call++) {
      reserve(`c${call}`, hold('x', 1));
      settle(`c${call}`, 0);
    }
    expect(settle('open', 3)).toMatchObject({ applied: true });
    expect(ledger.balances([{ key: 'y' }], clock.now())).toEqual([{ settled: 3, reserved: 0, toppedUp: 0 }]);
  });

  test('an expiry that reaches a threshold leaves it to the next settle to tell', () => {
    const { clock, reserve, settle, hold } = setUp();
    reserve('a', hold('x', LIMIT));
    clock.advance(TTL);
    reserve('b', hold('x', 0));
    expect(settle('b', 0).crossed).toEqual([{ index: 0, threshold: 1, settled: LIMIT, limit: LIMIT }]);
  });

  test('of a million accounts, the last are as quick to create as the first', () => {
    const { ledger, clock, reserve, settle, hold } = setUp();
    /** A hundred for each call. */
    const time = (from: number, to: number) => {
      const started = performance.now();
      for (let call = from; call < to; call += 100) {
        reserve(`c${call}`, ...Array.from({ length: 100 }, (_, index) => hold(`account-${call + index}`, 1)));
        settle(`c${call}`, 1);
      }
      return (performance.now() - started) / (to - from);
    };
    time(0, 20_000);
    const early = time(20_000, 60_000);
    time(60_000, 960_000);
    expect(time(960_000, 1_000_000)).toBeLessThan(20 * early);
    const ends = ['account-0', 'account-999999'].map((key) => ({ key }));
    expect(ledger.balances(ends, clock.now())).toEqual([
      { settled: 1, reserved: 0, toppedUp: 0 },
      { settled: 1, reserved: 0, toppedUp: 0 },
    ]);
  });
});

describe('waiting', () => {
  test('is first come, first served, whatever the amounts', async () => {
    const { reserve, settle, hold, wait, answered } = setUp();
    reserve('flight-1', hold('x', 50));
    reserve('flight-2', hold('x', 50));
    wait('large', [hold('x', 80)]);
    wait('small', [hold('x', 10)]);
    wait('smaller', [hold('x', 10)]);
    settle('flight-1', 0);
    expect(await answered()).toEqual([]);
    settle('flight-2', 0);
    expect(await answered()).toEqual(['large admitted', 'small admitted', 'smaller admitted']);
  });

  test('a call that would fit does not overtake those who wait there', async () => {
    const { reserve, settle, release, hold, wait, answered } = setUp();
    reserve('flight', hold('x', 60));
    wait('large', [hold('x', 80)]);
    expect(wait('late', [hold('x', 20)])).toBeInstanceOf(Promise);
    expect(wait('elsewhere', [hold('y', 20)])).toMatchObject(ADMITTED);
    expect(wait('unlimited', [hold('x', 20, Number.POSITIVE_INFINITY)])).toMatchObject(ADMITTED);
    settle('unlimited', 0);
    release('flight');
    expect(await answered()).toEqual(['large admitted', 'late admitted']);
  });

  test('at its time-out a call that stood behind another is admitted if it fits', async () => {
    const { clock, reserve, hold, wait, answered } = setUp();
    reserve('flight', hold('x', 60));
    wait('large', [hold('x', 80)], 1_000);
    wait('hasty', [hold('x', 20)], 100);
    clock.advance(100);
    expect(await answered()).toEqual(['hasty admitted']);
    clock.advance(900);
    expect(await answered()).toEqual(['large held']);
  });

  test('those behind one who gives up are served', async () => {
    const { clock, reserve, hold, wait, answered } = setUp();
    reserve('flight', hold('x', 60));
    wait('large', [hold('x', 80)], 100);
    wait('small', [hold('x', 20)], 1_000);
    clock.advance(100);
    expect(await answered()).toEqual(['large held', 'small admitted']);
  });

  test('all who can never be admitted any more are told at once, wherever they stand', async () => {
    const { reserve, settle, hold, wait, answered } = setUp();
    reserve('flight-1', hold('x', 50));
    reserve('flight-2', hold('x', 50));
    wait('first', [hold('x', 40)]);
    wait('dear', [hold('x', 70)]);
    wait('cheap', [hold('x', 10)]);
    wait('dearer', [hold('x', 80)]);
    settle('flight-1', 45);
    expect(await answered()).toEqual(['dear spent', 'dearer spent']);
    settle('flight-2', 45);
    expect(await answered()).toEqual(['first spent', 'cheap admitted']);
  });

  test('one who is short on two accounts waits for one after the other, and keeps its place', async () => {
    const { reserve, release, hold, wait, answered } = setUp();
    reserve('flight-x', hold('x', 100));
    reserve('flight-y', hold('y', 100));
    wait('both', [hold('x', 50), hold('y', 60)]);
    wait('y-only', [hold('y', 60)]);
    release('flight-x');
    expect(await answered()).toEqual([]);
    release('flight-y');
    expect(await answered()).toEqual(['both admitted']);
    release('both');
    expect(await answered()).toEqual(['y-only admitted']);
  });

  test.each(['release', 'top-up', 'expiry', 'correction'])('a %s makes room', async (event) => {
    const { clock, ledger, reserve, release, hold, wait, answered, settle } = setUp();
    reserve('flight', hold('x', 60));
    reserve('other', hold('x', 40));
    ledger.settle('other', 40, { rank: 'estimated', at: clock.now() });
    const events: Record<string, () => void> = {
      release: () => release('flight'),
      'top-up': () =>
        ledger.topUp({ key: 'x' }, { id: 'n', at: clock.now(), amount: 60, actor: 'ann', reason: 'test' }),
      expiry: () => {
        ledger.extend(['flight'], 10, clock.now());
        clock.advance(10);
        ledger.balances([], clock.now());
      },
      correction: () => settle('other', 0),
    };
    wait('w', [hold('x', 30)]);
    events[event]?.();
    expect(await answered()).toEqual([event === 'expiry' ? 'w spent' : 'w admitted']);
  });

  test('a time-out sees what has expired by then', async () => {
    const { clock, ledger, request, hold, wait, answered } = setUp();
    ledger.reserve(request('flight', [hold('x', 100)], 500));
    wait('w', [hold('x', 10)]);
    clock.advance(1_000);
    expect(await answered()).toEqual(['w spent']);
  });

  test('an admitted call expires by the time that it was admitted', async () => {
    const { clock, ledger, reserve, release, request, hold, answered } = setUp();
    reserve('flight', hold('x', 100));
    const waiting = ledger.reserveOrWait(request('w', [hold('x', 10)], 1_000), 5_000);
    clock.advance(900);
    release('flight');
    await waiting;
    clock.advance(900);
    expect(await answered()).toEqual([]);
    expect(ledger.balances([{ key: 'x' }], clock.now())).toEqual([{ settled: 0, reserved: 10, toppedUp: 0 }]);
  });

  test('a probe, a known id and a wait of nothing are answered at once, also when others wait', () => {
    const { ledger, reserve, request, hold, wait } = setUp();
    reserve('flight', hold('x', 60));
    wait('large', [hold('x', 80)]);
    expect(ledger.reserveOrWait({ ...request('p', [hold('x', 10)]), probe: true }, 1_000)).toMatchObject(ADMITTED);
    expect(wait('flight', [hold('x', 60)])).toMatchObject(ADMITTED);
    expect(wait('now', [hold('x', 50)], 0)).toMatchObject(HELD);
    expect(wait('never', [hold('x', 101)])).toMatchObject(SPENT);
  });

  test('one id that waits twice holds once', async () => {
    const { clock, ledger, reserve, release, hold, wait, answered } = setUp();
    reserve('flight', hold('x', 100));
    wait('w', [hold('x', 30)]);
    wait('w', [hold('x', 30)]);
    release('flight');
    expect(await answered()).toEqual(['w admitted', 'w admitted']);
    expect(ledger.balances([{ key: 'x' }], clock.now())[0]?.reserved).toBe(30);
  });

  test('close answers all with their refusal, stops the timers, and nobody waits after it', async () => {
    const { clock, ledger, reserve, hold, wait, answered } = setUp();
    reserve('flight', hold('x', 100));
    wait('a', [hold('x', 10)]);
    wait('b', [hold('x', 20)]);
    ledger.close();
    expect(await answered()).toEqual(['a held', 'b held']);
    expect(clock.timers).toBe(0);
    expect(wait('c', [hold('x', 10)])).toMatchObject(HELD);
  });

  test('leaves no timer behind', async () => {
    const { clock, reserve, release, hold, wait, answered } = setUp();
    reserve('flight', hold('x', 100));
    wait('a', [hold('x', 10)]);
    expect(clock.timers).toBe(1);
    release('flight');
    await answered();
    expect(clock.timers).toBe(0);
  });

  test('10,000 who wait are served one after the other in no time', async () => {
    const { reserve, settle, release, hold, wait, answered } = setUp();
    const most = 10_000;
    reserve('flight', hold('x', 1, 1));
    for (let index = 0; index < most; index++) wait(`w${index}`, [hold('x', 1, 1)], 60_000);
    const started = performance.now();
    release('flight');
    for (let index = 0; index < most; index++) settle(`w${index}`, 0);
    expect(performance.now() - started).toBeLessThan(2_000);
    expect(await answered()).toEqual(Array.from({ length: most }, (_, index) => `w${index} admitted`));
  });
});
