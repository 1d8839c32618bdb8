import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import type { Clock } from '../clock.js';
import { LedgerUnavailableError, OptionsError } from '../errors.js';
import type { AccountRef, Balance, Ledger, ReserveResult, SettleResult, Truth } from '../ledger/ledger.js';
import { LedgerLostError } from '../ledger/ledger-lost-error.js';
import { LedgerQuestionError } from '../ledger/ledger-question-error.js';
import { MemoryLedger } from '../ledger/memory-ledger.js';
import { withScopeAccounts } from '../ledger/scope-accounts.js';
import { DEADLINE_MS } from './deadline.js';
import { GuardedLedger, type GuardListener } from './guarded-ledger.js';
import type { OnLedgerError, PlannedHold, Verdict } from './meter-ledger.js';

const LIMIT = 1_000;
const SHARE = 50; // a tenth, over two processes
const UNSEEN_SHARE = 10; // a tenth, over ten
const ACCOUNT: AccountRef = { key: 'all:total' };

class TestClock implements Clock {
  #now = 1_000_000;
  readonly #timers = new Set<{ readonly at: number; readonly fn: () => void }>();

  now = () => this.#now;

  after(ms: number, fn: () => void) {
    const timer = { at: this.#now + ms, fn };
    this.#timers.add(timer);
    return { cancel: () => void this.#timers.delete(timer) };
  }

  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await nextTurn();
      const due = [...this.#timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#timers.delete(due);
      this.#now = Math.max(this.#now, due.at);
      due.fn();
    }
    this.#now = end;
  }
}

/** `cut`: does what it is asked, and its answer is lost. `frozen`: answers nothing, and does it all when it goes on. */
type Mode = 'up' | 'refusing' | 'cut' | 'frozen';

/** A server with a ledger, which fails in the ways that servers do. */
class Server implements Ledger {
  readonly name = 'server';
  readonly shared = true;
  readonly durable = true;
  mode: Mode = 'up';
  /** Its client gives back by itself what the server admits after the deadline. */
  releasesLate = false;
  asked = 0;
  settles: (readonly [id: string, amount: number])[] = [];
  #ledger = new MemoryLedger({});
  #frozen: (() => void)[] = [];
  #isLost = false;

  constructor(readonly clock: Clock) {}

  /** @param isReversed what comes over several connections is done in any order */
  go(mode: Mode, isReversed = false): void {
    this.mode = mode;
    if (mode === 'frozen') return;
    const frozen = this.#frozen.splice(0);
    for (const goOn of isReversed ? frozen.reverse() : frozen) goOn();
  }

  flush(): void {
    this.#ledger = new MemoryLedger({});
    this.#isLost = true;
  }

  get balance(): Balance {
    return this.#ledger.balances([ACCOUNT], this.clock.now())[0] as Balance;
  }

  async #answer<T>(task: () => T): Promise<T> {
    this.asked += 1;
    if (this.mode === 'refusing') throw new Error('connect ECONNREFUSED');
    if (this.mode === 'frozen') await new Promise<void>((goOn) => this.#frozen.push(goOn));
    if (this.#isLost) throw new LedgerLostError('the epoch key is gone');
    const result = task();
    if (this.mode === 'cut') throw new Error('read ECONNRESET');
    return result;
  }

  reserve: Ledger['reserve'] = (request) => {
    const askedAt = this.clock.now();
    return this.#answer((): ReserveResult => {
      const result = this.#ledger.reserve({ ...request, at: this.clock.now() });
      const isLate = this.clock.now() - askedAt >= DEADLINE_MS;
      if (isLate && this.releasesLate) this.#ledger.release(request.id, this.clock.now());
      return result.admitted ? { ...result, balances: request.holds.map(() => this.balance), processes: 2 } : result;
    });
  };

  settle = (id: string, amount: number, truth: Truth) =>
    this.#answer((): SettleResult => {
      const result = this.#ledger.settle(id, amount, truth);
      if (result.applied) this.settles.push([id, amount]);
      return { ...result, balances: [this.balance] };
    });

  release: Ledger['release'] = (id) => this.#answer(() => this.#ledger.release(id, this.clock.now()));
  extend: Ledger['extend'] = (ids, ttlMs, at) => this.#answer(() => this.#ledger.extend(ids, ttlMs, at));
  balances: Ledger['balances'] = (accounts, at) => this.#answer(() => this.#ledger.balances(accounts, at));
  topUp: Ledger['topUp'] = (account, note) => this.#answer(() => this.#ledger.topUp(account, note));

  async restore(...[remembered, at]: Parameters<NonNullable<Ledger['restore']>>): Promise<void> {
    if (this.mode !== 'up') throw new Error('connect ECONNREFUSED');
    this.#isLost = false;
    for (const { account, balance } of remembered) {
      const [stored] = this.#ledger.balances([account], at);
      const missing = balance.settled - (stored?.settled ?? 0);
      if (missing <= 0) continue;
      const hold = { account, amount: missing, limit: 0, enforce: false, thresholds: [] };
      const id = `restored at ${at}`;
      this.#ledger.reserve({ id, at, ttlMs: 1_000, holds: [hold] });
      this.#ledger.settle(id, missing, { rank: 'reported', at });
    }
  }
}

