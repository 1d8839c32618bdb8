import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './bootstrap.mjs';

/**
 * What jest is run with for the arguments of an npm script: a folder that jest leaves out by itself is let in, and one of
 * test/majors names jest's projects.
 *
 * @param {string[]} args
 * @param {{ all: boolean }} options all there is, unless the arguments say which tests
 * @returns {{ args: string[], env: Record<string, string> }}
 */
export function jestFor(args, { all }) {
  const everything = all && args.every((arg) => arg.startsWith('-'));
  const asked = args.filter((arg) => /\btest\/majors\b/.test(arg));
  const asksPacked = args.some((arg) => arg.includes('packed'));
  const env = {
    ...((everything || asksPacked) && { EDEN_COST_PACKED: '1' }),
    ...(asksPacked && { EDEN_COST_BETWEEN: '1' }),
    ...((everything || asked.length > 0) && { EDEN_COST_MAJORS: '1' }),
  };
  const others = args.filter((arg) => !asked.includes(arg));
  return { args: [...others, ...(asked.length > 0 ? ['--selectProjects', ...majorsIn(asked)] : [])], env };
}

/** The majors that the arguments name; all of them for `test/majors`. */
function majorsIn(asked) {
  const folders = readdirSync(join(root, 'test/majors'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  const named = folders.map(({ name }) => name).filter((name) => asked.some((arg) => arg.split('/').includes(name)));
  return named.length > 0 ? named : folders.map(({ name }) => name);
}
