import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { tempTree } from '../support/temp-tree.js';
import { bothCopies, commonJs, esm, typeScript } from './consumers.js';
import { installPacked } from './install.js';

const standIn = useStandIn();
const folder = tempTree({
  'package.json': '{ "private": true }',
  'commonjs/package.json': '{ "type": "commonjs" }',
  'commonjs/app.js': commonJs,
  'esm/package.json': '{ "type": "module" }',
  'esm/app.js': esm,
  'both/copies.mjs': bothCopies,
  'typescript/package.json': '{ "type": "module" }',
  'typescript/esm.mts': typeScript,
  'typescript/commonjs.cts': typeScript,
  'typescript/tsconfig.json': JSON.stringify({
    compilerOptions: { module: 'nodenext', target: 'es2022', strict: true, noEmit: true, types: ['node'] },
  }),
});

beforeAll(() => installPacked(folder), 240_000);

async function runApp(file: string, env: Record<string, string> = {}): Promise<unknown> {
  const cwd = join(folder, dirname(file));
  const ran = await runNode([join(folder, file)], { cwd, env: { ...process.env, EDEN_URL: standIn.eden.url, ...env } });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ran.stdout);
}

test.each(['commonjs/app.js', 'esm/app.js'])('%s meters a call, then refuses one', async (file) => {
  expect(await runApp(file)).toEqual({
    answers: [
      { status: 200, nanos: 10_000_000 },
      expect.objectContaining({ status: 402, code: 'ERR_COST_BUDGET_EXCEEDED' }),
    ],
    costLines: 2,
  });
  expect(standIn.eden.books()).toMatchObject({ totalNanos: 10_000_000 });
  expect(standIn.eden.books().charges).toHaveLength(1);
});

/** A second install of the same package, as an old version deeper in node_modules would be. */
function secondInstall(): string {
  const copy = join(folder, 'second/node_modules/@eden-cost/core');
  mkdirSync(dirname(copy), { recursive: true });
  cpSync(join(folder, 'node_modules/@eden-cost/core'), copy, { recursive: true });
  return copy;
}

test.each([
  ['the CommonJS and the ESM copy', () => '@eden-cost/core'],
  ['two installs', secondInstall],
])('%s in one process: one meter, one scope, one charge; instanceof works across them', async (_, otherCopy) => {
  expect(await runApp('both/copies.mjs', { OTHER_COPY: otherCopy() })).toEqual({
    twoCopies: true,
    instanceOf: [true, true, false, true],
    secondMeter: true,
    oneMeter: true,
    sharedScope: true,
    charges: 1,
  });
  expect(standIn.eden.books().charges).toHaveLength(1);
});

test('a TypeScript app compiles, as ESM and as CommonJS, with the libraries checked', async () => {
  const { code, stdout } = await runNode([
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    '-p',
    join(folder, 'typescript'),
  ]);
  expect(stdout).toBe('');
  expect(code).toBe(0);
});

test('the command-line stand-in is installed, and says how it is used', async () => {
  const { stdout } = await promisify(execFile)(join(folder, 'node_modules/.bin/eden-stand-in'), ['--help']);
  expect(stdout).toContain('eden-stand-in');
});

test.each(['core', 'express', 'testing'])('@eden-cost/%s brings no test and nothing of the workspace', (name) => {
  const installed = join(folder, 'node_modules/@eden-cost', name);
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.includes('.test.'))).toEqual([]);
  expect(files).toContain('LICENSE');
  expect(readFileSync(join(installed, 'package.json'), 'utf8')).not.toMatch(/workspace:|catalog:|@eden-cost\/source/);
});