type Told = Parameters<GuardListener['changed']>[0];

function setup(
  more: Partial<Pick<Ledger, 'start' | 'processes'>> = {},
  maxKept = 1_000,
  clientOf = (server: Ledger): Ledger => server,
) {
  const clock = new TestClock();
  const server = Object.assign(new Server(clock), more);
  const states: Told[] = [];
  const counts = { mistaken: 0, dropped: 0, droppedAmount: 0 };
  const ledger = new GuardedLedger(clientOf(server), {
    clock,
    timers: clock,
    maxAccounts: 100,
    maxKept,
    listener: {
      changed: (event) => states.push(event),
      mistaken: () => {
        counts.mistaken += 1;
      },
      dropped: (count, amount) => {
        counts.dropped += count;
        counts.droppedAmount += amount;
      },
    },
  });
  const hold = (amount: number, onLedgerError: OnLedgerError = 'local', more: Partial<PlannedHold> = {}) => ({
    account: ACCOUNT,
    amount,
    limit: LIMIT,
    enforce: true,
    thresholds: [],
    onLedgerError,
    ...more,
  });
  const reserve = async (id: string, holds: readonly PlannedHold[], waitMs = 0): Promise<Verdict> =>
    ledger.reserveOrWait({ id, at: clock.now(), ttlMs: 60_000, holds }, waitMs);
  const settle = async (id: string, amount: number) => ledger.settle(id, amount, { rank: 'reported', at: clock.now() });
  /** Until the server knows of everything. */
  const recovered = async () => {
    server.go('up');
    await clock.advance(10_000);
    await ledger.flush(5_000);
  };
  return { clock, server, ledger, states, counts, hold, reserve, settle, recovered };
}

const admitted = ({ admitted: is }: Verdict) => is;

