import { createMeter, type MeterOptions } from '@eden-cost/core';

const KEY = 'sk-eden-x';

it.each<[string, unknown, RegExp]>([
  [
    'a management key for the balance',
    { credits: { apiKey: 'mgmt-eden-x' } },
    /credits\.apiKey is a management key .* options\.credits\.managementKey/,
  ],
  [
    'an inference key for /v3/manage',
    { credits: { apiKey: KEY, managementKey: KEY } },
    /managementKey is an inference key/,
  ],
  ['a management key for jobs', { jobs: { apiKey: 'mgmt-eden-x' } }, /jobs\.apiKey is a management key/],
  ['no key', { credits: {} }, /credits\.apiKey must be an API key/],
  ['a key with a line break', { credits: { apiKey: 'sk\nx' } }, /credits\.apiKey must be an API key/],
  ['a misspelt option', { credits: { apiKey: KEY, lowUSD: 1 } }, /did you mean "lowUsd"/],
  ['a limit that is none', { credits: { apiKey: KEY, lowUsd: -1 } }, /credits\.lowUsd must be an amount/],
  [
    'an interval that is too short',
    { credits: { apiKey: KEY, intervalMs: 10 } },
    /intervalMs must be a number of at least 1000/,
  ],
  ['an address that is none', { credits: { apiKey: KEY, balanceUrl: 'ftp://x' } }, /balanceUrl must be an http/],
  ['auto-refill that nobody watches', { autoRefill: { thresholdUsd: 1, amountUsd: 5 } }, /give options\.credits too/],
  [
    'auto-refill of nothing',
    { credits: { apiKey: KEY }, autoRefill: { thresholdUsd: 1, amountUsd: 0 } },
    /autoRefill\.amountUsd/,
  ],
  ['a circuit that is none', { circuit: true }, /options\.circuit must be/],
  ['a circuit of no time', { circuit: { openMs: 0 } }, /circuit\.openMs/],
  ['a tag name with a space', { tags: ['my tenant'] }, /the tag name "my tenant" is refused by Eden AI/],
  ['a reserved tag name', { tags: { tenant: 'Eden:x' } }, /may not begin with "eden:"/],
  ['a tag name that is too long', { tags: ['x'.repeat(65)] }, /1 to 64 characters/],
  ['a tag twice', { tags: { a: 'Team', b: 'team' } }, /twice/],
  ['eleven tags', { tags: Array.from({ length: 11 }, (_, index) => `t${index}`) }, /has 11 tags/],
  ['a webhook key that is none', { jobs: { webhookPublicKey: 'x' } }, /must be an RSA public key/],
  ['metadata that is no flag', { metadata: 'yes' }, /options\.metadata must be true or false/],
])('%s is refused at start, with the fix, and without the key', (_name, options, message) => {
  const make = () => createMeter(options as MeterOptions);
  expect(make).toThrow(message);
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_COST_OPTIONS' }));
  expect(make).not.toThrow(KEY);
});
