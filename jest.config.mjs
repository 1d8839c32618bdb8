// Runs every test against packages/*/src, through the "@eden-cost/source" export condition: no build is needed first.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const { CI, EDEN_COST_PACKED, EDEN_COST_MAJORS } = process.env;
const here = import.meta.dirname;

/** Packs, installs from npm's registry and compiles: half a minute that a run at a desk can do without. */
const withPacked = EDEN_COST_PACKED === '1' || (Boolean(CI) && CI !== 'false');

const swc = (parser) => [
  '@swc/jest',
  {
    jsc: {
      target: 'es2022',
      parser,
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  },
];

/** @type {import('jest').Config} */
export const base = {
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@eden-cost/source', 'node', 'node-addons'] },
  roots: ['<rootDir>/packages', '<rootDir>/test', '<rootDir>/examples'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '-express-4\\.test\\.ts$',
    ...(withPacked ? [] : ['<rootDir>/test/packed/']),
  ],
  modulePathIgnorePatterns: ['<rootDir>/(packages|examples)/[^/]+/dist/'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  testTimeout: 20_000,
  transform: {
    '^.+\\.ts$': swc({ syntax: 'typescript', decorators: true }),
    // Nest 12, p-queue and cookie 2 are ESM only, and jest's require() of an ES module needs Node 24.9
    '/(@nestjs|p-queue|p-timeout|cookie)/.+\\.js$': swc({ syntax: 'ecmascript' }),
  },
  transformIgnorePatterns: [
    '/node_modules/(?!\\.pnpm/(@nestjs\\+[^/]+@1[24]\\.|p-queue@9|p-timeout@7|cookie@2)|@nestjs/|p-queue/|p-timeout/|cookie/)',
  ],
};

const majors = readdirSync(join(here, 'test/majors'))
  .map((name) => join(here, 'test/majors', name, 'jest.config.mjs'))
  .filter((config) => existsSync(config));

/** Jest leaves one core free for itself, and it hardly needs one: on two cores, as CI has, that would be half the time lost. */
const maxWorkers = '100%';

/** With EDEN_COST_MAJORS=1, the earlier majors of the frameworks as well; one alone: --selectProjects koa-2 */
export default EDEN_COST_MAJORS === '1'
  ? {
      maxWorkers,
      testTimeout: base.testTimeout,
      projects: [{ ...base, displayName: 'newest', rootDir: here }, ...majors],
    }
  : { maxWorkers, ...base };
