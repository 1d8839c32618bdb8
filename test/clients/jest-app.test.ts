import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { tempTree } from '../support/temp-tree.js';

const standIn = useStandIn({ costUsd: '0.0123' });

const FILES = 4;

/** As an app tests itself: nobody closes the meter. */
const testFile = (index: number) => `
const http = require('node:http');
const { createMeter } = require('@eden-cost/core');

const slots = () => [
  Object.getOwnPropertyDescriptor(http.Agent.prototype, 'addRequest'),
  Object.getOwnPropertyDescriptor(http.ClientRequest.prototype, '_storeHeader'),
];
const url = process.env.EDEN_URL + '/v3/chat/completions';
const overFetch = async () => (await fetch(url, { method: 'POST', body: '{"model":"any","messages":[]}' })).json();
const overHttp = () =>
  new Promise((resolve, reject) => {
    const request = http.request(url, { method: 'POST' }, (response) => response.resume().on('end', resolve));
    request.on('error', reject).end('{"model":"any","messages":[]}');
  });

const before = slots();
const meter = createMeter({ baseUrls: [process.env.EDEN_URL], rateCard: false });
const unmetered = [];
meter.on('unmetered', (call) => unmetered.push(call));
// builtin modules are the same objects in every file: the first one keeps there what they looked like, and each its meter
const shared = (http.sharedByFiles ??= { pristine: before, meters: [] });
shared.meters.push(meter);

test('file ${index}: each call is charged once, by the meter of this file alone', async () => {
  const others = shared.meters.slice(0, -1).map((other) => other.snapshot().calls);
  await meter.run({}, async () => {
    await overFetch();
    await overHttp();
    expect(meter.current().charges.map(({ amount }) => amount)).toEqual([12_300_000, 12_300_000]);
  });
  expect(meter.snapshot()).toMatchObject({ calls: 2, callsInFlight: 0 });
  expect(shared.meters.slice(0, -1).map((other) => other.snapshot().calls)).toEqual(others);
  expect(unmetered).toEqual([]);
});

test('file ${index}: no patch is put on top of another', async () => {
  const ours = slots();
  const same = createMeter({ intercept: false });
  expect(slots()).toEqual(ours);
  await same.close();
  if (shared.meters.length === ${FILES}) {
    expect(await meter.close()).toMatchObject({ restored: true });
    expect(slots()).toEqual(shared.pristine);
  }
});
`;

it('several files of an app’s own tests in one worker of Jest are each metered once, by their own meter', async () => {
  const files = Array.from({ length: FILES }, (_, index) => [`file-${index}.test.js`, testFile(index)]);
  const app = tempTree({
    'package.json': '{ "private": true }',
    'jest.config.json': '{ "testEnvironment": "node", "transform": {} }',
    ...Object.fromEntries(files),
  });
  mkdirSync(join(app, 'node_modules', '@eden-cost'), { recursive: true });
  symlinkSync(join(ROOT, 'packages', 'core'), join(app, 'node_modules', '@eden-cost', 'core'));
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const { JEST_WORKER_ID: _, ...env } = process.env;
  const ran = await runNode([jest, '--rootDir', app, '--runInBand', '--config', join(app, 'jest.config.json')], {
    cwd: app,
    env: { ...env, EDEN_URL: standIn.eden.url },
  });
  expect(ran.stderr).toContain(`Tests:       ${2 * FILES} passed, ${2 * FILES} total`);
  expect(ran.code).toBe(0);
  expect(standIn.eden.books().charges).toHaveLength(2 * FILES);
}, 60_000);
