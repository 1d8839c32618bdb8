import { DENIAL_HEADER, recordDenial } from '../denial.js';
import { findDenial } from './find-denial.js';

const denial = recordDenial({ at: 0, reason: 'spent', operation: 'chat' });
const named = { [DENIAL_HEADER]: denial.id };

describe('the denial behind an error', () => {
  it.each<[string, object]>([
    ['its headers', { headers: named }],
    ['a Headers object', { headers: new Headers(named) }],
    ['its response', { response: { headers: named } }],
    ['the headers of its response', { responseHeaders: named }],
    ['its cause', { cause: { response: { headers: named } } }],
    ['one of several', { errors: [new Error('other'), { headers: named }] }],
  ])('is found by its id in %s', (_where, error) => {
    expect(findDenial(error)).toBe(denial);
  });

  it.each<[string, object]>([
    ['status', { status: 402 }],
    ['statusCode', { statusCode: 402 }],
    ['response', { response: { status: 402, headers: {} } }],
    ['cause', { cause: { status: 402, headers: { 'retry-after': '1' } } }],
    ['header with an id that is not ours', { status: 402, headers: { [DENIAL_HEADER]: 'another' } }],
  ])("is none where a 402 alone stands, in its %s: another service's", (_where, error) => {
    expect(findDenial(error)).toBeUndefined();
  });
});
