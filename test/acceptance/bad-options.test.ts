import { createMeter, type Meter, type MeterOptions, OptionsError } from '@eden-cost/core';
import { costAware, withBudget } from '@eden-cost/express';
import { slots } from '../support/slots.js';

const budget = { name: 'daily', limitUsd: 5, window: 'day' };
const withOne = (more: object) => ({ budgets: [{ ...budget, ...more }] });

const WRONG: [name: string, options: object, message: RegExp][] = [
  ['a misspelt option', { bugdets: [] }, /^options\.bugdets .* did you mean "budgets"\?/],
  ['an option of another spelling', { baseURLs: [] }, /options\.baseURLs .* did you mean "baseUrls"\?/],
  ['an option like no other', { colour: 'red' }, /options\.colour .* budgets, mode, baseUrls/],
  ['a misspelt option of the log', { log: { lables: true } }, /options\.log\.lables .* did you mean "labels"\?/],
  ['labels of the log that are none', { log: { labels: 'tenant' } }, /options\.log\.labels must be/],
  ['budgets that are no list', { budgets: budget }, /options\.budgets must be .*name: /],
  ['a budget that is none', { budgets: ['daily'] }, /options\.budgets\[0\] must be a budget/],
  ['a misspelt option of a budget', withOne({ limitUSD: 5 }), /options\.budgets\[0\]\.limitUSD .* "limitUsd"\?/],
  ['a misspelt window', withOne({ window: 'dai' }), /budgets\[0\]\.window \(budget "daily"\) .* did you mean "day"\?/],
  [
    'no window',
    withOne({ window: undefined }),
    /budgets\[0\]\.window \(budget "daily"\) must be one of "request", "hour"/,
  ],
  ['a negative limit', withOne({ limitUsd: -1 }), /budgets\[0\]\.limitUsd \(budget "daily"\) .* at least 0.*-1$/],
  ['a limit of NaN', withOne({ limitUsd: Number.NaN }), /budgets\[0\]\.limitUsd .* at least 0.*NaN$/],
  ['a limit as text', withOne({ limitUsd: '5' }), /budgets\[0\]\.limitUsd .* number .*"5"/],
  ['no limit', withOne({ limitUsd: undefined }), /budgets\[0\]\.limitUsd .* must be a number/],
  ['a negative fallback', withOne({ fallbackUsd: -1 }), /budgets\[0\]\.fallbackUsd/],
  ['an estimate of NaN', withOne({ estimateUsd: Number.NaN }), /budgets\[0\]\.estimateUsd/],
  ['an infinite estimate', withOne({ estimateUsd: Number.POSITIVE_INFINITY }), /budgets\[0\]\.estimateUsd/],
  ['a time zone that is not known', withOne({ timeZone: 'Mars/Base' }), /budgets\[0\]\.timeZone .* "Mars\/Base"/],
  ['a misspelt time zone', withOne({ timeZone: 'Europe/Pairs' }), /budgets\[0\]\.timeZone .* "Europe\/Paris"\?/],
  ['a time zone where none counts', withOne({ window: 'total', timeZone: 'Europe/Paris' }), /timeZone .* no effect/],
  ['no name', { budgets: [{ limitUsd: 5, window: 'day' }] }, /options\.budgets\[0\]\.name must be/],
  ['an empty name', withOne({ name: ' ' }), /options\.budgets\[0\]\.name must be/],
  [
    'one name for two',
    { budgets: [budget, { ...budget, limitUsd: 6 }] },
    /options\.budgets\[1\]\.name "daily" .* options\.budgets\[0\]/,
  ],
  ['a label without a name', withOne({ by: '' }), /budgets\[0\]\.by/],
  ['thresholds of nothing', withOne({ thresholds: [0] }), /budgets\[0\]\.thresholds/],
  ['a flag that is none', withOne({ strict: 'yes' }), /budgets\[0\]\.strict .* true or false/],
  ['a misspelt mode of a budget', withOne({ mode: 'observ' }), /budgets\[0\]\.mode .* did you mean "observe"\?/],
  ['a match that is no function', withOne({ match: 'chat' }), /budgets\[0\]\.match .* function/],
  ['a misspelt mode', { mode: 'observ' }, /options\.mode must be one of .* did you mean "observe"\?/],
  ['a misspelt streamUsage', { streamUsage: 'aks' }, /options\.streamUsage .* did you mean "ask"\?/],
  ['a misspelt paymentRequired', { paymentRequired: 'trow' }, /options\.paymentRequired .* did you mean "throw"\?/],
  ['a base URL that is no URL', { baseUrls: ['nonsense'] }, /options\.baseUrls\[0\] is no base URL/],
  ['a base URL of another scheme', { baseUrls: ['https://a', 'ftp://b'] }, /options\.baseUrls\[1\] is no base URL/],
  ['a base URL with a key in it', { baseUrls: ['https://me:secret@proxy'] }, /options\.baseUrls\[0\] is no base URL/],
  ['a base URL with a query', { baseUrls: ['https://proxy/?a=1'] }, /options\.baseUrls\[0\] is no base URL/],
  ['no base URL', { baseUrls: [] }, /options\.baseUrls must be a list of at least one URL/],
  ['a negative wait', { waitMs: -1 }, /options\.waitMs/],
  ['a wait of NaN', { waitMs: Number.NaN }, /options\.waitMs/],
  ['a maximum of nothing', { maxCostUsd: 0 }, /options\.maxCostUsd/],
  ['a maximum below nothing', { maxCostUsd: -5 }, /options\.maxCostUsd/],
  ['a lifetime below a second', { reservationTtlMs: 5 }, /options\.reservationTtlMs/],
  ['no account at all', { maxAccounts: 0 }, /options\.maxAccounts/],
  ['a ledger that is none', { ledger: { reserve() {} } }, /options\.ledger is no ledger .* "settle"/],
  ['a logger that is none', { logger: 'console' }, /options\.logger must have/],
  ['a clock that is none', { clock: { now: 5 } }, /options\.clock/],
  ['a price that is none', { rateCard: { 'a/b': { inputUsdPerToken: -1 } } }, /options\.rateCard/],
  [
    'a price per million',
    { rateCard: { 'a/b': { inputUsdPerToken: 2.5, outputUsdPerToken: 10 } } },
    /options\.rateCard/,
  ],
  ['intercept as text', { intercept: 'no' }, /options\.intercept must be true or false/],
];

