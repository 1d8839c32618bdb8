import fc from 'fast-check';
import { RunningBalance } from './running-balance.js';

interface Simulated {
  readonly id: string;
  readonly amount: number;
  isBilled: boolean;
  isSettled: boolean;
}

/** Eden AI's balance beside the running one: calls are billed there, and settle here later. */
class Simulation {
  server = 1_000_000;
  readonly here = new RunningBalance(undefined);
  readonly calls: Simulated[] = [];
  #answer: number | undefined;

  constructor() {
    this.read();
  }

  begin = () => {
    if (this.#answer !== undefined) return;
    this.here.begin();
    this.#answer = Number.NaN;
  };

  serve = () => {
    if (this.#answer !== undefined) this.#answer = this.server;
  };

  end = () => {
    if (this.#answer === undefined || Number.isNaN(this.#answer)) return;
    const open = this.calls.filter(({ isSettled }) => !isSettled).map(({ id }) => id);
    this.here.end(this.#answer, 0, open);
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
  };

  settle = (pick: number) => {
    const call = this.calls.filter(({ isBilled, isSettled }) => isBilled && !isSettled)[pick];
    if (call === undefined) return;
    call.isSettled = true;
    this.here.spend({ callId: call.id, amount: call.amount, isGuess: false, jobStartedAt: undefined });
  };

  finish(): void {
    this.serve();
    this.end();
    for (let left = this.calls.length; left > 0; left--) this.bill(0);
    for (let left = this.calls.length; left > 0; left--) this.settle(0);
  }
}

const STEPS = fc.oneof(
  fc.record({ what: fc.constant('call' as const), with: fc.integer({ min: 1, max: 1_000 }) }),
  fc.record({ what: fc.constantFrom('bill' as const, 'settle' as const), with: fc.nat(3) }),
  fc.record({ what: fc.constantFrom('begin' as const, 'serve' as const, 'end' as const), with: fc.nat(0) }),
  fc.record({ what: fc.constant('read' as const), with: fc.nat(0) }),
);

it("is Eden AI's to the nano once all calls have settled, whenever it was read", () => {
  fc.assert(
    fc.property(fc.array(STEPS, { maxLength: 60 }), (steps) => {
      const simulation = new Simulation();
      for (const step of steps) simulation[step.what](step.with);
      simulation.finish();
      expect(simulation.here.nanos).toBe(simulation.server);
    }),
    { numRuns: 500 },
  );
});

const REFILL = { threshold: 500, amount: 1_000, graceMs: 0 };

function read(balance: RunningBalance, nanos: number) {
  balance.begin();
  return balance.end(nanos, 0, []);
}

const spend = (balance: RunningBalance, amount: number, isGuess = false) =>
  balance.spend({ callId: 'x', amount, isGuess, jobStartedAt: undefined });

it('counts on a refill from the threshold on, until a read has not seen it', () => {
  const balance = new RunningBalance(REFILL);
  read(balance, 600);
  spend(balance, 100);
  expect([balance.nanos, balance.basis]).toEqual([500, 'estimated']);
  spend(balance, 1);
  expect([balance.nanos, balance.certain, balance.basis]).toEqual([1_499, 499, 'projected']);
  expect(read(balance, 499)).toEqual({ bought: 0, spentElsewhere: 0 });
  expect([balance.nanos, balance.basis, balance.willRefill]).toEqual([499, 'reported', false]);
  expect(read(balance, 1_499)).toEqual({ bought: 1_000, spentElsewhere: 0 });
  expect(balance.willRefill).toBe(true);
});

it('takes no guess that cost nothing for a purchase', () => {
  const balance = new RunningBalance(undefined);
  read(balance, 600);
  spend(balance, 50, true);
  expect(read(balance, 600)).toEqual({ bought: 0, spentElsewhere: 0 });
  spend(balance, 50, true);
  expect(read(balance, 650).bought).toBe(100);
});

it('knows what others have spent one read later', () => {
  const balance = new RunningBalance(undefined);
  read(balance, 600);
  read(balance, 400);
  expect(read(balance, 400)).toEqual({ bought: 0, spentElsewhere: 200 });
});

it('takes calls around the first read to be in it: the second one shows no purchase', () => {
  const balance = new RunningBalance(undefined);
  balance.begin();
  balance.spend({ callId: 'during', amount: 20, isGuess: false, jobStartedAt: undefined });
  balance.end(600, 0, ['open']);
  balance.spend({ callId: 'open', amount: 30, isGuess: false, jobStartedAt: undefined });
  expect(balance.nanos).toBe(600);
  expect(read(balance, 570)).toEqual({ bought: 0, spentElsewhere: 0 });
  expect(balance.nanos).toBe(570);
});
