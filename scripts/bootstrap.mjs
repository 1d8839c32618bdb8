// What every command of this repository does first, on a machine that has only Node and git: installs the dependencies
// when they are missing or older than the lockfile, builds the packages, and puts node_modules/.bin on the PATH.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

const { engines, packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const OFFLINE =
  /\b(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|META_FETCH_FAIL)\b|ERR_SOCKET_TIMEOUT/;

/**
 * Ends the process with a message, without a stack, when it cannot do its work.
 *
 * @param {{ build?: boolean | string }} [options] `build: false` only installs; a name builds that package and what it needs
 */
export async function bootstrap({ build = true } = {}) {
  try {
    checkNode();
    useLocalBinaries();
    if (!isInstalled()) await install();
    const only = typeof build === 'string' ? [`--filter=${build}`] : [];
    if (build) await step('Building the packages', 'turbo', ['run', 'build', '--output-logs=errors-only', ...only]);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
}

class SetupError extends Error {}

function checkNode() {
  const least = engines.node.replace('>=', '');
  const [major, minor] = least.split('.').map(Number);
  const [ourMajor, ourMinor] = process.versions.node.split('.').map(Number);
  if (ourMajor > major || (ourMajor === major && ourMinor >= minor)) return;
  throw new SetupError(
    `Eden Cost needs Node ${least} or later; this is Node ${process.versions.node} (${process.execPath}).`,
  );
}

/** The Node that runs this also runs what is started from here, whichever is first on the PATH. */
function useLocalBinaries() {
  const folders = [join(root, 'node_modules', '.bin'), dirname(process.execPath)];
  process.env.PATH = [...folders, process.env.PATH ?? ''].join(delimiter);
  Object.assign(process.env, { TURBO_TELEMETRY_DISABLED: '1', DO_NOT_TRACK: '1', TURBO_NO_UPDATE_NOTIFIER: '1' });
}

/** pnpm keeps a copy of the lockfile that it installed, written when all else was in place. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.pnpm', 'lock.yaml');
  if (!existsSync(installed)) return false;
  const lockfile = readFileSync(join(root, 'pnpm-lock.yaml'), 'utf8');
  if (readFileSync(installed, 'utf8') !== lockfile) return false;
  const importers = lockfile.slice(lockfile.indexOf('\nimporters:'), lockfile.indexOf('\npackages:'));
  return [...importers.matchAll(/^ {2}(\S+):$/gm)].every(([, folder]) =>
    existsSync(join(root, folder, 'node_modules')),
  );
}

async function install() {
  const pnpm = packageManager;
  const args = ['-y', pnpm, 'install', '--frozen-lockfile', '--prod=false', '--config.confirm-modules-purge=false'];
  await step(`Installing the dependencies with ${pnpm.replace('@', ' ')}`, 'npx', args, {
    npm_config_loglevel: 'warn', // `npm --silent` would hide why it failed
    npm_config_fetch_retry_mintimeout: '1000',
    npm_config_fetch_retry_maxtimeout: '10000',
  });
}

/** Runs a command quietly: one line when it goes well, its whole output when it does not. */
function step(title, command, args, env = {}) {
  const startedAt = Date.now();
  process.stdout.write(`${title} ...`);
  const alive = setInterval(() => process.stdout.write('.'), 5000);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => {
        output += text;
      });
    }
    child.on('error', (error) => reject(new SetupError(`${command} cannot be started: ${error.message}`)));
    child.on('close', (code, signal) => {
      if (code === 0) {
        process.stdout.write(` ${((Date.now() - startedAt) / 1000).toFixed(1)} s\n`);
        resolve();
        return;
      }
      const installs = command === 'npx';
      const told = installs ? output.trimEnd().split('\n').slice(-30).join('\n') : output;
      process.stdout.write(` failed (${signal ?? `exit code ${code}`})\n${told}\n`);
      const offline = installs && OFFLINE.test(output);
      reject(
        new SetupError(
          offline
            ? 'npm cannot reach its registry: check the network, the proxy, and what `npm ping` says.'
            : `${title}: failed, see above.`,
        ),
      );
    });
  }).finally(() => clearInterval(alive));
}