/** The error of something that must fail at start. */
function errorOf(start: () => unknown): OptionsError {
  try {
    start();
  } catch (error) {
    expect(error).toBeInstanceOf(OptionsError);
    return error as OptionsError;
  }
  throw new Error('it started');
}

describe('at start', () => {
  it.each(WRONG)('%s is refused, by its name and with the fix; nothing is patched', (_name, options, message) => {
    const before = slots();
    const error = errorOf(() => createMeter(options as MeterOptions));
    expect(error.code).toBe('ERR_COST_OPTIONS');
    expect(error.message).toMatch(message);
    expect(error.help).toMatch(/^https:.*#err-cost-options$/);
    expect(errorOf(() => costAware(options as MeterOptions)).message).toMatch(message);
    expect(slots()).toEqual(before);
  });

  it('the secret of a base URL is not repeated', () => {
    const error = errorOf(() => createMeter({ baseUrls: ['https://me:hunter2@proxy'] }));
    expect(error.message).not.toContain('hunter2');
  });

  it.each<[string, object, RegExp]>([
    ['labels that are no function', { labels: { tenant: 'acme' } }, /options\.labels must be a function/],
    ['a misspelt status', { status: { budgets: 402 } }, /options\.status\.budgets .* did you mean "budget"\?/],
    ['a status that is none', { status: { budget: '402' } }, /options\.status\.budget/],
    ['a status of success', { status: { budget: 200 } }, /options\.status\.budget/],
  ])('costAware refuses %s', (_name, options, message) => {
    const before = slots();
    expect(errorOf(() => costAware(options as object)).message).toMatch(message);
    expect(slots()).toEqual(before);
  });
});

describe('beside a meter', () => {
  let meter: Meter;
  beforeEach(() => {
    meter = createMeter({ budgets: [{ name: 'tenant-daily', limitUsd: 5, window: 'day' }] });
  });
  afterEach(() => meter.close());

  it('a second costAware is held to the same options', () => {
    expect(errorOf(() => costAware({ bugdets: [] } as object)).message).toMatch(/did you mean "budgets"\?/);
    const limit = errorOf(() => costAware({ budgets: [{ name: 'x', limitUsd: Number.NaN, window: 'day' }] }));
    expect(limit.message).toMatch(/budgets\[0\]\.limitUsd/);
  });

  it('a budget that no budget is called is refused, with the nearest', async () => {
    const message = /No budget is called "tenant-dialy"; did you mean "tenant-daily"\?/;
    expect(errorOf(() => withBudget('tenant-dialy')).message).toMatch(message);
    expect(errorOf(() => meter.budget('tenant-dialy')).message).toMatch(message);
    await meter.run({}, async () => {
      await expect(meter.current()?.check({ budget: 'tenant-dialy' })).rejects.toThrow(message);
      await expect(meter.current()?.remaining('tenant-dialy')).rejects.toThrow(message);
      await expect(meter.current()?.check({ estimateUsd: -1 })).rejects.toBeInstanceOf(OptionsError);
      await expect(meter.current()?.check({ estimateUsd: Number.NaN })).rejects.toBeInstanceOf(OptionsError);
    });
    const note = { actor: 'ada', reason: 'demo' };
    await expect(meter.topUp('tenant-dialy', undefined, 1, note)).rejects.toThrow(message);
    await expect(meter.topUp('tenant-daily', 'acme', 1, note)).rejects.toBeInstanceOf(OptionsError);
    await expect(meter.topUp('tenant-daily', undefined, -1, note)).rejects.toBeInstanceOf(OptionsError);
  });

  it.each([
    ['no note', undefined],
    ['no reason', { actor: 'ada' }],
    ['a user for an actor', { actor: { id: 'ada' }, reason: 'demo' }],
    ['a number for an id', { actor: 'ada', reason: 'demo', id: 4711 }],
    ['an empty id', { actor: 'ada', reason: 'demo', id: '' }],
  ])('a top-up with %s is refused, and asks no ledger', async (_name, note) => {
    await expect(meter.topUp('tenant-daily', undefined, 1, note as never)).rejects.toThrow(
      expect.objectContaining({
        code: 'ERR_COST_OPTIONS',
        message: expect.stringMatching(/needs a note \{ actor, reason/),
      }),
    );
  });

  it("a route's own budget is held to the same options", () => {
    expect(errorOf(() => withBudget({ limitUsd: -1, window: 'hour' })).message).toMatch(/limitUsd/);
    expect(errorOf(() => withBudget({ limitUSD: 1, window: 'hour' } as never)).message).toMatch(/"limitUsd"\?/);
  });
});

describe('before the meter', () => {
  it('a route may name its budget, and costAware refuses the name that no budget has', async () => {
    withBudget('tenant-dialy');
    const budgets = [{ name: 'tenant-daily', limitUsd: 5, window: 'day' as const }];
    expect(errorOf(() => costAware({ budgets, logger: false })).message).toMatch(/did you mean "tenant-daily"\?/);
    // whoever mends it can start
    const mended = costAware({ budgets, logger: false });
    withBudget('tenant-daily');
    await mended.meter.close();
  });
});
