// Compares what each package's api.txt says of its public types with what was built; -u writes those files. Takes another
// root folder as its argument, for its own test.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { apiReport } from './api-report/report.mjs';
import { root as repository } from './bootstrap.mjs';

const UPDATE = 'npm run check:api -- -u';
const args = process.argv.slice(2);
const updates = args.includes('-u');
const root = args.find((arg) => !arg.startsWith('-')) ?? repository;

const stale = readdirSync(join(root, 'packages')).filter((name) => !check(name));
if (stale.length > 0) {
  console.log(
    `\nThe public types are not those of ${stale.map((name) => `packages/${name}/api.txt`).join(', ')}. If that is wanted, ` +
      `write them anew with \`${UPDATE}\`, and commit them. What a user's code needs and is gone or narrower is a breaking change.`,
  );
  process.exitCode = 1;
} else {
  console.log(`The public types are ${updates ? 'written' : 'those of packages/*/api.txt'}`);
}

/** @returns {boolean} the report is what the package has */
function check(name) {
  const folder = join(root, 'packages', name);
  const index = join(folder, 'dist/esm/index.d.ts');
  if (!existsSync(index)) throw new Error(`${index} is missing: npm run build`);
  const head = `The public types of @eden-cost/${name}, without comments. After a wanted change: ${UPDATE}`;
  const report = `// ${head}\n\n${apiReport(index)}\n`;
  const file = join(folder, 'api.txt');
  if (updates) writeFileSync(file, report);
  if (existsSync(file) && readFileSync(file, 'utf8') === report) return true;
  const was = existsSync(file) ? file : '/dev/null';
  const { stdout } = spawnSync('git', ['diff', '--no-index', '--no-color', '--', was, '-'], { input: report });
  console.log(String(stdout));
  return false;
}
