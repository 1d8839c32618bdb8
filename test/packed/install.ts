import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/root.js';

const run = promisify(execFile);
const env = { ...process.env, PATH: [join(ROOT, 'node_modules/.bin'), process.env.PATH].join(delimiter) };

export const PACKAGES = ['core', 'express', 'koa', 'nestjs', 'redis', 'sqlite', 'testing'];

/** Builds the packages, and packs them into a folder as they are published. */
export async function pack(folder: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await run('turbo', ['run', 'build', ...PACKAGES.map((name) => `--filter=@eden-cost/${name}`)], { cwd: ROOT, env });
  for (const name of PACKAGES) {
    await run('pnpm', ['pack', '--pack-destination', folder], { cwd: join(ROOT, 'packages', name), env });
  }
}

export interface Install {
  /** Where the tarballs are. */
  readonly tarballs: string;
  /** Names of our packages. */
  readonly packages: readonly string[];
  /** What else the consumers use: `name@range`, or a name alone for the version that `workspace` has. */
  readonly others: readonly string[];
  /** A folder of the repository. */
  readonly workspace: string;
}

/** Installs tarballs, and packages of the registry, with npm in a folder. */
export async function install(folder: string, { tarballs, packages, others, workspace }: Install): Promise<void> {
  const files = readdirSync(tarballs).filter((file) => packages.some((name) => file.startsWith(`eden-cost-${name}-`)));
  const versions = others.map((name) => (name.lastIndexOf('@') > 0 ? name : `${name}@${versionOf(name, workspace)}`));
  const options = [
    '--prefix',
    folder,
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefer-offline',
    '--loglevel=error',
  ];
  const names = [...files.map((file) => join(tarballs, file)), ...versions];
  await run('npm', ['install', ...options, ...names], { cwd: folder, env });
}

function versionOf(name: string, workspace: string): string {
  return JSON.parse(readFileSync(join(ROOT, workspace, 'node_modules', name, 'package.json'), 'utf8')).version;
}
