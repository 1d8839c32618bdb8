import { useKit } from '../test-kit.js';
import { type CostAwareOptions, costAware, OptionsError } from './index.js';

const kit = useKit();

const budget = { name: 'daily', limitUsd: 1, window: 'day' } as const;

test.each<[string, unknown, RegExp]>([
  ['a misspelt option', { budget: [budget] }, /budget is not an option; did you mean "budgets"\?/],
  ["a misspelt option of the adapter's own", { label: () => ({}) }, /label is not an option; did you mean "labels"\?/],
  ['an option that is nothing like one', { colour: 'red' }, /colour is not an option; known are .*labels.*status/],
  ['labels that are no function', { labels: { tenant: 'acme' } }, /options\.labels must be a function/],
  ['a status that is no object', { status: 402 }, /options\.status must be an object/],
  ['a misspelt reason', { status: { credit: 503 } }, /credit is not an option; did you mean "credits"\?/],
  ['a status that is no error', { status: { budget: 200 } }, /options\.status\.budget must be an HTTP error status/],
  ['a status that is a text', { status: { held: '429' } }, /options\.status\.held must be an HTTP error status/],
  ['null', null, /The options must be an object/],
  ['a text', 'https://api.edenai.run', /The options must be an object/],
  ['a negative limit', { budgets: [{ ...budget, limitUsd: -1 }] }, /limitUsd/],
  ['two budgets of one name', { budgets: [budget, budget] }, /"daily"/],
])('%s is an OptionsError at start', (_what, options, message) => {
  const start = () => kit.metered(options as CostAwareOptions);
  const raw = () => costAware(options as CostAwareOptions);
  const make = typeof options === 'object' && options !== null ? start : raw;
  expect(make).toThrow(OptionsError);
  expect(make).toThrow(message);
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_COST_OPTIONS', help: expect.stringContaining('http') }));
});

test.each<[string, unknown]>([
  ['a misspelt option', { budget: [budget] }],
  ['an invalid budget', { budgets: [{ ...budget, name: 'other', window: 'dya' }] }],
  ['another budget of a name that there is', { budgets: [{ ...budget, limitUsd: 2 }] }],
  ['labels that are no function', { labels: 'tenant' }],
])('%s of a second costAware is one too', (_what, options) => {
  kit.metered({ budgets: [budget] });
  expect(() => kit.metered(options as CostAwareOptions)).toThrow(OptionsError);
});

test('a failed start leaves nothing behind: the next one works', () => {
  const { fetch } = globalThis;
  expect(() => kit.metered({ budgets: [{ ...budget, limitUsd: Number.NaN }] })).toThrow(OptionsError);
  expect(globalThis.fetch).toBe(fetch);
  expect(kit.metered({ budgets: [budget] }).meter.snapshot().calls).toBe(0);
});

test('a second costAware is told once which of its options are without effect', () => {
  const warned: string[] = [];
  jest.spyOn(process, 'emitWarning').mockImplementation(((message: string) => void warned.push(message)) as never);
  kit.metered();
  for (let i = 0; i < 2; i += 1) kit.metered({ waitMs: 5, budgets: [{ ...budget, name: `daily-${i}` }] });
  jest.restoreAllMocks();
  expect(warned).toEqual([expect.stringContaining('has the options waitMs, which are without effect')]);
});
