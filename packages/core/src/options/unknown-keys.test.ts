import { OptionsError } from '../errors.js';
import { rejectUnknownKeys } from './unknown-keys.js';

const reject = (object: object, path: string) => () => rejectUnknownKeys(object, ['limitUsd', 'window'], path);

describe('rejectUnknownKeys', () => {
  test('lets known options pass, also those that are undefined', () => {
    expect(reject({ limitUsd: 1, window: undefined }, 'budgets[0]')).not.toThrow();
    expect(reject({}, '')).not.toThrow();
  });

  test('says where, and which one was meant', () => {
    expect(reject({ limitUSD: 1 }, 'budgets[2]')).toThrow(OptionsError);
    expect(reject({ limitUSD: 1 }, 'budgets[2]')).toThrow(
      'budgets[2].limitUSD is not an option; did you mean "limitUsd"?',
    );
  });

  test('lists the options when none is near', () => {
    expect(reject({ colour: 1 }, '')).toThrow('colour is not an option; known are limitUsd, window');
  });

  test('does not take what every object has for an option', () => {
    expect(reject({ constructor: 1 }, 'budget')).toThrow('budget.constructor is not an option');
    expect(reject(JSON.parse('{"__proto__": 1}'), 'budget')).toThrow('budget.__proto__ is not an option');
  });
});
