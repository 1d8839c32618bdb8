import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { install } from '../../packed/install.js';

/** A framework as a user has it: which packages, and how its app is put together from them. */
export interface Framework {
  /** Those of one folder are installed once. */
  readonly folder: string;
  readonly adapter: 'express' | 'koa' | 'nestjs';
  /** Of the registry, each with its range. */
  readonly packages: readonly string[];
  /** The name, and the module, of each argument of the harness; `*` and the name for all that it exports. */
  readonly imports: readonly (readonly [name: string, module: string])[];
  /** The harness, called with these names. */
  readonly harness: string;
  /** Neither the oldest that the adapter is for, nor the newest. */
  readonly between: boolean;
  /** True: the framework neither ends nor cuts an answer whose stream fails. */
  readonly leavesOpen?: boolean;
}

export const SYSTEMS = ['CommonJS', 'ESM'] as const;
export type System = (typeof SYSTEMS)[number];

const APPS = join(__dirname, 'apps');

/** Both ends of the peer range, and the newest of the majors between. */
const EXPRESS = ['4.18.0', '4', '5'];
const KOA = ['2.13.0', '2', '3'];
const NEST = ['10.0.0', '10', '11', '12'];

const isBetween = (versions: readonly string[], version: string): boolean =>
  version !== versions[0] && version !== versions.at(-1);

/** Nest 10 and 11 do not hand Fastify their own `forceCloseConnections`. */
const PLATFORMS = {
  Express: 'new platform.ExpressAdapter()',
  Fastify: 'new platform.FastifyAdapter({ forceCloseConnections: true })',
} as const;

export const EXPRESS_CELLS: Record<string, Framework> = Object.fromEntries(
  EXPRESS.map((version) => [
    `Express ${version}`,
    {
      folder: `express-${version}`,
      between: isBetween(EXPRESS, version),
      adapter: 'express',
      packages: [`express@${version}`],
      imports: [
        ['express', 'express'],
        ['* adapter', '@eden-cost/express'],
      ],
      harness: "require('./express-app.cjs')(express, adapter)",
    },
  ]),
);

export const KOA_CELLS: Record<string, Framework> = Object.fromEntries(
  KOA.map((version) => [
    `Koa ${version}`,
    {
      folder: `koa-${version}`,
      between: isBetween(KOA, version),
      adapter: 'koa',
      leavesOpen: version.startsWith('2'),
      packages: [`koa@${version}`, '@koa/router@13'],
      imports: [
        ['Koa', 'koa'],
        ['Router', '@koa/router'],
        ['* adapter', '@eden-cost/koa'],
      ],
      harness: "require('./koa-app.cjs')(Koa, Router, adapter)",
    },
  ]),
);

export const NEST_CELLS: Record<string, Framework> = Object.fromEntries(
  NEST.flatMap((version) =>
    Object.entries(PLATFORMS).map(([platform, made]) => [
      `Nest ${version} on ${platform}`,
      {
        folder: `nestjs-${version}`,
        between: isBetween(NEST, version),
        adapter: 'nestjs',
        packages: [
          ...['common', 'core', 'platform-express', 'platform-fastify'].map((name) => `@nestjs/${name}@${version}`),
          ...(version === '10.0.0' ? ['reflect-metadata@0.1.13', 'rxjs@7.2.0'] : ['reflect-metadata@0.2', 'rxjs@7']),
        ],
        imports: [
          ['* common', '@nestjs/common'],
          ['* core', '@nestjs/core'],
          ['* platform', `@nestjs/platform-${platform.toLowerCase()}`],
          ['* adapter', '@eden-cost/nestjs'],
        ],
        harness: `require('./nest-app.cjs')(common, core)(() => ${made}, adapter)`,
      },
    ]),
  ),
);

/** Installs a framework and our tarballs as an app would, with the contract's app in both module systems. */
export async function installCell(root: string, tarballs: string, title: string, framework: Framework): Promise<void> {
  if (!existsSync(root)) {
    mkdirSync(root, { recursive: true });
    const packages = ['core', framework.adapter];
    await install(root, { tarballs, packages, others: [...framework.packages, 'openai'], workspace: 'test' });
    cpSync(APPS, root, { recursive: true });
  }
  for (const system of SYSTEMS) writeFileSync(join(root, programOf(title, system)), source(system, framework));
}

export const programOf = (title: string, system: System): string =>
  `${title.replaceAll(' ', '-')}.${system === 'ESM' ? 'mjs' : 'cjs'}`;

/** A client at the top of the app is built before the adapter is loaded. */
function source(system: System, { imports, harness }: Framework): string {
  const lines = imports.map(([name, module]) =>
    system === 'ESM' ? `import ${name.replace('*', '* as')} from '${module}';` : required(name, module),
  );
  const head =
    system === 'ESM'
      ? ["import './client.cjs';", ...lines, "import { createRequire } from 'node:module';"]
      : ["require('./client.cjs');", ...lines];
  const own = system === 'ESM' ? ['const require = createRequire(import.meta.url);'] : [];
  return [...head, ...own, `require('./host.cjs').host(${harness});`, ''].join('\n');
}

const required = (name: string, module: string): string => `const ${name.replace('* ', '')} = require('${module}');`;
