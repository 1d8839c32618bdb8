import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';
import { tempTree } from '../support/temp-tree.js';

const TYPES = {
  'index.d.ts': `import './augment.js';
export { type Outer, open as start } from './outer.js';
export { type Budget } from '@eden-cost/core';
export {};`,
  'outer.d.ts': `import { type Inner as Part } from './inner.js';
import type { Request } from 'express';
/** What is seen. */
export interface Outer<T> {
    /** In nano-USD. */
    readonly part: Part;
    readonly all: import('./inner.js').Shade[];
    of(request: Request): T;
}
export declare function open(name: string): Outer<number>;
export declare function open(): Outer<string>;
export interface Unused {
}`,
  'inner.d.ts': `export interface Inner {
    readonly limit: number;
}
export type Shade = 'light' | 'dark';
export type Unseen = 1;`,
  'augment.d.ts': `import type { Inner } from './inner.js';
declare module 'koa' {
    interface DefaultContext {
        costs: Inner;
    }
}`,
};

const REPORT = `// The public types of @eden-cost/shop, without comments. After a wanted change: npm run check:api -- -u

export { open as start };
export { type Budget } from '@eden-cost/core';
import { Inner as Part };
import { Request } from 'express';

export interface Outer<T> {
    readonly part: Part;
    readonly all: import('./inner.js').Shade[];
    of(request: Request): T;
}

declare module 'koa' {
    interface DefaultContext {
        costs: Inner;
    }
}

// Not exported; the above refers to it.

interface Inner {
    readonly limit: number;
}

type Shade = 'light' | 'dark';

function open(name: string): Outer<number>;

function open(): Outer<string>;
`;

/** A package whose declarations are these, with some text in them replaced. */
function shop(before = '', after = '', files: Record<string, string> = { 'packages/shop/api.txt': REPORT }): string {
  const types = Object.entries(TYPES).map(([name, text]) => [
    `packages/shop/dist/esm/${name}`,
    text.replace(before, after),
  ]);
  return tempTree({ ...Object.fromEntries(types), ...files });
}

const check = (root: string, ...args: string[]) => runNode([join(ROOT, 'scripts/check-api.mjs'), root, ...args]);

test('writes what the index exports, what that refers to, and what it adds to others', async () => {
  const root = shop('', '', {});
  expect(await check(root, '-u')).toMatchObject({ code: 0, stderr: '' });
  expect(readFileSync(join(root, 'packages/shop/api.txt'), 'utf8')).toBe(REPORT);
  expect(await check(root)).toMatchObject({ code: 0, stderr: '' });
});

test.each([
  ['an exported type', 'of(request: Request): T', 'of(request: Request): T[]'],
  ['a type that only others refer to', 'limit: number', 'limit: string'],
  ['an inline import', "'light' | 'dark'", "'light'"],
  ['an augmentation', 'costs: Inner', 'costs?: Inner'],
  ['an overload', 'open(name: string)', 'open(name?: string)'],
  ["another package's name", 'type Budget', 'type Charge'],
])('a change of %s fails, and says what to do', async (_what, before, after) => {
  const { code, stdout } = await check(shop(before, after));
  expect(code).toBe(1);
  expect(stdout).toMatch(/^-.+\n\+.+/m);
  expect(stdout).toContain('`npm run check:api -- -u`');
});

test.each([
  ['a comment', 'In nano-USD', 'In USD'],
  ['a type that nobody can see', 'Unseen = 1', 'Unseen = 2'],
])('a change of %s is none', async (_what, before, after) => {
  expect(await check(shop(before, after))).toMatchObject({ code: 0 });
});
