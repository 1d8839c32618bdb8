import { callKey } from './call-key.js';

const keyIn = (headers: Record<string, string>) => callKey((name) => headers[name]);

test.each([
  ['Bearer sk-1', 'sk-1'],
  ['bearer sk-1', 'sk-1'],
  ['Bearer   sk-1 ', 'sk-1'],
  ['Bearer\tsk-1', 'sk-1'],
  ['sk-1', 'sk-1'],
])('an authorization of %j has the key %j', (authorization, key) => {
  expect(keyIn({ authorization, 'x-api-key': 'other' })).toBe(key);
});

// fetch takes the spaces off, node:http does not
test.each(['', 'Bearer', 'Bearer ', 'Bearer  ', 'Bearer \t'])(
  'one of %j has none: the other header has it',
  (authorization) => {
    expect(keyIn({ authorization, 'x-api-key': ' sk-2 ' })).toBe('sk-2');
    expect(keyIn({ authorization })).toBeUndefined();
  },
);
