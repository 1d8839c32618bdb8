import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { tempTree } from '../support/temp-tree.js';
import { bothCopies, commonJs, esm, nest } from './consumers.js';
import { install, PACKAGES, pack } from './install.js';

const compilerOptions = { module: 'nodenext', target: 'es2022', strict: true, types: ['node'] };
const decorators = { experimentalDecorators: true, emitDecoratorMetadata: true };

const standIn = useStandIn();
const folder = tempTree({
  'package.json': '{ "private": true }',
  'commonjs/package.json': '{ "type": "commonjs" }',
  'commonjs/express.js': commonJs.express,
  'commonjs/koa.js': commonJs.koa,
  'commonjs/sqlite.js': commonJs.sqlite,
  'esm/package.json': '{ "type": "module" }',
  'esm/express.js': esm.express,
  'esm/koa.js': esm.koa,
  'esm/sqlite.js': esm.sqlite,
  'commonjs/redis.js': commonJs.redis,
  'esm/redis.js': esm.redis,
  'both/copies.mjs': bothCopies,
  'nest-12/app.mts': nest,
  'nest-12/tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, ...decorators } }),
});
/** Nest 12 is ESM only; an app in CommonJS has Nest 11. */
const withNest11 = tempTree({
  'package.json': '{ "private": true }',
  'nest-11/app.cts': nest,
  'nest-11/tsconfig.json': JSON.stringify({ compilerOptions: { ...compilerOptions, ...decorators } }),
});

const NEST = ['@nestjs/common', '@nestjs/core', '@nestjs/platform-express', 'reflect-metadata', 'rxjs'];

beforeAll(async () => {
  const tarballs = join(folder, 'tarballs');
  await pack(tarballs);
  const others = ['express', 'koa', ...NEST, '@types/node'];
  await install(folder, { tarballs, packages: PACKAGES, others, workspace: 'test' });
  const packages = ['core', 'nestjs', 'testing'];
  await install(withNest11, { tarballs, packages, others: NEST, workspace: 'test/majors/nest-11' });
  await install(withNest11, { tarballs, packages: [], others: ['@types/node'], workspace: 'test' });
}, 300_000);

async function runApp(file: string, { root = folder, env = {} } = {}): Promise<unknown> {
  const cwd = join(root, dirname(file));
  const ran = await runNode([join(root, file)], { cwd, env: { ...process.env, EDEN_URL: standIn.eden.url, ...env } });
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ran.stdout);
}

async function compile(project: string): Promise<void> {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  expect(await runNode([tsc, '-p', project])).toMatchObject({ code: 0, stdout: '' });
}

async function expectMetered(app: Promise<unknown>): Promise<void> {
  expect(await app).toEqual({
    answers: [
      { status: 200, body: { nanos: 10_000_000 } },
      { status: 402, body: expect.objectContaining({ code: 'ERR_COST_BUDGET_EXCEEDED' }) },
    ],
    costLines: 2,
  });
  expect(standIn.eden.books()).toMatchObject({ totalNanos: 10_000_000 });
  expect(standIn.eden.books().charges).toHaveLength(1);
}

test.each(['commonjs/express.js', 'commonjs/koa.js', 'esm/express.js', 'esm/koa.js'])(
  '%s meters a call, then refuses one',
  (file) => expectMetered(runApp(file)),
);

test.each(['commonjs/redis.js', 'esm/redis.js'])(
  '%s makes a ledger without any client being installed',
  async (file) => {
    expect(await runApp(file)).toEqual({ name: 'redis', refused: true });
  },
);

test.each([
  ['Nest 12, as ESM,', folder, 'nest-12/app.mjs'],
  ['Nest 11, as CommonJS,', withNest11, 'nest-11/app.cjs'],
])('a TypeScript app of %s compiles, meters a call, then refuses one', async (_nest, root, file) => {
  await compile(join(root, dirname(file)));
  await expectMetered(runApp(file, { root }));
});

test.each(['commonjs/sqlite.js', 'esm/sqlite.js'])('%s has a ledger in a file, with its thread', async (file) => {
  const balance = { settled: 0, reserved: 0, toppedUp: 0 };
  expect(await runApp(file)).toEqual({ admitted: [true, false], balance });
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
  expect(await runApp('both/copies.mjs', { env: { OTHER_COPY: otherCopy() } })).toEqual({
    twoCopies: true,
    instanceOf: [true, true, false, true],
    secondMeter: true,
    oneMeter: true,
    sharedScope: true,
    charges: 1,
  });
  expect(standIn.eden.books().charges).toHaveLength(1);
});

test('the command-line stand-in is installed, and says how it is used', async () => {
  const { stdout } = await promisify(execFile)(join(folder, 'node_modules/.bin/eden-stand-in'), ['--help']);
  expect(stdout).toContain('eden-stand-in');
});

test.each(PACKAGES)('@eden-cost/%s brings no test and nothing of the workspace', (name) => {
  const installed = join(folder, 'node_modules/@eden-cost', name);
  const files = readdirSync(installed, { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.includes('.test.'))).toEqual([]);
  expect(files).toContain('LICENSE');
  expect(readFileSync(join(installed, 'package.json'), 'utf8')).not.toMatch(/workspace:|catalog:|@eden-cost\/source/);
});
