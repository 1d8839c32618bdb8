import fc from 'fast-check';
import type { AutoRefill } from './credits-options.js';
import { RunningBalance } from './running-balance.js';

const CENT = 10_000_000;
const USD = 1_000_000_000;
const NOW = 0;

interface Simulated {
  readonly id: string;
  readonly amount: number;
  isBilled: boolean;
  isSettled: boolean;
}

interface World {
  readonly autoRefill?: AutoRefill;
  /** Reads are rounded to this. */
  readonly grain?: number;
  /** Calls may settle here before they are billed there. */
  readonly lags?: boolean;
}

/** Eden AI's balance beside the running one: calls are billed there, and settle here earlier or later. */
class Simulation {
  server = 10 * USD;
  /** What reads told of purchases. */
  bought = 0;
  refills = 0;
  readonly here: RunningBalance;
  readonly calls: Simulated[] = [];
  #answer: number | undefined;

  constructor(private readonly world: World = {}) {
    this.here = new RunningBalance(world.autoRefill);
    this.read();
  }

  begin = () => {
    if (this.#answer !== undefined) return;
    this.here.begin();
    this.#answer = Number.NaN;
  };

  serve = () => {
    const { grain = 1 } = this.world;
    if (this.#answer !== undefined) this.#answer = Math.round(this.server / grain) * grain;
  };

  end = () => {
    if (this.#answer === undefined || Number.isNaN(this.#answer)) return;
    const open = this.calls.filter(({ isSettled }) => !isSettled).map(({ id, amount }) => [id, amount / 10] as const);
    this.bought += this.here.end(this.#answer, NOW, new Map(open)).bought;
    this.#answer = undefined;
  };

  read = () => {
    for (const step of [this.begin, this.serve, this.end]) step();
  };

  call = (amount: number) => {
    this.calls.push({ id: String(this.calls.length), amount, isBilled: false, isSettled: false });
  };

  bill = (pick: number) => {
    const call = this.calls.filter(({ isBilled }) => !isBilled)[pick];
    if (call === undefined) return;
    call.isBilled = true;
    this.server -= call.amount;
    const { autoRefill } = this.world;
    if (autoRefill === undefined || this.server >= autoRefill.threshold) return;
    this.server += autoRefill.amount;
    this.refills += 1;
  };

  settle = (pick: number) => {
    const { lags = false } = this.world;
    const call = this.calls.filter(({ isBilled, isSettled }) => (isBilled || lags) && !isSettled)[pick];
    if (call === undefined) return;
    call.isSettled = true;
    const { id: callId, amount } = call;
    this.here.spend({ callId, amount, isDoubtful: false, jobStartedAt: undefined });
  };

  finish(): void {
    this.serve();
    this.end();
    for (let left = this.calls.length; left > 0; left--) this.bill(0);
    for (let left = this.calls.length; left > 0; left--) this.settle(0);
  }
}

const STEPS = fc.oneof(
  fc.record({ what: fc.constant('call' as const), with: fc.integer({ min: 1, max: 5 * CENT }) }),
  fc.record({ what: fc.constantFrom('bill' as const, 'settle' as const), with: fc.nat(3) }),
  fc.record({ what: fc.constantFrom('begin' as const, 'serve' as const, 'end' as const), with: fc.nat(0) }),
  fc.record({ what: fc.constant('read' as const), with: fc.nat(0) }),
);

function always(world: World, holds: (simulation: Simulation) => void): void {
  fc.assert(
    fc.property(fc.array(STEPS, { maxLength: 60 }), (steps) => {
      const simulation = new Simulation(world);
      for (const step of steps) simulation[step.what](step.with);
      simulation.finish();
      holds(simulation);
    }),
    { numRuns: 500 },
  );
}

describe('whenever it is read', () => {
  it("is Eden AI's to the nano once all calls have settled, and nothing was bought", () => {
    always({}, ({ here, server, bought }) => expect([here.nanos, bought]).toEqual([server, 0]));
  });

  it('is within the rounding of a balance that is said in cents, which is no purchase', () => {
    always({ grain: CENT }, ({ here, server, bought }) => {
      expect(bought).toBe(0);
      expect(Math.abs(here.nanos - server)).toBeLessThanOrEqual(CENT);
    });
  });

  it('takes no call for a purchase that Eden AI has not taken yet', () => {
    always({ lags: true }, ({ bought }) => expect(bought).toBe(0));
  });

  it('counts on refills, and knows each of them by its amount once it was read', () => {
    const autoRefill = { threshold: 9.9 * USD, amount: 2 * USD, graceMs: 0 };
    always({ autoRefill }, (simulation) => {
      const { here, server } = simulation;
      expect(here.nanos).toBe(server);
      simulation.read();
      expect(here.nanos).toBe(simulation.server);
      expect(simulation.bought).toBe(simulation.refills * autoRefill.amount);
    });
  });
});

const REFILL = { threshold: 5 * USD, amount: 10 * USD, graceMs: 0 };

const balanceOf = (autoRefill?: AutoRefill) => new RunningBalance(autoRefill);

function read(balance: RunningBalance, nanos: number, now = 60_000) {
  balance.begin();
  return balance.end(nanos, now, new Map());
}

const spend = (balance: RunningBalance, amount: number, { isDoubtful = false } = {}) =>
  balance.spend({ callId: 'x', amount, isDoubtful, jobStartedAt: undefined });

const NOTHING = { bought: 0, rise: 0, spentElsewhere: 0 };

it('counts on a refill from the threshold on, until a read has not seen it', () => {
  const balance = balanceOf(REFILL);
  read(balance, 6 * USD);
  spend(balance, USD);
  expect([balance.nanos, balance.basis]).toEqual([5 * USD, 'estimated']);
  spend(balance, 1);
  expect([balance.nanos, balance.certain, balance.basis]).toEqual([15 * USD - 1, 5 * USD - 1, 'projected']);
  expect(read(balance, 5 * USD - 1)).toEqual(NOTHING);
  expect([balance.nanos, balance.basis, balance.willRefill]).toEqual([5 * USD - 1, 'reported', false]);
  expect(read(balance, 15 * USD - 1)).toEqual({ bought: 10 * USD, rise: 10 * USD, spentElsewhere: 0 });
  expect(balance.willRefill).toBe(true);
});

it('invents no spending of others from what a purchase does not explain', () => {
  const balance = balanceOf(REFILL);
  read(balance, 6 * USD);
  spend(balance, 0.3 * USD, { isDoubtful: true });
  expect(read(balance, 6 * USD)).toEqual(NOTHING);
  expect(read(balance, 13 * USD)).toEqual({ bought: 7 * USD, rise: 7 * USD, spentElsewhere: 0 });
  expect(read(balance, 13 * USD)).toEqual(NOTHING);
});

describe('a purchase that was spent again before the read', () => {
  it('is corrected by the second read, and is not told: it may have been charges that came late', () => {
    const balance = balanceOf();
    read(balance, 10 * USD);
    spend(balance, 9 * USD);
    expect(read(balance, 6 * USD)).toEqual(NOTHING);
    expect([balance.nanos, balance.basis]).toEqual([USD, 'estimated']);
    expect(read(balance, 6 * USD)).toEqual(NOTHING);
    expect([balance.nanos, balance.basis]).toEqual([6 * USD, 'reported']);
  });

  it('is known by the amount of a refill', () => {
    const balance = balanceOf(REFILL);
    read(balance, 14 * USD);
    spend(balance, 13 * USD);
    expect(read(balance, 11 * USD)).toEqual({ bought: 10 * USD, rise: 10 * USD, spentElsewhere: 0 });
    expect(balance.nanos).toBe(11 * USD);
  });

  it('of another amount, is not counted twice while a refill is counted on', () => {
    const balance = balanceOf(REFILL);
    read(balance, 12 * USD);
    spend(balance, 8 * USD);
    expect(read(balance, 9 * USD)).toEqual(NOTHING);
    expect([balance.nanos, balance.certain, balance.basis]).toEqual([9 * USD, 4 * USD, 'projected']);
  });
});

describe('a purchase that is no whole refill', () => {
  const inFlight = (estimate: number) => new Map([['open', estimate]]);
  const settle = (balance: RunningBalance, amount: number) =>
    balance.spend({ callId: 'open', amount, isDoubtful: false, jobStartedAt: undefined });

  it('is what the read shows: the calls in flight are taken off when they settle, and if they were in it, that is corrected', () => {
    const balance = balanceOf(REFILL);
    read(balance, 30 * USD);
    balance.begin();
    expect(balance.end(37 * USD, 0, inFlight(0.2 * USD))).toEqual({
      bought: 7 * USD,
      rise: 7 * USD,
      spentElsewhere: 0,
    });
    settle(balance, 5 * USD);
    expect(balance.nanos).toBe(32 * USD);
    expect(read(balance, 37 * USD)).toEqual(NOTHING);
    expect(balance.nanos).toBe(37 * USD);
  });

  it('is a whole one where calls in flight can have spent the rest', () => {
    const balance = balanceOf(REFILL);
    read(balance, 30 * USD);
    balance.begin();
    expect(balance.end(39 * USD, 0, inFlight(USD))).toEqual({ bought: 10 * USD, rise: 9 * USD, spentElsewhere: 0 });
    settle(balance, USD);
    expect(balance.nanos).toBe(39 * USD);
  });
});

describe('what was spent elsewhere while calls of ours were on their way', () => {
  it('is not set against a job: what that costs is taken off, and corrected by the next read if it was in this one', () => {
    const balance = balanceOf();
    read(balance, 100 * USD);
    read(balance, 90 * USD);
    balance.spend({ callId: 'job', amount: 5 * USD, isDoubtful: false, jobStartedAt: 0 });
    expect([balance.nanos, balance.basis, balance.isEmpty]).toEqual([85 * USD, 'estimated', false]);
    expect(read(balance, 90 * USD).bought).toBe(0);
    expect([balance.nanos, balance.basis]).toEqual([90 * USD, 'reported']);
  });

  it('is set against a call in flight as far as that can have cost so much', () => {
    const balance = balanceOf();
    read(balance, 100 * USD);
    balance.begin();
    balance.end(60 * USD, 0, new Map([['x', 0.1 * USD]]));
    spend(balance, 3 * USD);
    expect([balance.nanos, balance.basis]).toEqual([58 * USD, 'estimated']);
    expect(read(balance, 60 * USD).bought).toBe(0);
    expect(balance.nanos).toBe(60 * USD);
  });

  it('is known at the next read, but for what calls that are still in flight may have cost', () => {
    const balance = balanceOf();
    const open = new Map([['x', 0.1 * USD]]);
    read(balance, 100 * USD);
    for (const spentElsewhere of [0, 39 * USD, 0]) {
      balance.begin();
      expect(balance.end(60 * USD, 0, open)).toEqual({ ...NOTHING, spentElsewhere });
    }
  });

  it('makes a balance that a call was set against no reported one', () => {
    const balance = balanceOf();
    read(balance, 100 * USD);
    balance.begin();
    balance.end(99 * USD, 0, new Map([['x', USD]]));
    spend(balance, USD);
    expect([balance.nanos, balance.basis]).toEqual([99 * USD, 'estimated']);
  });
});

describe('what Eden AI does not show', () => {
  it('of a guess, or of another account, is no purchase, and corrects the balance at once', () => {
    const balance = balanceOf();
    read(balance, 6 * USD);
    for (let turn = 0; turn < 3; turn++) {
      spend(balance, USD, { isDoubtful: true });
      expect(read(balance, 6 * USD)).toEqual(NOTHING);
      expect(balance.nanos).toBe(6 * USD);
    }
    spend(balance, USD, { isDoubtful: true });
    expect(read(balance, 6.5 * USD).bought).toBe(1.5 * USD);
  });

  it('of a guess that was made during a read, is no purchase at the next one', () => {
    const balance = balanceOf();
    read(balance, 6 * USD);
    balance.begin();
    spend(balance, USD, { isDoubtful: true });
    balance.end(6 * USD, 60_000, new Map());
    expect(balance.nanos).toBe(5 * USD);
    expect(read(balance, 6 * USD)).toEqual(NOTHING);
  });

  it('of a call of a moment ago, is waited for until the next read, and then given up', () => {
    const balance = balanceOf();
    read(balance, 6 * USD);
    spend(balance, USD);
    expect(read(balance, 6 * USD)).toEqual(NOTHING);
    expect([balance.nanos, balance.basis]).toEqual([5 * USD, 'estimated']);
    expect(read(balance, 6 * USD, 120_000)).toEqual(NOTHING);
    expect([balance.nanos, balance.basis]).toEqual([6 * USD, 'reported']);
    spend(balance, USD);
    read(balance, 6 * USD, 180_000);
    expect(read(balance, 5 * USD, 240_000)).toEqual(NOTHING);
    expect(balance.nanos).toBe(5 * USD);
  });

  it('of the last interval at any read, stays off: a balance that lags that long is never too high', () => {
    const balance = balanceOf();
    read(balance, 10 * USD);
    for (let left = 9; left > 0; left--) {
      spend(balance, USD);
      expect(read(balance, (left + 1) * USD)).toEqual(NOTHING);
      expect(balance.nanos).toBe(left * USD);
    }
  });

  it('while answers are kept for long, is no purchase, and no spending of others once they are new', () => {
    const balance = balanceOf();
    read(balance, 10 * USD);
    for (let turn = 0; turn < 4; turn++) {
      spend(balance, USD);
      expect(read(balance, 10 * USD)).toEqual(NOTHING);
      expect(balance.nanos).toBe(9 * USD);
    }
    expect(read(balance, 6 * USD)).toEqual(NOTHING);
    expect(read(balance, 6 * USD)).toEqual(NOTHING);
    expect(balance.nanos).toBe(6 * USD);
  });

  it('by rounding, is no spending of others when a later read is rounded down', () => {
    const balance = balanceOf();
    let elsewhere = 0;
    for (let turn = 0; turn < 100; turn++) {
      elsewhere += read(balance, Math.round((10 * USD - turn * 0.3 * CENT) / CENT) * CENT).spentElsewhere;
      spend(balance, 0.3 * CENT);
    }
    expect(elsewhere).toBeLessThanOrEqual(CENT);
  });
});

it('knows what others have spent one read later', () => {
  const balance = balanceOf();
  read(balance, 6 * USD);
  read(balance, 4 * USD);
  expect(read(balance, 4 * USD)).toEqual({ ...NOTHING, spentElsewhere: 2 * USD });
});

it('is certain to be empty only when no charge in doubt has emptied it', () => {
  const balance = balanceOf();
  read(balance, USD);
  spend(balance, 2 * USD, { isDoubtful: true });
  expect([balance.nanos, balance.isEmpty]).toEqual([-USD, false]);
  spend(balance, USD);
  expect(balance.isEmpty).toBe(true);
});

it('takes calls around the first read to be in it: the second one shows no purchase', () => {
  const balance = balanceOf();
  balance.begin();
  spend(balance, 2 * USD);
  balance.end(60 * USD, 0, new Map([['open', USD]]));
  balance.spend({ callId: 'open', amount: 3 * USD, isDoubtful: false, jobStartedAt: undefined });
  expect(balance.nanos).toBe(60 * USD);
  expect(read(balance, 57 * USD)).toEqual(NOTHING);
  expect(balance.nanos).toBe(57 * USD);
});
