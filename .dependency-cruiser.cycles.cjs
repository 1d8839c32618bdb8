// Cycles, looked for with all types erased: two files that need each other only for types load in any order, and
// dependency-cruiser names one cycle for each import, so that one in types could hide one that exists at run time.
const { options } = require('./.dependency-cruiser.cjs');

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      comment:
        'Two files that need each other cannot be read, tested or loaded one by one. Move what both need to a file of its own.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
  ],
  options: { ...options, tsPreCompilationDeps: false },
};
