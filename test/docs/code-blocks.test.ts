import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type AccountRef, meterInProcess } from '@eden-cost/core';
import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';
import { type CodeBlock, ROOT, readPages } from './markdown.js';
import { BLOCKS, fileOf, leadEdenAiTo, runBlock } from './run-block.js';

const blocks = readPages().flatMap((page) => page.blocks);
const typescript = blocks.filter(({ language }) => language === 'ts');
const runnable = typescript.filter(({ flags }) => flags.includes('run'));

/** They hold for the whole program (the parser gives every request a body of an unknown type): such a block is one of its own. */
const FAR_REACHING = ['interface Register', "'@koa/bodyparser'"];

afterAll(() => rmSync(BLOCKS, { recursive: true, force: true }));

test('every block of code says what it is written in', () => {
  const known = ['ts', 'sh', 'json', 'text', 'http', 'yaml'];
  expect(blocks.filter(({ language }) => !known.includes(language)).map(({ at }) => at)).toEqual([]);
  expect(typescript.filter(({ flags }) => flags.some((flag) => flag !== 'run')).map(({ at }) => at)).toEqual([]);
});

test('every block of TypeScript passes the compiler', async () => {
  mkdirSync(BLOCKS, { recursive: true });
  const lines = new Map<string, string>();
  for (const block of typescript) {
    const file = fileOf(block, '.ts');
    lines.set(file.split(/[\\/]/).at(-1) as string, block.at);
    writeFileSync(file, `${block.code}\nexport {};\n`);
  }
  const codeAt = (at: string) => typescript.find((block) => block.at === at)?.code;
  const reachesFar = ([, at]: [string, string]) => FAR_REACHING.some((text) => codeAt(at)?.includes(text));
  const alone = [...lines].filter(reachesFar).map(([file]) => file);
  const together = [...lines.keys()].filter((file) => !alone.includes(file));
  const output = (await Promise.all([together, ...alone.map((file) => [file])].map(compile))).join('');
  expect([...lines].reduce((text, [file, at]) => text.replaceAll(file, `${at} + `), output)).toBe('');
}, 60_000);

/** What the compiler has to say of these files, as one program. */
async function compile(files: readonly string[], index: number): Promise<string> {
  const project = join(BLOCKS, `tsconfig-${index}.json`);
  const config = {
    extends: '../../../tsconfig.base.json',
    compilerOptions: { noEmit: true, noUnusedLocals: false, noUnusedParameters: false, experimentalDecorators: true },
    files: [...files, '../context.d.ts'],
  };
  writeFileSync(project, JSON.stringify(config));
  const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
  return promisify(execFile)(tsc, ['-p', project]).then(
    ({ stdout }) => stdout,
    ({ stdout }) => String(stdout),
  );
}

describe('blocks that can be run', () => {
  let eden: EdenStandIn;
  let goBack: () => Promise<void>;

  beforeAll(async () => {
    eden = await startEdenStandIn();
    goBack = leadEdenAiTo(eden.url);
    process.env.EDENAI_API_KEY = 'test-key';
    jest.spyOn(console, 'log').mockImplementation(() => {});
    jest.spyOn(process.stdout, 'write').mockImplementation(() => true); // pino's
  });

  afterEach(async () => void (await meterInProcess()?.close()));

  afterAll(async () => {
    jest.restoreAllMocks();
    await goBack();
    await eden.close();
  });

  test.each(runnable.map((block) => [block.at, block] as const))('%s', async (_at, block) => {
    eden.reset();
    expect(await runBlock(block)).toEqual(block.tries.map(({ status }) => status));
  });

  test('the partitions of docs/ledgers.md have a like share of the tenants, and all accounts of one', async () => {
    const block = runnable.find(({ at, code }) => at.startsWith('docs/ledgers.md') && code.includes('partition'));
    const file = fileOf(block as CodeBlock, '.partition.ts');
    writeFileSync(file, `${block?.code}\nexport { partition };\n`);
    const { partition } = (await import(file)) as { partition: (account: AccountRef) => string };
    const sizes = new Map<string, number>();
    for (let tenant = 0; tenant < 1_000; tenant++) {
      const keys = [`day:2026-11-26T00:00:00.000Z:=tenant-${tenant}`, `user-month:total:=tenant-${tenant},=user-7`];
      const [name = '', other] = keys.map((key) => partition({ key }));
      expect(other).toBe(name);
      sizes.set(name, (sizes.get(name) ?? 0) + 1);
    }
    expect(sizes.size).toBe(8);
    for (const size of sizes.values()) expect(Math.abs(size - 125)).toBeLessThan(40);
  });
});
