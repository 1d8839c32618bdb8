import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';
import { tempTree } from '../support/temp-tree.js';

/** Files that break one rule each, and what they must not import. */
const BROKEN: Record<string, Record<string, [text: string, imported: string]>> = {
  'core-knows-no-framework': {
    'packages/core/src/calls-express.ts': ["import express from 'express'; express();", 'express'],
    'packages/core/src/imports-a-type.ts': ["import type { Context } from 'koa'; export type C = Context;", 'koa'],
    'packages/core/src/names-a-type.ts': ["export type M = import('@nestjs/common').Module;", '@nestjs/common'],
  },
  'core-stands-alone': {
    'packages/core/src/imports-an-adapter.ts': ["export * from '@eden-cost/koa';", 'packages/koa/src/index.ts'],
  },
  'ledger-knows-no-wire': {
    'packages/core/src/ledger/reads.ts': ["export * from '../edenai/cost.js';", 'packages/core/src/edenai/cost.ts'],
    'packages/core/src/ledger/calls.ts': ["import { request } from 'node:http'; request('');", 'http'],
    'packages/redis/src/calls.ts': ["import type { Agent } from 'node:https'; export type A = Agent;", 'https'],
  },
  'edenai-is-pure': {
    'packages/core/src/edenai/attributes.ts': [
      "import type { Scope } from '../scope/scope.js'; export type S = Scope;",
      'packages/core/src/scope/scope.ts',
    ],
    'packages/core/src/edenai/books.ts': ["export * from '../ledger/ledger.js';", 'packages/core/src/ledger/ledger.ts'],
    'packages/core/src/edenai/intercepts.ts': [
      "export * from '../intercept/undici.js';",
      'packages/core/src/intercept/undici.ts',
    ],
  },
  'adapters-are-strangers': {
    'packages/express/src/imports-koa.ts': ["export * from '@eden-cost/koa';", 'packages/koa/src/index.ts'],
  },
  'no-deep-import': {
    'packages/express/src/reaches-in.ts': ["export * from '../../core/src/money.js';", 'packages/core/src/money.ts'],
    'packages/koa/src/reaches-in.ts': ["export * from '@eden-cost/core/src/money.js';", '@eden-cost/core/src/money.js'],
    'examples/app/src/reaches-in.ts': [
      "export * from '../../../packages/core/src/money.js';",
      'packages/core/src/money.ts',
    ],
  },
  'patches-only-in-intercept': {
    'packages/core/src/patches.ts': ["export * from './intercept/patch.js';", 'packages/core/src/intercept/patch.ts'],
  },
  'published-code-needs-no-dev-dependency': {
    'packages/express/src/needs-a-tool.ts': ["import 'a-dev-tool';", 'a-dev-tool'],
  },
  'no-unknown-module': {
    'packages/express/src/misspells.ts': ["export * from './rout.js';", './rout.js'],
    'packages/koa/src/reaches-in.ts': ["export * from '@eden-cost/core/src/money.js';", '@eden-cost/core/src/money.js'],
  },
  'no-cycle': {
    'packages/core/src/chicken.ts': [
      "import { egg } from './egg.js'; export const c = () => egg;",
      'packages/core/src/egg.ts',
    ],
  },
};

const ALLOWED = {
  'packages/core/src/index.ts': "export { nanos } from './money.js';",
  'packages/core/src/money.ts': 'export const nanos = 1;',
  'packages/core/src/charge.ts':
    "import type { Scope } from './scope/scope.js'; export interface Charge { scope: Scope }",
  'packages/core/src/scope/scope.ts':
    "import type { Charge } from '../charge.js'; export interface Scope { charge: Charge }",
  'packages/core/src/edenai/cost.ts': "export { nanos } from '../money.js';",
  'packages/core/src/ledger/ledger.ts': "import 'node:crypto'; export { nanos } from '../money.js';",
  'packages/core/src/intercept/patch.ts': 'export const replace = 1;',
  'packages/core/src/intercept/undici.ts': "import 'node:http'; export { replace } from './patch.js';",
  'packages/express/src/index.ts': "export * from '@eden-cost/core'; import 'express'; import 'a-dependency';",
  'packages/express/src/index.test.ts': "import 'a-dev-tool'; import './index.js';",
  'packages/koa/src/index.ts': "export { nanos } from '@eden-cost/core';",
  'packages/redis/src/index.ts': "export { nanos } from '@eden-cost/core';",
  'examples/app/src/main.ts': "import '@eden-cost/core';",
};

