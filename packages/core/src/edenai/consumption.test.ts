import { readConsumption } from './consumption.js';

const DAY = '2026-11-01';
const report = (data: unknown) => JSON.stringify({ usage: [{ token: 'a', data }] });
const feature = (costs: unknown) => report({ [DAY]: { text__chat: costs } });
const line = (provider: string, nanos: number) => ({ day: DAY, feature: 'text__chat', provider, nanos });

it.each<[string, string, unknown]>([
  [
    'a part that no provider has',
    feature({ total_cost: 11.3, cost_per_provider: { openai: 11.28 } }),
    [line('openai', 11_280_000_000), line('unknown', 20_000_000)],
  ],
  [
    'providers that have more than the total',
    feature({ total_cost: 1, cost_per_provider: { openai: 1.5 } }),
    [line('openai', 1_500_000_000), line('unknown', -500_000_000)],
  ],
  [
    'what rounding leaves',
    feature({ total_cost: '3e-9', cost_per_provider: { a: 1.4e-9, b: 1.4e-9 } }),
    [line('a', 1), line('b', 1)],
  ],
  ['no total beside its providers', feature({ cost_per_provider: { a: '0.5' } }), [line('a', 500_000_000)]],
  ['a total alone', feature({ total_cost: 1e-9 }), [line('unknown', 1)]],
  ['a time with the day', report({ [`${DAY}T00:00:00Z`]: { text__chat: { total_cost: 1 } } }), [line('unknown', 1e9)]],
  ['a refund', feature({ total_cost: -0.1, cost_per_provider: { a: '-1e-1' } }), [line('a', -100_000_000)]],
  [
    'a refund beside what was spent',
    feature({ total_cost: 1, cost_per_provider: { a: -1, b: 2 } }),
    [line('a', -1e9), line('b', 2e9)],
  ],
  ['a negative nothing', feature({ total_cost: '-0' }), []],
  ['nothing', JSON.stringify({ response: [] }), []],
  ['an entry of nothing', JSON.stringify({ response: [{ token: 'a' }, { data: [] }, { data: { [DAY]: {} } }] }), []],
])('reads %s', (_name, body, expected) => {
  expect(readConsumption(body)).toEqual(expected);
});

it.each<[string, string]>([
  ['a total with two signs', feature({ total_cost: '-+1' })],
  ['a total of null', feature({ total_cost: null })],
  ['a total that is no number', feature({ total_cost: 'n/a', cost_per_provider: { a: 1 } })],
  ['a total of true', feature({ total_cost: true })],
  ['a total too large to be exact', feature({ total_cost: 1e30 })],
  ['a share of a sign', feature({ total_cost: 1, cost_per_provider: { a: '-' } })],
  ['a share of null', feature({ total_cost: 1, cost_per_provider: { a: null } })],
  ['shares that are no table', feature({ total_cost: 1, cost_per_provider: 'a' })],
  ['a feature that is no table', feature(5)],
  ['a day that is none', report({ November: { text__chat: { total_cost: 1 } } })],
  ['a day that is no table', report({ [DAY]: 5 })],
  ['days that are no table', report('none')],
  ['an entry that is none', JSON.stringify({ usage: [5] })],
  ['another shape', '{"credits":1}'],
  ['no JSON', '<html>'],
])('is nothing for %s: what is not known is not 0', (_name, body) => {
  expect(readConsumption(body)).toBeUndefined();
});
