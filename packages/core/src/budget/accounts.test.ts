import fc from 'fast-check';
import { accountFor, accountValue, LabelValues } from './accounts.js';
import { resolveBudget } from './resolve-budget.js';

const DAY = { start: Date.parse('2026-11-03T00:00Z'), end: Date.parse('2026-11-04T00:00Z') };
const START = '2026-11-03T00:00:00.000Z';

const told: string[] = [];
const labelValues = (maxAccounts = 100) =>
  new LabelValues(maxAccounts, {
    overflow: (budget) => told.push(`overflow ${budget}`),
    unlabelled: (budget) => told.push(`unlabelled ${budget}`),
  });
beforeEach(() => {
  told.length = 0;
});

const budget = (more: object = {}) =>
  resolveBudget({ name: 'tenant-daily', limitUsd: 5, window: 'day', by: 'tenant', ...more }, 'budget');
const daily = (labels: Record<string, string>, more: object = {}, values = labelValues()) =>
  accountFor(budget(more), labels, DAY, {}, values);
const keyOf = (labels: Record<string, string>, more: object = {}, values = labelValues()) => {
  const account = daily(labels, more, values);
  return account.kind === 'skip' ? 'skip' : account.ref.key;
};

describe('accountFor', () => {
  test('names budget, window and value, and ends with the window', () => {
    expect(daily({ tenant: 'acme' })).toEqual({
      kind: 'account',
      ref: { key: `tenant-daily:day:${START}:tenant:=acme`, endsAt: DAY.end },
    });
  });

  test('has one account for all without `by`', () => {
    expect(daily({ tenant: 'acme' }, { by: undefined })).toEqual({
      kind: 'account',
      ref: { key: `tenant-daily:day:${START}`, endsAt: DAY.end },
    });
  });

  test('a total never ends', () => {
    const total = accountFor(budget({ window: 'total' }), { tenant: 'acme' }, undefined, {}, labelValues());
    expect(total).toEqual({ kind: 'account', ref: { key: 'tenant-daily:total:tenant:=acme' } });
  });

  test('the account of a request is its scope’s, whatever labels that has or gets', () => {
    const scope = {};
    const request = budget({ window: 'request' });
    const accounts = [{}, { tenant: 'acme' } as Record<string, string>].map((labels: Record<string, string>) =>
      accountFor(request, labels, undefined, scope, labelValues()),
    );
    expect(accounts[0]).toEqual({ kind: 'account', ref: { key: 'tenant-daily:request:tenant', owner: scope } });
    expect(accounts[1]).toEqual(accounts[0]);
    expect(accountFor(request, {}, undefined, undefined, labelValues())).toEqual({ kind: 'skip' });
  });

  test.each([
    ['POST /ask/:id', 'POST%20%2Fask%2F%3Aid'],
    ['a:b', 'a%3Ab'],
    ['{tag}', '%7Btag%7D'],
    ['€', '%E2%82%AC'],
  ])('writes the name %j as %s', (name, encoded) => {
    expect(keyOf({ tenant: 'acme' }, { name })).toBe(`${encoded}:day:${START}:tenant:=acme`);
  });

  test('shares one account among scopes without the label, and says so once', () => {
    const values = labelValues();
    const key = keyOf({}, {}, values);
    expect(keyOf({ tenant: '' }, {}, values)).toBe(key);
    expect(keyOf({ tenant: 'unlabelled' }, {}, values)).not.toBe(key);
    expect(keyOf({ tenant: '~unlabelled' }, {}, values)).not.toBe(key);
    expect(key).toBe(`tenant-daily:day:${START}:tenant:~unlabelled`);
    expect(told).toEqual(['unlabelled tenant-daily']);
  });

  test('skips or refuses without the label, as told', () => {
    expect(daily({}, { missing: 'skip' })).toEqual({ kind: 'skip' });
    expect(daily({}, { missing: 'refuse' })).toMatchObject({ kind: 'refuse' });
    expect(daily({ tenant: 'a' }, { by: ['tenant', 'user'], missing: 'refuse' })).toMatchObject({ kind: 'refuse' });
    expect(told).toEqual([]);
  });

  test.each(['__proto__', 'constructor', 'toString'])('a label or a value may be called %s', (name) => {
    const labels = Object.fromEntries([[name, 'x']]);
    expect(keyOf(labels, { by: name })).toBe(`tenant-daily:day:${START}:${name}:=x`);
    expect(keyOf({}, { by: name })).toBe(`tenant-daily:day:${START}:${name}:~unlabelled`);
    expect(keyOf({ tenant: name })).toBe(`tenant-daily:day:${START}:tenant:=${name}`);
  });

  test('different labels have different accounts', () => {
    const by = ['a', 'b'];
    const labels = fc.record({ a: fc.string({ minLength: 1 }), b: fc.string({ minLength: 1 }) });
    fc.assert(
      fc.property(labels, labels, (left, right) => {
        const same = left.a === right.a && left.b === right.b;
        expect(keyOf(left, { by }) === keyOf(right, { by })).toBe(same);
      }),
    );
    expect(keyOf({ a: 'x,=y', b: 'z' }, { by })).not.toBe(keyOf({ a: 'x', b: 'y,=z' }, { by }));
  });
});

describe('accountValue', () => {
  test.each(['acme', 'a', 'user@example.org', 'A-Z_0.9', 'x'.repeat(128)])('keeps %s readable', (value) => {
    expect(accountValue(value)).toBe(`=${value}`);
  });

  test.each(['x'.repeat(129), 'a b', 'a:b', 'a,b', '{x}', 'é', '\n', '*', '#abc', '=a', ''])('hashes %j', (value) => {
    expect(accountValue(value)).toMatch(/^#[0-9a-f]{32}$/);
  });

  test('nobody can call themselves what another is hashed to', () => {
    const hashed = accountValue('a b');
    expect(accountValue(hashed)).not.toBe(hashed);
    expect(accountValue(hashed.slice(1))).not.toBe(hashed);
  });
});

describe('LabelValues', () => {
  test('gives new values beyond the most one account, and says so once a window', () => {
    const values = labelValues(2);
    const keyIn = (value: string, start = 1) => values.keyOf('b', start, value, 'b:day');
    expect(['=a', '=b', '=c', '=d', '=a'].map((value) => keyIn(value))).toEqual([
      'b:day:=a',
      'b:day:=b',
      'b:day:~overflow',
      'b:day:~overflow',
      'b:day:=a',
    ]);
    expect(told).toEqual(['overflow b']);
    expect(['=c', '=d', '=a'].map((value) => keyIn(value, 2))).toEqual(['b:day:=c', 'b:day:=d', 'b:day:~overflow']);
    expect(told).toEqual(['overflow b', 'overflow b']);
  });

  test('counts each budget by itself', () => {
    const values = labelValues(1);
    expect([values.keyOf('a', 1, '=x', 'a'), values.keyOf('b', 1, '=y', 'b')]).toEqual(['a:=x', 'b:=y']);
  });

  test('the account of the others is nobody’s own', () => {
    expect(keyOf({ tenant: '~overflow' })).not.toContain('~overflow');
    const values = labelValues(1);
    keyOf({ tenant: 'a' }, {}, values);
    expect(keyOf({ tenant: 'b' }, {}, values)).toBe(`tenant-daily:day:${START}:tenant:~overflow`);
  });
});
