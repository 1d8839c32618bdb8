import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';
import { tempTree } from '../support/temp-tree.js';
import { install, PACKAGES, pack } from './install.js';

/** Programs as users write them, with a `@ts-expect-error` for each use that must not compile; never run. */
const PROGRAMS = ['core', 'express', 'koa', 'nestjs', 'unregistered'];

/** The oldest that the packages are for, the last that is written in TypeScript (in the matrix), and the workspace's own. */
const COMPILERS = ['5.0', ...(process.env.EDEN_COST_BETWEEN === '1' ? ['5.9'] : []), '7'];

interface System {
  readonly type: 'module' | 'commonjs';
  readonly files: readonly string[];
  readonly options: object;
}

const SYSTEMS: Record<string, System> = {
  nodenext: { type: 'module', files: ['esm.mts', 'commonjs.cts'], options: { module: 'nodenext' } },
  bundler: { type: 'module', files: ['app.ts'], options: { module: 'esnext', moduleResolution: 'bundler' } },
  // what `module: commonjs` alone means: node10 before TypeScript 6, bundler since
  commonjs: { type: 'commonjs', files: ['app.ts'], options: { module: 'commonjs' } },
};

const compilerOptions = {
  target: 'es2022',
  strict: true,
  esModuleInterop: true,
  experimentalDecorators: true,
  types: ['node'],
  noEmit: true,
};

/** Beside Express's content-disposition, which has types of its own, those of Koa are wrong. */
const WITH_KOA = ['koa', 'unregistered'];

/** Our own declarations are checked where both copies of them are. */
const checksLibraries = (program: string, { files }: System) => files.length > 1 && !WITH_KOA.includes(program);

function project(program: string, system: System): Record<string, string> {
  const { type, files, options } = system;
  const source = readFileSync(join(__dirname, 'types', `${program}.ts`), 'utf8');
  const tsconfig = {
    compilerOptions: { ...compilerOptions, ...options, skipLibCheck: !checksLibraries(program, system) },
  };
  return {
    'package.json': JSON.stringify({ type }),
    'tsconfig.json': JSON.stringify({ ...tsconfig, files }),
    ...Object.fromEntries(files.map((file) => [file, source])),
  };
}

const cells = PROGRAMS.flatMap((program) => Object.keys(SYSTEMS).map((system) => join(system, program)));

const folder = tempTree({
  'package.json': '{ "private": true }',
  ...Object.fromEntries(
    PROGRAMS.flatMap((program) =>
      Object.entries(SYSTEMS).flatMap(([name, system]) =>
        Object.entries(project(program, system)).map(([file, text]) => [join(name, program, file), text]),
      ),
    ),
  ),
});

/** Nest 12 is ESM only. */
const NEST = ['@nestjs/common', '@nestjs/core', 'reflect-metadata', 'rxjs'];
const FRAMEWORKS = ['express', '@types/express', 'koa', '@types/koa', '@types/node'];

beforeAll(async () => {
  const tarballs = join(folder, 'tarballs');
  await pack(tarballs);
  await install(folder, { tarballs, packages: PACKAGES, others: NEST, workspace: 'test/majors/nest-11' });
  const compilers = COMPILERS.slice(0, -1).map((version) => `typescript-${version}@npm:typescript@${version}`);
  await install(folder, { tarballs, packages: [], others: [...FRAMEWORKS, ...compilers], workspace: 'test' });
}, 300_000);

const compilerOf = (version: string): string => {
  const modules =
    version === '7' ? join(ROOT, 'node_modules/typescript') : join(folder, `node_modules/typescript-${version}`);
  return join(modules, 'bin/tsc');
};

describe.each(COMPILERS)('TypeScript %s', (version) => {
  test.each(cells)(
    '%s compiles, but for what must not',
    async (cell) => {
      const ran = await runNode([compilerOf(version), '-p', join(folder, cell)]);
      expect(ran).toMatchObject({ code: 0, stdout: '' });
    },
    60_000,
  );
});
