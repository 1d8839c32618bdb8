import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';

const MAJORS = readdirSync(join(ROOT, 'test/majors'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const PACKED = { EDEN_COST_PACKED: '1' };
const WITH_MAJORS = { EDEN_COST_MAJORS: '1' };

/** What jest is run with. */
async function jestFor(args: readonly string[], all: boolean): Promise<unknown> {
  const script = `
    import { jestFor } from ${JSON.stringify(pathToFileURL(join(ROOT, 'scripts/jest-for.mjs')).href)};
    console.log(JSON.stringify(jestFor(${JSON.stringify(args)}, { all: ${all} })));
  `;
  return JSON.parse((await runNode(['--input-type=module', '--eval', script])).stdout);
}

test.each<[string, string[], boolean, object]>([
  ['a desk', [], false, { args: [], env: {} }],
  ['CI', [], true, { args: [], env: { ...PACKED, ...WITH_MAJORS } }],
  ['CI, with an option', ['--verbose'], true, { args: ['--verbose'], env: { ...PACKED, ...WITH_MAJORS } }],
  ['CI, some tests', ['test/koa'], true, { args: ['test/koa'], env: {} }],
  [
    'the packed tarballs',
    ['test/packed'],
    false,
    { args: ['test/packed'], env: { ...PACKED, EDEN_COST_BETWEEN: '1' } },
  ],
  ['every major', ['test/majors'], false, { args: ['--selectProjects', ...MAJORS], env: WITH_MAJORS }],
  [
    'some tests with one major',
    ['test/majors/koa-2', 'denials'],
    true,
    { args: ['denials', '--selectProjects', 'koa-2'], env: WITH_MAJORS },
  ],
])('%s: %j', async (_where, args, all, expected) => {
  expect(await jestFor(args, all)).toEqual(expected);
});

test.each([
  ['express', 'express', 'express'],
  ['koa', 'koa', 'koa'],
  ['nestjs', '@nestjs/core', 'nest'],
])('@eden-cost/%s is tested with every major that it allows', (folder, framework, short) => {
  const { peerDependencies, devDependencies } = readManifest(join('packages', folder));
  expect(devDependencies?.[framework]).toBe('catalog:');
  const [, newest] = new RegExp(`^  "?${framework}"?: (\\d+)\\.`, 'm').exec(read('pnpm-workspace.yaml')) ?? [];
  const allowed = String(peerDependencies?.[framework])
    .split(' || ')
    .map((range) => /^\^(\d+)\./.exec(range)?.[1]);
  const earlier = MAJORS.flatMap((name) => new RegExp(`^${short}-(\\d+)$`).exec(name)?.[1] ?? []);
  expect(allowed.sort()).toEqual([...earlier, newest].sort());
});

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

function readManifest(folder: string): Record<'peerDependencies' | 'devDependencies', Record<string, string>> {
  return JSON.parse(read(join(folder, 'package.json')));
}
