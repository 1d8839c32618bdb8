import { join } from 'node:path';
import { runNode } from '../support/run-node.js';
import { typescript } from '../support/typescript.js';

const PROGRAM = [...typescript, join(__dirname, 'warned-process.ts')];

const HOUR = [{ name: 'all', limitUsd: 1, window: 'hour' }];
const DAY = [{ name: 'all', limitUsd: 1, window: 'day' }];
const REQUEST = [{ name: 'all', limitUsd: 1, window: 'request' }];

/** The lines of stderr that warn. */
async function warnings(budgets: object[], env: Record<string, string>, where = 'alone', ofRouter?: object[]) {
  const { NODE_APP_INSTANCE: _1, KUBERNETES_SERVICE_HOST: _2, NODE_ENV: _3, EDEN_COST: _4, ...clean } = process.env;
  const args = [...PROGRAM, where, JSON.stringify(budgets), ...(ofRouter ? [JSON.stringify(ofRouter)] : [])];
  const { code, stderr } = await runNode(args, { env: { ...clean, ...env } });
  expect([code, stderr.replace(/^\(.*$/gm, '').trim()]).toEqual([0, expect.any(String)]);
  return stderr.split('\n').filter((line) => line.includes('WARN_COST_MEMORY_LEDGER] EdenCostWarning: '));
}

describe('the memory ledger warns once, on stderr, that it counts this process only and forgets at restart', () => {
  test.each<[string, object[], Record<string, string>]>([
    ['under PM2', HOUR, { NODE_APP_INSTANCE: '0' }],
    ['under Kubernetes', HOUR, { KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
    ['in production, with a window of a day', DAY, { NODE_ENV: 'production' }],
  ])('%s', async (_where, budgets, env) => {
    const told = await warnings(budgets, env);
    expect(told).toEqual([expect.stringMatching(/memory of this process only.* restart forgets.*option `ledger`/)]);
  });

  test('in a worker of a cluster', async () => {
    expect(await warnings(HOUR, {}, 'cluster')).toHaveLength(1);
  });

  test('for the budgets of a router too', async () => {
    expect(await warnings([], { NODE_ENV: 'production' }, 'alone', DAY)).toHaveLength(1);
  });
});

test.each<[string, object[], Record<string, string>]>([
  ['in development', DAY, {}],
  ['in production, with a window of an hour', HOUR, { NODE_ENV: 'production' }],
  ['with budgets of a request alone', REQUEST, { NODE_ENV: 'production', KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
  ['without budgets', [], { NODE_ENV: 'production', KUBERNETES_SERVICE_HOST: '10.0.0.1' }],
  ['when it is off', DAY, { NODE_ENV: 'production', EDEN_COST: 'off' }],
])('it does not warn %s', async (_where, budgets, env) => {
  expect(await warnings(budgets, env)).toEqual([]);
});