describe('a ledger that cannot be asked', () => {
  it('is told once, and not asked by every call: one attempt at a time goes out', async () => {
    const { server, states, reserve, hold, clock } = setup();
    server.go('refusing');
    for (let call = 0; call < 100; call++) await reserve(`call ${call}`, [hold(1, 'allow')]);
    expect(states).toMatchObject([{ state: 'down' }]);
    expect(server.asked).toBe(1);
    await clock.advance(10_000);
    expect(server.asked).toBeLessThan(20);
  });

  it('keeps a call no longer than the deadline, and the next ones not at all', async () => {
    const { server, reserve, hold, clock } = setup();
    server.go('frozen');
    const first = reserve('first', [hold(1)], 1_000);
    await clock.advance(250);
    expect(admitted(await first)).toBe(true);
    const asked = server.asked;
    expect(admitted(await reserve('second', [hold(1)], 1_000))).toBe(true);
    expect(server.asked - asked).toBeLessThanOrEqual(1);
  });

  it('is up again, told of all that happened, each once', async () => {
    const { server, states, reserve, settle, hold, recovered } = setup();
    await reserve('before', [hold(10)]);
    server.go('refusing');
    await reserve('meanwhile', [hold(20)]);
    await settle('meanwhile', 15);
    await settle('before', 7);
    await recovered();
    expect(server.balance).toEqual({ settled: 22, reserved: 0, toppedUp: 0 });
    expect(states).toMatchObject([{ state: 'down' }, { state: 'up', replayed: 2 }]);
  });

  it('says later what a settlement that was kept did to the budget', async () => {
    const { server, reserve, settle, hold, recovered } = setup();
    await reserve('call', [hold(10)]);
    server.go('refusing');
    const { later, overruns } = await settle('call', LIMIT + 5);
    expect(overruns).toEqual([]);
    await recovered();
    expect(await later).toMatchObject({ applied: true, known: true, overruns: [5] });
  });

  it.each([
    ['before it is told again', false],
    ['after it was told again', true],
  ])('says what a settlement did to the budget that it answers past the deadline, %s', async (_name, isReversed) => {
    const { server, reserve, settle, hold, clock, recovered } = setup();
    await reserve('call', [hold(10, 'local', { thresholds: [1] })]);
    server.go('frozen');
    const booking = settle('call', LIMIT + 5);
    await clock.advance(400);
    const { later } = await booking;
    server.go('up', isReversed);
    await recovered();
    expect(await later).toMatchObject({ applied: true, overruns: [5], crossed: [{ threshold: 1 }] });
    expect(server.settles).toEqual([['call', LIMIT + 5]]);
  });

  it('says nothing of a settlement whose answer was lost on its way', async () => {
    const { server, reserve, settle, hold, recovered } = setup();
    await reserve('call', [hold(10)]);
    server.go('cut');
    const { later } = await settle('call', LIMIT + 5);
    await recovered();
    expect(await later).toMatchObject({ applied: false, known: true });
    expect(server.settles).toEqual([['call', LIMIT + 5]]);
  });

  it('loses no settlement, however often the connection fails over it', async () => {
    const { server, reserve, settle, hold, clock, recovered, counts } = setup();
    for (const call of ['unlucky', 'first', 'second']) await reserve(call, [hold(10)]);
    const { settle: takes } = server;
    let failures = 0;
    server.settle = (id, amount, truth) => {
      if (id !== 'unlucky' || failures >= 50) return takes(id, amount, truth);
      failures += 1;
      return Promise.reject(new Error(failures % 2 === 0 ? 'read ECONNRESET' : 'Command timed out'));
    };
    await settle('unlucky', 7);
    for (const call of ['first', 'second']) await settle(call, 1);
    await clock.advance(300_000);
    await recovered();
    expect(failures).toBe(50);
    expect(server.balance).toEqual({ settled: 9, reserved: 0, toppedUp: 0 });
    expect(counts.dropped).toBe(0);
  });

  it('is told, before the process ends, of a settlement that it fails while that is waited for', async () => {
    const { server, ledger, reserve, settle, hold, clock, counts } = setup();
    await reserve('call', [hold(10)]);
    server.go('refusing');
    const booking = settle('call', 7);
    const flushing = ledger.flush(5_000);
    await booking;
    server.go('up');
    await clock.advance(10_000);
    await flushing;
    expect(server.balance).toEqual({ settled: 7, reserved: 0, toppedUp: 0 });
    expect([ledger.kept, counts.dropped]).toEqual([0, 0]);
  });

  it('is not told of a call that came to nothing', async () => {
    const { server, ledger, reserve, hold, clock } = setup();
    server.go('refusing');
    await reserve('first', [hold(1)]);
    await reserve('second', [hold(1)]);
    expect(ledger.kept).toBe(2);
    await ledger.release('second', clock.now());
    expect(ledger.kept).toBe(1);
  });

  it('is told of a call that came to nothing, if it may have admitted that', async () => {
    const { server, ledger, clock, reserve, hold, recovered } = setup();
    server.go('cut');
    expect(admitted(await reserve('call', [hold(10)]))).toBe(true);
    await ledger.release('call', clock.now());
    await recovered();
    expect(server.balance).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
  });

  it('gets back what it admitted after it was given up on', async () => {
    const { server, reserve, hold, clock, recovered } = setup();
    server.go('frozen');
    const denied = reserve('denied', [hold(10, 'refuse')]);
    await clock.advance(250);
    expect(await denied).toMatchObject({ admitted: undefined, index: 0 });
    await recovered();
    expect(server.balance).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
  });

  it('gets it back also when it admits it after it was told to', async () => {
    const { server, reserve, hold, clock, recovered } = setup();
    server.go('frozen');
    const denied = reserve('denied', [hold(10, 'refuse')]);
    await clock.advance(300);
    expect(admitted(await denied)).toBe(undefined);
    server.go('up', true);
    await recovered();
    expect(server.balance).toEqual({ settled: 0, reserved: 0, toppedUp: 0 });
  });

  it('is told again of what it left unanswered before it was up again, and is not down for that', async () => {
    const { server, states, reserve, settle, hold, clock } = setup();
    await reserve('hung', [hold(10)]);
    const { settle: takes } = server;
    server.settle = () => new Promise(() => {});
    const booked = settle('hung', 7);
    server.settle = takes;
    server.go('refusing');
    await reserve('call', [hold(1)]);
    server.go('up');
    await clock.advance(200);
    expect(server.balance).toEqual({ settled: 0, reserved: 11, toppedUp: 0 });
    await clock.advance(200);
    expect(await booked).toMatchObject({ applied: true });
    expect(server.balance).toEqual({ settled: 7, reserved: 1, toppedUp: 0 });
    expect(states.map(({ state }) => state)).toEqual(['down', 'up']);
  });

  it('is not taken to work for what is answered without it', async () => {
    const { server, ledger, states, reserve, settle, hold, clock, recovered } = setup({}, 1_000, withScopeAccounts);
    const ofScope = { account: { key: 'request', owner: {} } };
    await reserve('call', [hold(10, 'local', ofScope)]);
    server.go('refusing');
    await Promise.resolve(ledger.balances([ACCOUNT], clock.now())).catch(() => {});
    const { later } = await settle('call', 7);
    await clock.advance(10_000);
    expect(await later).toMatchObject({ applied: true });
    expect(ledger.state).toBe('down');
    await recovered();
    expect(states.map(({ state }) => state)).toEqual(['down', 'up']);
  });

  it('is told of what was spent here also when others have spent the rest', async () => {
    const { server, reserve, settle, hold, clock, recovered } = setup();
    await reserve('seen', [hold(10)]);
    await settle('seen', 10);
    const theirs = { id: 'theirs', at: clock.now(), ttlMs: 60_000, holds: [hold(LIMIT - 10)] };
    await server.reserve(theirs);
    server.go('refusing');
    expect(admitted(await reserve('ours', [hold(SHARE)]))).toBe(true);
    await settle('ours', SHARE);
    await recovered();
    expect(server.balance).toEqual({ settled: 10 + SHARE, reserved: LIMIT - 10, toppedUp: 0 });
  });

  it('keeps the reservations of calls in flight once it works again', async () => {
    const { server, ledger, reserve, hold, clock } = setup();
    await reserve('call', [hold(10)]);
    server.go('refusing');
    await reserve('another', [hold(1)]);
    await clock.advance(50_000);
    await ledger.extend(['call', 'another'], 60_000, clock.now());
    server.go('up');
    await clock.advance(50_000);
    expect(server.balance).toEqual({ settled: 0, reserved: 11, toppedUp: 0 });
  });

  it('answers no balances, and takes no top-up', async () => {
    const { server, ledger, clock, reserve, hold } = setup();
    server.go('refusing');
    await reserve('call', [hold(1)]);
    const note = { id: 'note', at: clock.now(), amount: 1, actor: 'ann', reason: 'test' };
    await expect(async () => ledger.balances([ACCOUNT], clock.now())).rejects.toThrow(LedgerUnavailableError);
    await expect(async () => ledger.topUp(ACCOUNT, note)).rejects.toMatchObject({ cause: { message: /REFUSED/ } });
  });
});

