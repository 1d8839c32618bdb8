// The imports that must never be. Each rule's comment says why it exists and what to do instead; "err-long" prints it.

const FRAMEWORKS =
  'express|express-serve-static-core|koa|koa-compose|@koa|@nestjs|nestjs__core|fastify|@fastify|hono|@hono|restify|@hapi';
const ADAPTERS = 'express|koa|nestjs';
const LEDGERS = 'redis|sqlite';

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'core-knows-no-framework',
      comment:
        'core serves every framework, so it imports none, not even a type. Describe what it needs as an interface; the adapter translates.',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { path: `(^|node_modules/)(@types/)?(${FRAMEWORKS})(/|$)` },
    },
    {
      name: 'core-stands-alone',
      comment: 'core is below every other package. What another package needs from it goes into its index.ts.',
      severity: 'error',
      from: { path: '^packages/core/' },
      to: { path: '^packages/(?!core/)' },
    },
    {
      name: 'ledger-knows-no-wire',
      comment:
        'A ledger changes balances and knows nothing of HTTP or Eden AI. The pipeline turns an answer into an amount first.',
      severity: 'error',
      from: { path: `^packages/(core/src/ledger(-guard)?|(${LEDGERS})/src)/`, pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/core/src/edenai/|^(node:)?https?2?$' },
    },
    {
      name: 'edenai-is-pure',
      comment:
        "edenai/ holds pure functions over Eden AI's bytes. Pass it values; scopes, ledgers and patches belong to its callers.",
      severity: 'error',
      from: { path: '^packages/core/src/edenai/', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/core/src/(scope|ledger|intercept)/' },
    },
    {
      name: 'adapters-are-strangers',
      comment: 'An adapter never imports another one. What two of them share belongs in core.',
      severity: 'error',
      from: { path: `^packages/(${ADAPTERS})/` },
      to: {
        path: `^packages/(${ADAPTERS})/|^@eden-cost/(${ADAPTERS})(/|$)`,
        pathNot: '^packages/$1/|^@eden-cost/$1(/|$)',
      },
    },
    {
      name: 'no-deep-import',
      comment:
        "Packages meet at their index.ts: import '@eden-cost/core', never a file inside it. If a name is missing there, export it there.",
      severity: 'error',
      from: { path: '^(packages/[^/]+/|examples/|test/|bench/)' },
      to: {
        path: '^packages/[^/]+/(src|dist)/|^@eden-cost/[^/]+/(src|dist)(/|$)',
        pathNot: ['^packages/[^/]+/src/index\\.ts$', '^$1'],
      },
    },
    {
      name: 'patches-only-in-intercept',
      comment:
        'Only intercept/ replaces methods and globals, so that there is one place where all of them are taken back.',
      severity: 'error',
      from: { path: '^packages/', pathNot: '^packages/core/src/intercept/' },
      to: { path: '^packages/core/src/intercept/patch\\.ts$' },
    },
    {
      name: 'published-code-needs-no-dev-dependency',
      comment:
        "What a package's own code imports must be installed with it: move it to dependencies or peerDependencies.",
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'npm-peer', 'npm-optional'] },
    },
    {
      name: 'no-unknown-module',
      comment: 'This import leads nowhere: a misspelt path, or a package that is not in package.json.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '/dist/' }, // dist is there after a build
    },
  ],
  options: {
    doNotFollow: { path: '(^|/)(node_modules|dist)/' },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@eden-cost/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.d.ts'],
    },
  },
};