const manifest = (name: string, more: object = {}) =>
  JSON.stringify({ name, version: '1.0.0', exports: { '.': { '@eden-cost/source': './src/index.ts' } }, ...more });

function buildHouse(): string {
  const house = tempTree({
    'package.json': '{ "name": "house" }',
    'packages/core/package.json': manifest('@eden-cost/core'),
    'packages/koa/package.json': manifest('@eden-cost/koa'),
    'packages/redis/package.json': manifest('@eden-cost/redis'),
    'packages/express/package.json': manifest('@eden-cost/express', {
      dependencies: { 'a-dependency': '1' },
      peerDependencies: { express: '5' },
      devDependencies: { 'a-dev-tool': '1', express: '5' },
    }),
    ...Object.fromEntries(
      ['express', 'koa', '@nestjs/common', 'a-dependency', 'a-dev-tool'].flatMap((name) => [
        [`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0' })],
        [`node_modules/${name}/index.js`, ''],
      ]),
    ),
    ...ALLOWED,
    'packages/core/src/egg.ts': "import { c } from './chicken.js'; export const egg = () => c;",
    ...Object.fromEntries(
      Object.values(BROKEN).flatMap((files) => Object.entries(files).map(([path, [text]]) => [path, text])),
    ),
  });
  mkdirSync(join(house, 'node_modules/@eden-cost'));
  for (const name of ['core', 'koa']) {
    symlinkSync(join(house, 'packages', name), join(house, 'node_modules/@eden-cost', name));
  }
  return house;
}

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

const depcruise = (folder: string, config: string, output: string) =>
  runNode(
    [
      join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      'packages',
      'examples',
      '--config',
      join(ROOT, config),
      '--output-type',
      output,
    ],
    { cwd: folder },
  );

const violations: Violation[] = [];

beforeAll(async () => {
  const house = buildHouse();
  for (const config of ['.dependency-cruiser.cjs', '.dependency-cruiser.cycles.cjs']) {
    const { stdout } = await depcruise(house, config, 'json');
    violations.push(...JSON.parse(stdout).summary.violations);
  }
});

const nameOf = (resolved: string) => resolved.replace(/^node_modules\/(.+)\/index\.js$/, '$1');

test.each(Object.entries(BROKEN))('%s', (rule, files) => {
  const found = violations.filter(({ rule: { name } }) => name === rule);
  expect(Object.fromEntries(found.map(({ from, to }) => [from, nameOf(to)]))).toEqual(
    Object.fromEntries(Object.entries(files).map(([from, [, imported]]) => [from, imported])),
  );
});

test('what is allowed breaks no rule', () => {
  expect(violations.filter(({ from }) => from in ALLOWED)).toEqual([]);
});

test('a failure says why the rule exists and what to do', async () => {
  const house = tempTree({
    'packages/core/package.json': manifest('@eden-cost/core'),
    'packages/core/src/index.ts': "import 'express';",
    'examples/app/src/main.ts': '',
  });
  const { code, stdout } = await depcruise(house, '.dependency-cruiser.cjs', 'err-long');
  expect(stdout).toMatch(
    /error core-knows-no-framework: packages\/core\/src\/index\.ts → express\s+core serves every framework/,
  );
  expect(code).toBeGreaterThan(0);
});