describe('what each budget says', () => {
  it.each<[string, OnLedgerError[], boolean | undefined]>([
    ['refuse', ['refuse'], undefined],
    ['allow', ['allow'], true],
    ['local', ['local'], true],
    ['allow and local', ['allow', 'local'], true],
    ['local and refuse', ['local', 'refuse'], undefined],
  ])('%s', async (_name, policies, expected) => {
    const { server, reserve, hold, recovered } = setup();
    server.go('refusing');
    const holds = policies.map((policy, index) => hold(10, policy, { account: { key: `budget ${index}` } }));
    expect(admitted(await reserve('call', holds))).toBe(expected);
    await recovered();
    expect(server.balance.reserved).toBe(0);
  });

  it('is nothing that a budget which denies nothing (observe) could say', async () => {
    const { server, reserve, hold } = setup();
    server.go('refusing');
    const verdict = await reserve('call', [hold(LIMIT + 1, 'refuse', { enforce: false })]);
    expect(verdict).toMatchObject({ admitted: true });
    expect(verdict).not.toHaveProperty('unasked');
    expect(await reserve('another', [hold(1, 'local', { account: { key: 'another' } })])).toMatchObject({
      admitted: true,
      unasked: { cause: expect.anything() },
    });
  });
});

describe('local', () => {
  it('admits a tenth of the limit over all processes, and says that it cannot be checked beyond', async () => {
    const { server, reserve, settle, hold } = setup();
    await reserve('seen', [hold(10)]);
    server.go('refusing');
    expect(admitted(await reserve('one', [hold(SHARE - 1)]))).toBe(true);
    expect(await reserve('two', [hold(2)])).toMatchObject({ admitted: false, refusal: { reason: 'held' } });
    await settle('one', SHARE);
    expect(await reserve('three', [hold(1)])).toMatchObject({ admitted: undefined, index: 0 });
  });

  it('admits no more than was left when it was last seen, and says that it is spent', async () => {
    const { server, reserve, settle, hold } = setup();
    await reserve('seen', [hold(10)]);
    await settle('seen', LIMIT - 3);
    server.go('refusing');
    const verdict = await reserve('too much', [hold(4)]);
    expect(verdict).toMatchObject({ admitted: false, refusal: { reason: 'spent', balance: { settled: LIMIT - 3 } } });
    expect(admitted(await reserve('fits', [hold(3)]))).toBe(true);
  });

  it.each([
    ['ten, as far as it knows,', {}, UNSEEN_SHARE],
    ['as many as the ledger is told', { processes: 4 }, 25],
  ])('shares with %s in a process that has never seen the ledger', async (_name, more, share) => {
    const { server, reserve, hold } = setup(more);
    server.go('refusing');
    expect(admitted(await reserve('fits', [hold(share)]))).toBe(true);
    expect(admitted(await reserve('more', [hold(1)]))).toBe(false);
  });

  it('goes by the latest of its answers, in whichever order they come', async () => {
    const { server, reserve, settle, hold } = setup();
    for (const call of ['first', 'second']) await reserve(call, [hold(10)]);
    const { settle: takes } = server;
    const goOn: (() => void)[] = [];
    server.settle = async (id, amount, truth) => {
      const result = await takes(id, amount, truth);
      await new Promise<void>((resolve) => goOn.push(resolve));
      return result;
    };
    const booked = [settle('first', 500), settle('second', 500)];
    await nextTurn();
    for (const each of goOn.reverse()) {
      each();
      await nextTurn();
    }
    await Promise.all(booked);
    server.go('refusing');
    expect(await reserve('third', [hold(10)])).toMatchObject({ admitted: false, refusal: { reason: 'spent' } });
  });

  it('waits for calls in flight here', async () => {
    const { server, reserve, settle, hold, clock } = setup();
    await reserve('seen', [hold(10)]);
    server.go('refusing');
    await reserve('one', [hold(SHARE)]);
    const waiting = reserve('two', [hold(10)], 1_000);
    await clock.advance(100);
    await settle('one', 1);
    expect(admitted(await waiting)).toBe(true);
  });

  it('has a call that waits here ask the ledger once that works again', async () => {
    const { server, reserve, hold, clock } = setup();
    await reserve('seen', [hold(10)]);
    server.go('refusing');
    await reserve('one', [hold(SHARE)]);
    const waiting = reserve('two', [hold(SHARE)], 60_000);
    server.go('up');
    await clock.advance(5_000);
    expect(admitted(await waiting)).toBe(true);
    expect(server.balance.reserved).toBe(10 + SHARE + SHARE);
  });

  it('knows all about the account of a scope, which no other process spends from', async () => {
    const { server, reserve, hold } = setup();
    const account = { key: 'one-request:request', owner: {} };
    server.go('refusing');
    expect(admitted(await reserve('call', [hold(LIMIT, 'local', { account })]))).toBe(true);
    expect(admitted(await reserve('more', [hold(1, 'local', { account })]))).toBe(false);
  });

  it('admits nothing that could not be kept, and what goes on all the same is told', async () => {
    const { server, reserve, settle, hold } = setup({}, 2);
    server.go('refusing');
    for (const call of ['one', 'two']) await reserve(call, [hold(1)]);
    expect(await reserve('three', [hold(1)])).toMatchObject({ admitted: undefined, index: 0 });
    expect(admitted(await reserve('four', [hold(1, 'allow')]))).toBe(true);
    expect(await settle('four', 1)).toMatchObject({ applied: false, known: false });
  });
});

