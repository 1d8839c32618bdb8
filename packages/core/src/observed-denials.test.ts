import { ObservedDenials } from './observed-denials.js';

const budget = { name: 'all', by: [] };

describe('ObservedDenials', () => {
  test('follows a correction of what a call has cost', () => {
    const observed = new ObservedDenials();
    observed.add({ id: 'job', scope: undefined }, { budget, reason: 'spent', at: 1 });
    observed.charged({ id: 'job', amount: 50 });
    observed.charged({ id: 'correction', corrects: 'job', amount: -20 });
    observed.charged({ id: 'another', amount: 7 });
    expect(observed.all).toMatchObject([{ spent: 1, costNanos: 30 }]);
  });

  test('keeps the latest 10,000, of budgets and of calls', () => {
    const observed = new ObservedDenials();
    for (let at = 0; at < 10_010; at++) {
      const one = { name: `budget-${at}`, by: [] };
      observed.add({ id: `call-${at}`, scope: undefined }, { budget: one, reason: 'held', at });
    }
    observed.charged({ id: 'call-0', amount: 1 });
    observed.charged({ id: 'call-10009', amount: 1 });
    expect(observed.all).toHaveLength(10_000);
    expect(observed.all[0]).toMatchObject({ budget: 'budget-10009', costNanos: 1 });
    expect(observed.all.some(({ firstAt }) => firstAt < 10)).toBe(false);
  });
});
