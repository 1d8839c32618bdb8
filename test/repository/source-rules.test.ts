import { join } from 'node:path';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';
import { tempTree } from '../support/temp-tree.js';

const BAD: Record<string, readonly string[]> = {
  'patch-only-in-intercept': [
    'globalThis.fetch = async () => new Response();',
    "(globalThis as any)['fetch'] = undefined;",
    'globalThis[Symbol.for("slot")] ??= {};',
    'fetch = other;',
    'delete globalThis.fetch;',
    'Error.stackTraceLimit++;',
    'process.env.NODE_DEBUG = "http";',
    '[globalThis.fetch] = [other];',
    '({ fetch: globalThis.fetch } = other);',
    "import http from 'node:http'; http.request = other;",
    "import * as http from 'http'; http.Agent.prototype.addRequest = other;",
    "import { Agent } from 'node:http'; Agent.prototype.addRequest = other;",
    "import { Agent } from 'undici'; const proto = Agent.prototype; proto.dispatch = other;",
    "import { Agent } from 'undici'; const { prototype } = Agent; prototype.dispatch = other;",
    'function f(layer: object) { const proto = layer && Object.getPrototypeOf(layer); proto.handle = other; }',
    'const proto = (x: object) => Reflect.getPrototypeOf(x) as any; proto({}).handle = other;',
    'function f(layer: any) { layer.__proto__.handle = other; }',
    'Array.prototype.last = other;',
    "Object.defineProperty(globalThis, 'fetch', { value: other });",
    'Object.assign(Promise.prototype, { other });',
    "Reflect.set(globalThis, 'fetch', other);",
    "import http from 'node:http'; Object.setPrototypeOf(http.Agent.prototype, null);",
    "const http = await import('node:http'); http.default.request = other;",
    "const http = process.getBuiltinModule('node:http'); http.request = other;",
    'const real = find() as unknown as typeof globalThis; real.fetch = other;',
    "import { syncBuiltinESMExports } from 'node:module'; syncBuiltinESMExports();",
    "import { setGlobalDispatcher } from 'undici'; setGlobalDispatcher(other);",
  ],
  'time-only-from-clock': [
    'const at = Date.now();',
    "const at = Date['now']();",
    'const at = globalThis.Date.now();',
    'const { now } = Date;',
    'const at = new Date();',
    'const at = Date();',
    'const at = performance.now();',
    "import { performance } from 'node:perf_hooks'; const at = performance.now();",
    'const at = process.hrtime.bigint();',
    'const at = Temporal.Now.instant();',
  ],
  'money-only-in-money': [
    'const nanos = usd * 1e9;',
    'const usd = nanos / 1_000_000_000;',
    'const usd = nanos * 1e-9;',
    "import { NANOS_PER_USD } from './money.js'; f(NANOS_PER_USD);",
    'const usd = parseFloat(text);',
    'const usd = Number.parseFloat(text);',
    'const text = amount.toFixed(2);',
    'const share = budget.limitUsd * 0.8;',
    'spentUsd += charge;',
  ],
  'no-console': ['console.log("charged");', 'globalThis.console.error("charged");', 'const { log } = console;'],
  'run-never-enter-with': ['storage.enterWith(scope);'],
  'nothing-unfinished': ['// TODO: streams', '/* FIXME */ f();', '/** XXX */'],
  readable: ['const = ;'],
};

const GOOD = {
  'packages/core/src/clock.ts': 'export const systemClock = { now: () => Date.now() };',
  'packages/core/src/money.ts':
    'export const NANOS_PER_USD = 1_000_000_000; export const usd = (nanos: number) => nanos / NANOS_PER_USD;',
  'packages/core/src/intercept/fetch.ts': 'globalThis.fetch = other;',
  'packages/core/src/process-state.ts': 'globalThis[Symbol.for("slot")] ??= {};',
  'packages/express/src/patch.ts': 'Object.getPrototypeOf(layer).handleRequest = other;',
  'packages/testing/src/cli.ts': "console.log('listening'); process.exitCode = 1;",
  'packages/core/src/a.test.ts': 'globalThis.fetch = other; console.log(Date.now() * 1e9); // TODO',
  'packages/core/src/times.ts':
    'export const at = (clock: Clock) => new Date(clock.now()).toISOString(); Date.UTC(2026, 0, 1);',
  'packages/core/src/own.ts':
    "import { state } from './state.js'; state.count = 1; class A { #b = 1; set() { this.#b = 2; } } const o = {}; o.x = 1;",
  'packages/core/src/parameters.ts':
    'export function f(req: { costs?: number }, process: { env: object }) { req.costs = 1; process.env = {}; }',
  'packages/core/src/instances.ts':
    'const headers = new Headers(); headers.x = 1; const made = Object.create(Agent.prototype); made.x = 1;',
  'packages/core/src/shadows.ts': 'export function fetch(console: { log(line: string): void }) { console.log("") }',
  'packages/core/src/words.ts': "export const message = 'TODO: Date.now() * 1e9'; // a todo list",
};

const files = Object.entries(BAD).flatMap(([rule, snippets]) =>
  snippets.map((snippet, index) => ({ rule, snippet, path: `packages/core/src/${rule}-${index}.ts` })),
);

const check = (folder: string) => runNode([join(ROOT, 'scripts/check-source.mjs'), folder]);

/** path -> rule and line of each finding */
const found = new Map<string, string[]>();

beforeAll(async () => {
  const { stdout, stderr } = await check(
    tempTree({ ...GOOD, ...Object.fromEntries(files.map(({ path, snippet }) => [path, `\n\n${snippet}\n`])) }),
  );
  expect(stderr).toBe('');
  for (const [, path = '', line, rule] of stdout.matchAll(/^(\S+):(\d+) {2}(\S+)$/gm)) {
    found.set(path, [...(found.get(path) ?? []), `${rule} at line ${line}`]);
  }
});

test.each(files)('$rule: $snippet', ({ path, rule }) => {
  expect(found.get(path)).toEqual([`${rule} at line ${rule === 'readable' ? 1 : 3}`]);
});

test.each(Object.keys(GOOD))('%s is clean', (path) => {
  expect(found.get(path)).toBeUndefined();
});

test('a finding shows the code, what is wrong with it, and the fix', async () => {
  const { code, stdout } = await check(tempTree({ 'packages/core/src/rates.ts': 'const at = Date.now();' }));
  expect(stdout).toBe(
    'packages/core/src/rates.ts:1  time-only-from-clock\n' +
      "  `Date.now` reads the system's time. " +
      'Take the time from the Clock that is handed in, so that tests can move it; only clock.ts asks the system.\n' +
      'Source rules: 1 file, 1 found\n',
  );
  expect(code).toBe(1);
});

test('the packages are clean', async () => {
  expect(await check(ROOT)).toMatchObject({
    stdout: expect.stringMatching(/^Source rules: \d+ files, nothing found\n$/),
    code: 0,
  });
});