describe('a ledger that was lost', () => {
  it('gets back what was last seen, and what is open', async () => {
    const { server, states, reserve, settle, hold, recovered } = setup();
    for (const call of ['settled', 'open', 'settled later']) await reserve(call, [hold(10)]);
    await settle('settled', 9);
    server.flush();
    await settle('settled later', 8);
    await recovered();
    expect(server.balance).toEqual({ settled: 17, reserved: 10, toppedUp: 0 });
    expect(states).toMatchObject([{ state: 'lost' }, { state: 'up' }]);
    await settle('open', 7);
    expect(server.balance).toEqual({ settled: 24, reserved: 0, toppedUp: 0 });
  });

  it('admits nothing before it knows again of what is open', async () => {
    const { server, reserve, hold, clock, recovered } = setup();
    await reserve('open', [hold(LIMIT)]);
    server.flush();
    const { reserve: takes } = server;
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    server.reserve = async (request) => {
      if (request.id === 'open') await gate;
      return takes(request);
    };
    await reserve('first', [hold(1)]);
    await clock.advance(0);
    expect(admitted(await reserve('second', [hold(1)]))).toBe(undefined);
    goOn();
    await recovered();
    expect(server.balance.reserved).toBe(LIMIT);
  });

  it('counts as down until it can be restored', async () => {
    const { server, ledger, reserve, hold, clock } = setup();
    await reserve('open', [hold(10)]);
    server.flush();
    await reserve('call', [hold(1)]);
    server.go('refusing');
    await clock.advance(10_000);
    expect(ledger.state).toBe('lost');
    expect(await reserve('refused', [hold(1, 'refuse')])).toMatchObject({ admitted: undefined });
  });

  it('is given back once, however long that takes, and what belongs to windows that are not over', async () => {
    const { server, ledger, reserve, hold, clock, recovered } = setup();
    const [over, current] = ['yesterday', 'today'].map((key, day) => ({
      key,
      endsAt: clock.now() + 1_000 + day * 1e6,
    }));
    for (const account of [over, current, ACCOUNT]) await reserve('call', [hold(10, 'local', { account })]);
    await clock.advance(2_000);
    server.flush();
    const { restore } = server;
    let goOn = () => {};
    const gate = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const given: string[][] = [];
    server.restore = async (remembered, at) => {
      given.push(remembered.map(({ account }) => account.key));
      await gate;
      return restore.call(server, remembered, at);
    };
    await reserve('first', [hold(1)]);
    await clock.advance(60_000);
    expect(ledger.state).toBe('lost');
    goOn();
    await recovered();
    expect(ledger.state).toBe('up');
    expect(given).toEqual([['today', ACCOUNT.key]]);
  });
});

