import { generateKeyPairSync } from 'node:crypto';
import { createMeter, type MeterOptions } from '@eden-cost/core';

const KEY = 'sk-eden-x';

const pem = { format: 'pem' } as const;
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const PRIVATE_PEM = privateKey.export({ type: 'pkcs8', ...pem }).toString();
const SECRET = PRIVATE_PEM.split('\n')[1] as string;
const ED25519_PEM = generateKeyPairSync('ed25519')
  .publicKey.export({ type: 'spki', ...pem })
  .toString();

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
  ['no text for a key', { credits: { apiKey: { key: KEY } } }, /credits\.apiKey must be an API key of Eden AI: a text/],
  ['a key in quotes', { credits: { apiKey: `"${KEY}"` } }, /credits\.apiKey has quotes around it/],
  ['a key with one quote', { jobs: { apiKey: `'${KEY}` } }, /jobs\.apiKey has quotes around it/],
  [
    'a key that is "undefined"',
    { credits: { apiKey: 'undefined' } },
    /credits\.apiKey is the text of a value that is none/,
  ],
  ['a key that is "null"', { jobs: { apiKey: 'null' } }, /jobs\.apiKey is the text of a value that is none/],
  ['a key that is empty', { credits: { apiKey: '' } }, /credits\.apiKey is empty: set the variable/],
  ['a key of white space', { credits: { apiKey: ' \t' } }, /credits\.apiKey is empty/],
  ['a key with the end of its line', { credits: { apiKey: `${KEY}\n` } }, /credits\.apiKey has white space around it/],
  ['a key with "Bearer"', { credits: { apiKey: `Bearer ${KEY}` } }, /credits\.apiKey begins with "Bearer"/],
  ['a key with a space in it', { credits: { apiKey: `${KEY} y` } }, /credits\.apiKey must be an API key/],
  ['a key beyond ASCII', { credits: { apiKey: `${KEY}…` } }, /credits\.apiKey must be an API key/],
  [
    'a management key in quotes',
    { credits: { apiKey: KEY, managementKey: '"mgmt-eden-x"' } },
    /credits\.managementKey has quotes around it/,
  ],
  [
    'a management key that is "undefined"',
    { credits: { apiKey: KEY, managementKey: `${undefined}` } },
    /credits\.managementKey is the text of a value that is none/,
  ],
  ['no key', { credits: {} }, /credits\.apiKey must be an API key/],
  ['a key with a line break', { credits: { apiKey: 'sk\nx' } }, /credits\.apiKey must be an API key/],
  [
    'a management key among keys',
    { credits: { apiKey: KEY, keys: ['mgmt-eden-x'] } },
    /credits\.keys is a management key/,
  ],
  ['keys that are no list', { credits: { apiKey: KEY, keys: KEY } }, /credits\.keys must be a list/],
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
  ['a Set of tags', { tags: new Set(['tenant']) }, /must be a list of label names, or tag names by label/],
  ['a Map of tags', { tags: new Map([['tenant', 'client']]) }, /must be a list of label names, or tag names by label/],
  ['a symbol for a tag', { tags: [Symbol('tenant')] }, /a tag name is a text, not: symbol/],
  ['a symbol by label', { tags: { tenant: Symbol('x') } }, /a tag name is a text, not: symbol/],
  ['an object without a text for a tag', { tags: [Object.create(null)] }, /a tag name is a text, not: object/],
  ['a tag twice', { tags: { a: 'Team', b: 'team' } }, /twice/],
  ['eleven tags', { tags: Array.from({ length: 11 }, (_, index) => `t${index}`) }, /has 11 tags/],
  [
    'a private key for webhooks',
    { jobs: { webhookPublicKey: PRIVATE_PEM } },
    /webhookPublicKey is a private key: give Eden AI's public one/,
  ],
  [
    'a private key for webhooks, of one line',
    { jobs: { webhookPublicKey: PRIVATE_PEM.replaceAll('\n', '\\n') } },
    /webhookPublicKey is a private key/,
  ],
  ['a private KeyObject for webhooks', { jobs: { webhookPublicKey: privateKey } }, /webhookPublicKey is a private key/],
  ['an API key for webhooks', { jobs: { webhookPublicKey: KEY } }, /must be an RSA public key/],
  ['a key of another kind for webhooks', { jobs: { webhookPublicKey: ED25519_PEM } }, /must be an RSA public key/],
  ['a webhook key that is none', { jobs: { webhookPublicKey: 'x' } }, /must be an RSA public key/],
  ['metadata that is no flag', { metadata: 'yes' }, /options\.metadata must be true or false/],
])('%s is refused at start, with the fix, and without the key', (_name, options, message) => {
  const make = () => createMeter(options as MeterOptions);
  expect(make).toThrow(message);
  expect(make).toThrow(expect.objectContaining({ code: 'ERR_COST_OPTIONS' }));
  for (const secret of [KEY, 'mgmt-eden-x', SECRET]) expect(make).not.toThrow(secret);
});
