import { inspect } from 'node:util';
import {
  BudgetExceededError,
  CostError,
  CreditsExhaustedError,
  isBudgetExceeded,
  isCreditsExhausted,
  LedgerUnavailableError,
  OptionsError,
  PaymentRequiredError,
  passAs,
} from './errors.js';

const spent = () =>
  new BudgetExceededError(
    { budget: 'tenant-daily', reason: 'spent', limitNanos: 5, settledNanos: 5, reservedNanos: 0, estimateNanos: 1 },
    { status: 402, denialId: 'd1' },
  );
const all: readonly (() => CostError)[] = [
  spent,
  () => new CreditsExhaustedError({ status: 402 }),
  () => new LedgerUnavailableError({ status: 503 }),
  () => new OptionsError('budgets[0].limitUsd must be a number'),
];

type Errors = typeof import('./errors.js');

function anotherCopy(): Errors {
  let copy: Errors | undefined;
  jest.isolateModules(() => {
    copy = require('./errors.js') as Errors;
  });
  return copy as Errors;
}

describe('errors', () => {
  test.each([
    [0, 'BudgetExceededError', 'ERR_COST_BUDGET_EXCEEDED', [CostError, PaymentRequiredError, BudgetExceededError]],
    [
      1,
      'CreditsExhaustedError',
      'ERR_COST_CREDITS_EXHAUSTED',
      [CostError, PaymentRequiredError, CreditsExhaustedError],
    ],
    [2, 'LedgerUnavailableError', 'ERR_COST_LEDGER_UNAVAILABLE', [CostError, LedgerUnavailableError]],
    [3, 'OptionsError', 'ERR_COST_OPTIONS', [CostError, OptionsError]],
  ])('number %d is a %s with the code %s', (index, name, code, classes) => {
    const error = (all[index] as () => CostError)();
    const every = [
      CostError,
      PaymentRequiredError,
      BudgetExceededError,
      CreditsExhaustedError,
      LedgerUnavailableError,
      OptionsError,
    ];
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code });
    expect(error.help).toContain(code.toLowerCase().replaceAll('_', '-'));
    expect(every.filter((type) => error instanceof (type as never))).toEqual(classes);
    expect(error.stack).toContain('errors.test.ts');
  });

  test('a copy of the package recognises the errors of another copy', () => {
    const copy = anotherCopy();
    expect(copy.BudgetExceededError).not.toBe(BudgetExceededError);
    const error = spent();
    expect(error).toBeInstanceOf(copy.BudgetExceededError);
    expect(error).toBeInstanceOf(copy.PaymentRequiredError);
    expect(error).toBeInstanceOf(copy.CostError);
    expect(error).not.toBeInstanceOf(copy.CreditsExhaustedError);
    expect(copy.isBudgetExceeded(error)).toBe(true);
    expect(isCreditsExhausted(new copy.CreditsExhaustedError({ status: 402 }))).toBe(true);
  });

  test('a class that an app derives is told from its parent', () => {
    class TooDear extends BudgetExceededError {}
    const error = new TooDear({ budget: 'b', reason: 'spent' }, { status: 402 });
    expect(error).toBeInstanceOf(TooDear);
    expect(error).toBeInstanceOf(BudgetExceededError);
    expect(spent()).not.toBeInstanceOf(TooDear);
  });

  test.each([
    undefined,
    null,
    402,
    'text',
    {},
    [],
    new Error('402'),
    { status: 402, code: 'ERR_COST_BUDGET_EXCEEDED' },
  ])('what is not ours is not taken for ours: %p', (value) => {
    expect(value instanceof CostError).toBe(false);
    expect(isBudgetExceeded(value)).toBe(false);
    expect(isCreditsExhausted(value)).toBe(false);
  });

  test('carries what a framework reads: status twice, expose, headers', () => {
    const error = new BudgetExceededError(
      { budget: 'b', reason: 'held', retryAfterMs: 1_000 },
      { status: 429, headers: { 'Retry-After': '1' }, denialId: 'd2', cause: new Error('from the SDK') },
    );
    expect(error).toMatchObject({
      status: 429,
      statusCode: 429,
      expose: true,
      headers: { 'Retry-After': '1' },
      denialId: 'd2',
    });
    expect(error.cause).toEqual(new Error('from the SDK'));
    expect(Object.hasOwn(spent(), 'cause')).toBe(false);
    expect(spent().headers).toEqual({});
  });

  test('a console shows the cause by name and status alone, of an exception that passes for it as well', () => {
    const cause = Object.assign(new Error('Bearer sk-1'), { name: 'AxiosError', status: 402, config: { key: 'sk-1' } });
    const error = new BudgetExceededError({ budget: 'b', reason: 'spent', limitNanos: 5 }, { status: 402, cause });
    const exception = Object.assign(new Error('of a framework'), { cause });
    passAs(exception, error);
    for (const printed of [inspect(error), inspect({ nested: [exception] }, { depth: 9, showHidden: true })]) {
      expect(printed).toContain('BudgetExceededError: The AI budget for this request is used up');
      expect(printed).toMatch(/errors\.test\.ts[\s\S]+code: 'ERR_COST_BUDGET_EXCEEDED'[\s\S]+limitNanos: 5/);
      expect(printed).toContain("cause: 'AxiosError 402'");
      expect(printed).not.toContain('sk-1');
    }
    expect(inspect(new OptionsError('wrong', { cause: 7 }))).toContain("cause: 'number'");
    expect(inspect(spent())).not.toContain('cause');
  });

  test('the message of an error that is shown to clients holds no amount, no budget and no label', () => {
    const shown = all.slice(0, 3).map((make) => make().message);
    for (const message of shown) expect(message).not.toMatch(/tenant|daily|\d/);
    expect(new BudgetExceededError({ budget: 'b', reason: 'held' }, { status: 429 }).message).not.toBe(shown[0]);
  });
});