describe('a ledger that is not set up right for a call', () => {
  const mistake = new OptionsError('partition() must return a text');

  it.each<[OnLedgerError, boolean | undefined]>([
    ['local', undefined],
    ['refuse', undefined],
    ['allow', true],
  ])('is no outage; the budget says %s', async (policy, expected) => {
    const { server, ledger, states, counts, reserve, hold } = setup();
    server.reserve = () => {
      throw mistake;
    };
    const verdict = await reserve('call', [hold(1, policy)]);
    expect(verdict.admitted).toBe(expected);
    if (verdict.admitted === undefined) expect(verdict.cause).toBe(mistake);
    expect({ states, kept: ledger.kept, told: counts.mistaken }).toEqual({ states: [], kept: 0, told: 1 });
  });

  it('does not hold up what else it has to be told', async () => {
    const { server, reserve, hold, counts, recovered } = setup();
    server.go('refusing');
    await reserve('wrong', [hold(1)]);
    await reserve('right', [hold(2)]);
    const { reserve: takes } = server;
    server.reserve = (request) => (request.id === 'wrong' ? Promise.reject(mistake) : takes(request));
    await recovered();
    expect(server.balance.reserved).toBe(2);
    expect(counts.dropped).toBe(1);
  });
});

describe('a question that a ledger which works cannot do', () => {
  const wrong = new LedgerQuestionError('WRONGTYPE');

  it.each<[OnLedgerError, boolean | undefined]>([
    ['local', undefined],
    ['refuse', undefined],
    ['allow', true],
  ])('concerns its call alone; the budget says %s', async (policy, expected) => {
    const { server, ledger, states, counts, reserve, hold } = setup();
    const { reserve: takes } = server;
    server.reserve = (request) => (request.id === 'wrong' ? Promise.reject(wrong) : takes(request));
    expect(admitted(await reserve('wrong', [hold(1, policy)]))).toBe(expected);
    expect(admitted(await reserve('right', [hold(1, 'refuse')]))).toBe(true);
    expect({ states, kept: ledger.kept, told: counts.mistaken }).toEqual({ states: [], kept: 0, told: 1 });
  });

  it('is not asked again where no later answer can be another one: an amount is none', async () => {
    const { server, ledger, states, reserve, settle, hold, clock } = setup();
    const error = new RangeError('amounts are whole numbers');
    await reserve('call', [hold(1)]);
    server.settle = () => Promise.reject(error);
    server.extend = () => Promise.reject(error);
    await expect(settle('call', 1)).rejects.toBe(error);
    await expect(async () => ledger.extend(['call'], 60_000, clock.now())).rejects.toBe(error);
    expect({ states, kept: ledger.kept }).toEqual({ states: [], kept: 0 });
  });

  it('is asked again where it books a call, and holds up no other one: what stood in its way may be gone', async () => {
    const { server, ledger, states, counts, reserve, settle, hold, clock } = setup();
    for (const call of ['call', 'other']) await reserve(call, [hold(10)]);
    const { settle: takes } = server;
    server.settle = (id, ...more) => (id === 'call' ? Promise.reject(wrong) : takes(id, ...more));
    const { later } = await settle('call', LIMIT + 5);
    await clock.advance(30_000);
    expect(await settle('other', 7)).toMatchObject({ applied: true });
    expect(admitted(await reserve('next', [hold(1, 'refuse')]))).toBe(true);
    expect({ states, kept: ledger.kept, told: counts.mistaken }).toEqual({ states: [], kept: 1, told: 1 });
    server.settle = takes;
    await clock.advance(60_000);
    expect(await later).toMatchObject({ applied: true, overruns: [12] });
    expect(server.settles).toEqual([
      ['other', 7],
      ['call', LIMIT + 5],
    ]);
    expect({ states, kept: ledger.kept, dropped: counts.dropped }).toEqual({ states: [], kept: 0, dropped: 0 });
  });

  it('is given up after some minutes, and told of once, with the amount', async () => {
    const { server, ledger, states, counts, reserve, settle, hold, clock } = setup();
    await reserve('call', [hold(10)]);
    let asked = 0;
    server.settle = () => {
      asked += 1;
      return Promise.reject(wrong);
    };
    const { later } = await settle('call', 7);
    await clock.advance(60_000);
    expect(counts).toEqual({ mistaken: 1, dropped: 0, droppedAmount: 0 });
    await clock.advance(600_000);
    expect(counts).toEqual({ mistaken: 1, dropped: 1, droppedAmount: 7 });
    expect(await later).toBe(undefined);
    expect({ states, kept: ledger.kept, asked }).toEqual({ states: [], kept: 0, asked: 6 });
  });

  it('is asked once more when the meter is closed, which does not wait for longer', async () => {
    const { server, ledger, counts, reserve, settle, hold, clock } = setup();
    for (const call of ['mended', 'wrong']) await reserve(call, [hold(10)]);
    const { settle: takes } = server;
    server.settle = () => Promise.reject(wrong);
    for (const call of ['mended', 'wrong']) await settle(call, 7);
    await clock.advance(5_000);
    server.settle = (id, ...more) => (id === 'wrong' ? Promise.reject(wrong) : takes(id, ...more));
    await ledger.flush(Number.POSITIVE_INFINITY);
    expect(server.settles).toEqual([['mended', 7]]);
    expect(counts).toMatchObject({ dropped: 1, droppedAmount: 7 });
  });

  it('is dropped and told of when it was kept, and does not hold up the others', async () => {
    const { server, reserve, settle, hold, counts, recovered, states } = setup();
    server.go('refusing');
    await reserve('wrong', [hold(1)]);
    await reserve('right', [hold(2)]);
    const { later } = await settle('wrong', 1);
    const { reserve: takes } = server;
    server.reserve = (request) => (request.id === 'wrong' ? Promise.reject(wrong) : takes(request));
    await recovered();
    expect(server.balance.reserved).toBe(2);
    expect(counts.dropped).toBe(1);
    expect(await later).toBe(undefined);
    expect(states.map(({ state }) => state)).toEqual(['down', 'up']);
  });

  it('does not keep the ledger down when it is what the way back is tried with', async () => {
    const { server, ledger, counts, hold, clock, recovered } = setup();
    server.go('refusing');
    await ledger.reserve({ id: 'probe', at: clock.now(), ttlMs: 60_000, holds: [hold(1, 'refuse')], probe: true });
    await ledger.extend(['call'], 60_000, clock.now());
    server.reserve = () => Promise.reject(wrong);
    server.extend = () => Promise.reject(wrong);
    await recovered();
    expect(ledger.state).toBe('up');
    expect(counts.mistaken).toBe(1);
  });
});

