import { basename } from 'node:path';
import { base } from '../../jest.config.mjs';

/**
 * The tests of the root's jest configuration, with another major of a framework: its packages are those in `folder`,
 * wherever they are imported from (a package of the workspace finds its own devDependency, and two copies of one framework
 * do not mix).
 *
 * @param {string} folder a package of the workspace that has that major as its dependency
 * @param {object} options
 * @param {string} options.names a regular expression for the names of the framework's packages
 * @param {string[]} options.roots the folders whose tests are run
 * @param {string} [options.newest] the major that the other tests run with, `express-5`: tests of it alone are left out
 * @param {string[]} [options.setupFiles] what is loaded before each test file
 * @param {string[]} [options.testMatch]
 * @returns {import('jest').Config}
 */
export const withMajor = (folder, { names, roots, newest, ...more }) => ({
  ...base,
  displayName: basename(folder),
  rootDir: new URL('../..', import.meta.url).pathname,
  roots: roots.map((root) => `<rootDir>/${root}`),
  testPathIgnorePatterns: ['/node_modules/', ...(newest === undefined ? [] : [`\\b${newest}\\.test\\.ts$`])],
  moduleNameMapper: { ...base.moduleNameMapper, [`^${names}(/.*)?$`]: `${folder}/node_modules/$1$2` },
  ...more,
});
