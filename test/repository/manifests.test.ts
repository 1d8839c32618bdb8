import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EXPRESS_CELLS, type Framework, KOA_CELLS, NEST_CELLS } from '../contract/adapters/cells.js';
import { ROOT } from '../support/root.js';

interface Manifest {
  readonly scripts?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

const PACKAGES = readdirSync(join(ROOT, 'packages'));

const manifestOf = (name: string): Manifest =>
  JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'));

const peersOf = (name: string) => manifestOf(name).peerDependencies ?? {};

test('what each package asks of an app', () => {
  expect(Object.fromEntries(PACKAGES.map((name) => [name, peersOf(name)]))).toEqual({
    core: {},
    express: { express: '^4.18.0 || ^5.0.0' },
    koa: { koa: '^2.13.0 || ^3.0.0' },
    nestjs: {
      '@nestjs/common': '^10.0.0 || ^11.0.0 || ^12.0.0',
      '@nestjs/core': '^10.0.0 || ^11.0.0 || ^12.0.0',
      'reflect-metadata': '^0.1.13 || ^0.2.0',
      rxjs: '^7.2.0',
    },
    sqlite: {},
    redis: {
      iovalkey: '^0.3.0 || ^0.4.0',
      ioredis: '^5.0.0 || ^6.0.0',
      redis: '^4.0.0 || ^5.0.0 || ^6.0.0',
    },
    testing: {},
  });
});

/** `^4.18.0 || ^5.0.0`: from 4.18.0, the majors 4 and 5. Below 1, a minor is what a major is above. */
function endsOf(range: string): { oldest: string; majors: string[] } {
  const versions = range.split(' || ').map((part) => part.replace('^', ''));
  return { oldest: versions[0] as string, majors: versions.map((text) => /^(0\.)?\d+/.exec(text)?.[0] as string) };
}

test.each<[string, Record<string, Framework>]>([
  ['express', EXPRESS_CELLS],
  ['koa', KOA_CELLS],
  ['nestjs', NEST_CELLS],
])('@eden-cost/%s is tested with the oldest version that it allows, and the newest of each major', (name, cells) => {
  const tested = new Set(Object.values(cells).flatMap(({ packages }) => packages));
  for (const [peer, range] of Object.entries(peersOf(name))) {
    const { oldest, majors } = endsOf(range);
    expect([...tested]).toContain(`${peer}@${oldest}`);
    expect([...tested]).toContain(`${peer}@${majors.at(-1)}`);
  }
});

test.each(PACKAGES)('@eden-cost/%s runs nothing when it is installed', (name) => {
  const scripts = Object.keys(manifestOf(name).scripts ?? {});
  const atInstall = /^(pre|post)?(install|prepare)$|^(pre|post)publish$|^dependencies$/;
  expect(scripts.filter((script) => atInstall.test(script))).toEqual([]);
  expect(readdirSync(join(ROOT, 'packages', name))).not.toContain('binding.gyp'); // npm builds what has one
});