describe('start()', () => {
  it('throws what is wrong with the set-up', () => {
    const { ledger } = setup({
      start: () => {
        throw new OptionsError('maxmemory-policy is allkeys-lru');
      },
    });
    expect(() => ledger.start()).toThrow('maxmemory-policy');
  });

  it('rejects when it cannot be reached, which is then down, and starts once it can be', async () => {
    let isThere = false;
    const { ledger, clock, reserve, hold, states, server } = setup({
      start: async () => {
        if (!isThere) throw new Error('connect ECONNREFUSED');
      },
    });
    await expect(Promise.resolve(ledger.start())).rejects.toThrow('ECONNREFUSED');
    expect(admitted(await reserve('call', [hold(1)]))).toBe(true);
    expect(server.asked).toBe(0);
    isThere = true;
    await clock.advance(5_000);
    expect(states.map(({ state }) => state)).toEqual(['down', 'up']);
    expect(server.balance.reserved).toBe(1);
  });

  it('comes before any question', async () => {
    let begin = () => {};
    const { ledger, server, reserve, hold } = setup({ start: () => new Promise((resolve) => (begin = resolve)) });
    const started = ledger.start();
    const asked = reserve('call', [hold(1)]);
    await nextTurn();
    expect(server.asked).toBe(0);
    begin();
    await started;
    expect(admitted(await asked)).toBe(true);
    expect(server.asked).toBe(1);
  });
});

