// npm run pack -- <folder>: builds the packages, and packs them into that folder as they would be published.
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { bootstrap, root } from './bootstrap.mjs';

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  console.error('Into which folder? npm run pack -- <folder>');
  process.exit(2);
}

await bootstrap();
const args = ['--recursive', '--filter', './packages/*', 'pack', '--pack-destination', resolve(folder)];
const stdio = ['ignore', 'ignore', 'inherit'];
execFileSync('pnpm', args, { cwd: root, stdio, shell: process.platform === 'win32' });
console.log(`The packages are in ${resolve(folder)}`);
