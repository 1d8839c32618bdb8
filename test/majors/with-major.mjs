import base from '../../jest.config.mjs';

/**
 * The root's jest configuration, for another major of a framework: its packages are those in `folder`, wherever they are
 * imported from (a package of the workspace finds its own devDependency, and two copies of one framework do not mix).
 *
 * @param {string} folder a package of the workspace that has that major as its dependency
 * @param {string} names a regular expression for the names of the framework's packages
 * @param {string[]} roots the folders whose tests are run
 * @returns {import('jest').Config}
 */
export const withMajor = (folder, names, roots) => ({
  ...base,
  rootDir: new URL('../..', import.meta.url).pathname,
  roots: roots.map((root) => `<rootDir>/${root}`),
  moduleNameMapper: { ...base.moduleNameMapper, [`^${names}(/.*)?$`]: `${folder}/node_modules/$1$2` },
});
