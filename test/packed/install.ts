import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/root.js';

const run = promisify(execFile);
const PACKAGES = ['core', 'express', 'testing'];

/** What else the consumers use, in the versions that the workspace has. */
const OTHERS = ['express', '@types/express', '@types/node'];

/** Builds and packs the packages as they are published, and installs the tarballs with npm in a folder. */
export async function installPacked(folder: string): Promise<void> {
  const env = { ...process.env, PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter) };
  await run('turbo', ['run', 'build', ...PACKAGES.map((name) => `--filter=@eden-cost/${name}`)], { cwd: ROOT, env });
  for (const name of PACKAGES) {
    await run('pnpm', ['pack', '--pack-destination', folder], { cwd: join(ROOT, 'packages', name), env });
  }
  const tarballs = readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  const others = OTHERS.map((name) => `${name}@${versionOf(name)}`);
  const options = [
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefer-offline',
    '--loglevel=error',
  ];
  await run('npm', ['install', ...options, ...tarballs.map((file) => `./${file}`), ...others], { cwd: folder, env });
}

function versionOf(name: string): string {
  const manifest = createRequire(join(ROOT, 'test/package.json')).resolve(`${name}/package.json`);
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}
