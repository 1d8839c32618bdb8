import { execFile, fork } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { rawRequest } from '../support/raw-http.js';
import { useStandIn } from '../support/stand-in.js';
import { tempTree } from '../support/temp-tree.js';
import { install, pack } from './install.js';
import { inCommonJs, quickStart } from './quick-start.js';

const run = promisify(execFile);
const NEST_CLI = '@nestjs/cli@12.0.8';

const standIn = useStandIn();
const folder = tempTree();
const tarballs = join(folder, 'tarballs');
const running: Array<() => Promise<void>> = [];

beforeAll(async () => {
  await pack(tarballs);
  await Promise.all([makeBare('express'), makeBare('koa'), makeNest()]);
}, 300_000);
afterEach(async () => {
  for (const stop of running.splice(0)) await stop();
});

/** Installs what a quick start names: our packages from their tarballs, the others in the versions of the workspace. */
async function follow(names: readonly string[], app: string): Promise<void> {
  const ours = names.filter((name) => name.startsWith('@eden-cost/')).map((name) => name.slice('@eden-cost/'.length));
  const others = names.filter((name) => !name.startsWith('@eden-cost/'));
  await install(app, { tarballs, packages: ['core', ...ours], others, workspace: 'test' });
}

async function makeBare(name: 'express' | 'koa'): Promise<void> {
  const { packages, code } = quickStart(name);
  const app = join(folder, name);
  mkdirSync(app);
  await run('npm', ['init', '-y'], { cwd: app });
  await follow(packages, app);
  writeFileSync(join(app, 'app.mjs'), code);
  writeFileSync(join(app, 'app.cjs'), inCommonJs(code));
}

async function makeNest(): Promise<void> {
  const { packages, code } = quickStart('nestjs');
  const options = ['--skip-git', '--skip-install', '--package-manager', 'npm'];
  await run('npx', ['-y', NEST_CLI, 'new', 'nest', ...options], { cwd: folder });
  await follow(packages, join(folder, 'nest'));
  writeFileSync(join(folder, 'nest/src/main.ts'), code);
}

/** Starts an app as it stands, but for where Eden AI is, and where it listens. */
async function start(program: string): Promise<{ url: string; costLines: (count: number) => Promise<string[]> }> {
  const child = fork(program, [], {
    cwd: folder,
    env: { PATH: process.env.PATH, NO_COLOR: '1', EDENAI_API_KEY: 'test-key', EDEN_URL: standIn.eden.url },
    execArgv: ['--import', join(__dirname, 'lead-eden-ai.mjs')],
    silent: true,
  });
  let output = '';
  const written = new EventEmitter();
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      written.emit('more');
    });
  }
  const ended = once(child, 'exit');
  running.push(async () => {
    child.kill();
    await ended;
  });
  const failed = ended.then(([code]) => {
    throw new Error(`The app ended with ${code}: ${output}`);
  });
  failed.catch(() => {});
  const [port] = await Promise.race([once(child, 'message'), failed]);
  const lines = () =>
    output
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.includes('edenai request cost'));
  const costLines = async (count: number) => {
    while (lines().length < count) await once(written, 'more');
    return lines();
  };
  return { url: `http://127.0.0.1:${port}`, costLines };
}

/**
 * The first answer costs what a tenant may spend in a day, which all quick starts say is 5 USD.
 *
 * @returns the two lines that the app wrote
 */
async function expectMetered(program: string, name: Parameters<typeof quickStart>[0]): Promise<string[]> {
  const { method, path, body = '', status } = quickStart(name).attempt;
  standIn.eden.script({ match: { path: '/chat/completions' }, costUsd: 5 });
  const { url, costLines } = await start(program);
  const ask = () => rawRequest(url + path, { method, headers: { 'content-type': 'application/json' }, body });
  expect(await ask()).toMatchObject({ status, body: expect.stringContaining('"costUsd":5') });
  expect(await ask()).toMatchObject({ status: 402, body: expect.stringContaining('"ERR_COST_BUDGET_EXCEEDED"') });
  expect(standIn.eden.books().charges).toHaveLength(1);
  return costLines(2);
}

describe.each(['express', 'koa'] as const)('the quick start of %s, in a bare app', (name) => {
  test.each(['app.mjs', 'app.cjs'])('%s logs what a request cost, and answers 402', async (file) => {
    const lines = (await expectMetered(join(folder, name, file), name)).map((line) => JSON.parse(line));
    expect(lines.map(({ res, edenai }) => [res.statusCode, edenai.costUsd])).toEqual([
      [200, 5],
      [402, 0],
    ]);
  });
});

test('the quick start of nestjs, in an app of its generator: compiles, logs, and answers 402', async () => {
  await run('npm', ['run', 'build'], { cwd: join(folder, 'nest') });
  expect(await expectMetered(join(folder, 'nest/dist/main.js'), 'nestjs')).toEqual([
    expect.stringMatching(/edenai request cost POST \/ask 201 5(\.0+)? USD \(1 call, tenant=acme\)/),
    expect.stringMatching(/edenai request cost POST \/ask 402 0(\.0+)? USD/),
  ]);
}, 60_000);
