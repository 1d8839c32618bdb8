import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { root } from './bootstrap.mjs';

export const IN_CI = Boolean(process.env.CI) && process.env.CI !== 'false';

/**
 * Runs jest in this terminal and counts.
 *
 * @param {{ args?: string[], node?: string, env?: Record<string, string>, endsWithinMs?: number }} [options] jest's
 * arguments, the Node to run it with, more of an environment, and how long jest may take to end once it has told its
 * results (what a test left open would keep it for ever)
 * @returns {Promise<{ code: number, counts?: Counts }>} without `counts` when it ran no tests, as with `--listTests`
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 */
export async function runJest({ args = [], node = process.execPath, env = {}, endsWithinMs = 15_000 } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'eden-cost-jest-'));
  const report = join(folder, 'report.json');
  const watches = args.some((arg) => arg.startsWith('--watch'));
  const jest = join(root, 'node_modules', 'jest', 'bin', 'jest.js');
  const all = [jest, ...(watches ? [] : ['--json', `--outputFile=${report}`]), ...(IN_CI ? ['--ci'] : []), ...args];
  try {
    const child = spawn(node, all, { cwd: root, env: testEnvironment(node, env), stdio: 'inherit' });
    const code = await exitCode(child, report, endsWithinMs);
    return { code, counts: countsIn(report, code) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The plain line that a run ends with, in every language the same. */
export const closingLine = ({ passed, failed, skipped }) =>
  `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;

/** Without what a person's environment would change in a test, or spend. */
function testEnvironment(node, env) {
  const { EDEN_COST, EDENAI_API_KEY, ...inherited } = process.env;
  return { ...inherited, NODE_ENV: 'test', PATH: [dirname(node), process.env.PATH].join(delimiter), ...env };
}

function exitCode(child, report, endsWithinMs) {
  return new Promise((resolve) => {
    let toldAt;
    const watch = setInterval(() => {
      if (!existsSync(report)) return;
      toldAt ??= Date.now();
      if (Date.now() - toldAt < endsWithinMs) return;
      console.error('jest does not end: a test left something open. --detectOpenHandles finds out what.');
      child.kill('SIGKILL');
    }, 500);
    const end = (code) => {
      clearInterval(watch);
      resolve(code);
    };
    child.on('error', (error) => {
      console.error(`jest cannot be started: ${error.message}`);
      end(1);
    });
    child.on('close', (code, signal) => end(code ?? (signal === 'SIGINT' ? 130 : 1)));
  });
}

/** A file that does not even load counts as one failed test, and so does a jest that dies before it can tell. */
function countsIn(report, code) {
  const told = existsSync(report) ? JSON.parse(readFileSync(report, 'utf8')) : undefined;
  if (told?.numTotalTests === undefined) return code === 0 ? undefined : { passed: 0, failed: 1, skipped: 0 };
  return {
    passed: told.numPassedTests,
    failed: told.numFailedTests + told.numRuntimeErrorTestSuites,
    skipped: told.numPendingTests + told.numTodoTests,
  };
}