type Step =
  | { readonly do: 'call'; readonly amount: number; readonly waitMs: number }
  | { readonly do: 'end'; readonly call: number; readonly amount: number }
  | { readonly do: 'release'; readonly call: number }
  | { readonly do: 'go'; readonly mode: Mode; readonly isReversed: boolean }
  | { readonly do: 'flush' }
  | { readonly do: 'refuse'; readonly isOn: boolean }
  | { readonly do: 'pass'; readonly ms: number };

const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('call'),
      amount: fc.integer({ min: 1, max: 300 }),
      waitMs: fc.constantFrom(0, 400),
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('end'), call: fc.nat(20), amount: fc.nat(300) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('release'), call: fc.nat(20) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('go'),
      mode: fc.constantFrom<Mode>('up', 'refusing', 'cut', 'frozen'),
      isReversed: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('flush') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('refuse'), isOn: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.constantFrom(10, 300, 3_000) }) },
) as fc.Arbitrary<Step>;

test('in any schedule, each settlement counts once, nothing stays reserved, and no more is overspent than the share', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { maxLength: 40 }), fc.boolean(), async (schedule, releasesLate) => {
      const { clock, server, ledger, reserve, hold, settle, recovered } = setup();
      server.releasesLate = releasesLate;
      const { settle: takes } = server;
      let isRefusing = false;
      server.settle = (id, ...more) =>
        isRefusing && /[02468]$/.test(id) ? Promise.reject(new LedgerQuestionError('WRONGTYPE')) : takes(id, ...more);
      const calls: { id: string; amount: number; state: 'asking' | 'admitted' | 'denied' | 'ended' }[] = [];
      let spent = 0;
      const run: { readonly [K in Step['do']]: (step: Step & { do: K }) => unknown } = {
        call: ({ amount, waitMs }) => {
          const call: (typeof calls)[number] = { id: `call ${calls.length}`, amount, state: 'asking' };
          calls.push(call);
          void reserve(call.id, [hold(amount)], waitMs).then((verdict) => {
            call.state = verdict.admitted ? 'admitted' : 'denied';
          });
        },
        end: ({ call: index, amount }) => {
          const call = calls[index];
          if (call?.state !== 'admitted') return;
          call.state = 'ended';
          spent += Math.min(amount, call.amount);
          void settle(call.id, Math.min(amount, call.amount));
        },
        release: ({ call: index }) => {
          const call = calls[index];
          if (call?.state !== 'admitted') return;
          call.state = 'ended';
          void Promise.resolve(ledger.release(call.id, clock.now()));
        },
        go: ({ mode, isReversed }) => server.go(mode, isReversed),
        flush: () => server.flush(),
        refuse: ({ isOn }) => {
          isRefusing = isOn;
        },
        pass: ({ ms }) => clock.advance(ms),
      };
      await run.call({ do: 'call', amount: 1, waitMs: 0 });
      await nextTurn();
      for (const step of schedule) {
        await (run[step.do] as (step: Step) => unknown)(step);
        await nextTurn();
      }
      await clock.advance(1_000);
      for (let call = 0; call < calls.length; call++) run.end({ do: 'end', call, amount: 300 });
      isRefusing = false;
      // whoever asks first learns of a flush; of a server that is frozen only once the deadline has passed
      const asked = ledger.extend([], 60_000, clock.now());
      await recovered();
      await asked;
      expect(calls.map(({ state }) => state)).not.toContain('asking');
      expect(server.balance).toEqual({ settled: spent, reserved: 0, toppedUp: 0 });
      expect(ledger.kept).toBe(0);
      expect(ledger.state).toBe('up');
      expect(spent).toBeLessThanOrEqual(LIMIT + SHARE);
    }),
    { numRuns: 200 },
  );
});
