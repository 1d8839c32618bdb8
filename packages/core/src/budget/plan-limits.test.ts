import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Clock } from '../clock.js';
import { LimitUnavailable, PlanLimits } from './plan-limits.js';
import { resolveBudget } from './resolve-budget.js';
import type { ScopeView } from './scope-view.js';

let now = 0;
let timers: { at: number; fn: () => void }[] = [];
const clock: Clock = {
  now: () => now,
  after(ms, fn) {
    const timer = { at: now + ms, fn };
    timers.push(timer);
    const cancel = () => {
      timers = timers.filter((each) => each !== timer);
    };
    return { cancel };
  },
};
const advance = (ms: number) => {
  now += ms;
  for (const { at, fn } of [...timers]) if (at <= now) fn();
};

const failures: unknown[] = [];
const planLimits = (most = 100) => new PlanLimits(clock, most, (budget, cause) => failures.push([budget, cause]));
const budget = (limitUsd: unknown, more: object = {}) =>
  resolveBudget({ name: 'plan', window: 'day', limitUsd, ...more }, 'budget');
const scope = (tenant: string): ScopeView => ({ id: String(Math.random()), labels: { tenant } });

beforeEach(() => {
  now = 1_000;
  timers = [];
  failures.length = 0;
});

describe('PlanLimits', () => {
  test('a number is there at once', () => {
    expect(planLimits().limitFor(budget(5), scope('acme'))).toBe(5_000_000_000);
    expect(planLimits().limitFor(budget(Number.POSITIVE_INFINITY), undefined)).toBe(Number.POSITIVE_INFINITY);
  });

  test('a function that answers at once stays synchronous, and is asked once a minute for each set of labels', () => {
    const limits = planLimits();
    const asked: string[] = [];
    const plan = budget(({ labels }: ScopeView) => {
      asked.push(String(labels.tenant));
      return labels.tenant === 'acme' ? 5 : 1;
    });
    expect(limits.limitFor(plan, scope('acme'))).toBe(5_000_000_000);
    expect(limits.limitFor(plan, scope('tiny'))).toBe(1_000_000_000);
    now += 59_999;
    expect(limits.limitFor(plan, scope('acme'))).toBe(5_000_000_000);
    expect(asked).toEqual(['acme', 'tiny']);
    now += 1;
    limits.limitFor(plan, scope('acme'));
    expect(asked).toEqual(['acme', 'tiny', 'acme']);
  });

  test('the order of labels does not matter, their names and values do', () => {
    const limits = planLimits();
    const ask = jest.fn(() => 1);
    const plan = budget(ask);
    for (const labels of [{ a: '1', b: '2' }, { b: '2', a: '1' }, { a: '2', b: '1' }, { a: '1","b":"2' }]) {
      limits.limitFor(plan, { id: 'x', labels } as ScopeView);
    }
    expect(ask).toHaveBeenCalledTimes(3);
  });

  test('all who ask meanwhile share one promise', async () => {
    const limits = planLimits();
    const ask = jest.fn(async () => 2);
    const plan = budget(ask);
    const answers = await Promise.all([1, 2, 3].map(() => limits.limitFor(plan, scope('acme'))));
    expect(answers).toEqual([2e9, 2e9, 2e9]);
    expect(ask).toHaveBeenCalledTimes(1);
    expect(limits.limitFor(plan, scope('acme'))).toBe(2e9);
    expect(timers).toEqual([]);
  });

  test('forget has the next call ask again, also while an old answer is on its way', async () => {
    const limits = planLimits();
    const answers: ((usd: number) => void)[] = [];
    const plan = budget(() => new Promise<number>((resolve) => answers.push(resolve)));
    const before = limits.limitFor(plan, scope('acme'));
    limits.forget(scope('acme'), [plan]);
    const after = limits.limitFor(plan, scope('acme'));
    answers[1]?.(20);
    answers[0]?.(5);
    expect(await Promise.all([before, after])).toEqual([5e9, 20e9]);
    expect(limits.limitFor(plan, scope('acme'))).toBe(20e9);
  });

  test('forget is for all who share the account, whatever their other labels', () => {
    const limits = planLimits();
    let usd = 25;
    const plan = { ...budget(() => usd), by: ['tenant'] };
    const as = (tenant: string, team: string) => ({ id: '', labels: { tenant, team } });
    const asked = () =>
      [as('acme', 'web'), as('acme', 'data'), as('globex', 'web')].map((one) => limits.limitFor(plan, one));
    expect(asked()).toEqual([25e9, 25e9, 25e9]);
    usd = 1;
    limits.forget(as('acme', 'web'), [plan]);
    expect(asked()).toEqual([1e9, 1e9, 25e9]);
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('down');
      },
    ],
    [
      'rejects',
      async () => {
        throw new Error('down');
      },
    ],
    ['answers NaN', () => Number.NaN],
    ['answers a negative', async () => -1],
    ['answers a text', () => '5'],
    ['answers nothing', () => undefined],
    ['answers null', () => null],
    ['answers more than can be counted', () => 1e9],
  ])('one that %s: the last limit stands in, else fallbackUsd, else none', async (_, fail) => {
    const limits = planLimits();
    let works = true;
    const plan = budget(() => (works ? 7 : fail()));
    expect(limits.limitFor(plan, scope('acme'))).toBe(7e9);
    works = false;
    now += 60_000;
    expect(await limits.limitFor(plan, scope('acme'))).toBe(7e9);
    expect(await limits.limitFor(budget(fail, { fallbackUsd: 2, name: 'b' }), scope('acme'))).toBe(2e9);
    const none = async () => limits.limitFor(budget(fail, { name: 'c' }), scope('acme'));
    await expect(none()).rejects.toThrow(LimitUnavailable);
    await expect(none()).rejects.toMatchObject({ budget: 'c', cause: expect.any(Error) });
    expect(failures).toHaveLength(4);
    limits.forget(scope('acme'), [plan]);
    expect(await limits.limitFor(plan, scope('acme'))).toBe(7e9);
  });

  test('a limit that failed is asked for again after five seconds', () => {
    const limits = planLimits();
    const ask = jest.fn((): number => {
      throw new Error('down');
    });
    const plan = budget(ask, { fallbackUsd: 2 });
    limits.limitFor(plan, scope('acme'));
    now += 4_999;
    limits.limitFor(plan, scope('acme'));
    expect(ask).toHaveBeenCalledTimes(1);
    now += 1;
    ask.mockReturnValue(9);
    expect(limits.limitFor(plan, scope('acme'))).toBe(9e9);
  });

  test('a function that never answers counts as failed after five seconds', async () => {
    const plan = budget(() => new Promise<number>(() => {}), { fallbackUsd: 2 });
    const limit = planLimits().limitFor(plan, scope('acme'));
    advance(5_000);
    expect(await limit).toBe(2e9);
  });

  test('remembers no more sets of labels than it may', () => {
    const limits = planLimits(2);
    const ask = jest.fn(() => 1);
    const plan = budget(ask);
    for (const tenant of ['a', 'b', 'c', 'b', 'a']) limits.limitFor(plan, scope(tenant));
    expect(ask).toHaveBeenCalledTimes(4);
  });

  test('what is remembered of a label is not as long as the label', () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const limits = planLimits(1_000);
    const plan = budget(() => 5, { by: 'tenant' });
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100; i++) limits.limitFor(plan, scope(`${i}`.padEnd(1_000_000, 'x')));
    collect();
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(50_000_000);
    expect(limits.limitFor(plan, scope('0'.padEnd(1_000_000, 'x')))).toBe(5_000_000_000);
  });

  test('labels that share their first 10 kB have a limit each', () => {
    const asked: string[] = [];
    const limits = planLimits();
    const plan = budget(({ labels }: ScopeView) => asked.push(labels.tenant ?? ''), { by: 'tenant' });
    const tenants = ['a', 'b', 'a'].map((end) => 'x'.repeat(10_000) + end);
    expect(tenants.map((tenant) => limits.limitFor(plan, scope(tenant)))).toEqual([1e9, 2e9, 1e9]);
  });
});
