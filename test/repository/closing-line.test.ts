import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../support/root.js';
import { runNode } from '../support/run-node.js';
import { tempTree } from '../support/temp-tree.js';

/** Runs jest over one test file as `npm test` does, and gives the exit code and the last line printed. */
async function runTests(text: string, ...args: string[]): Promise<{ code: number | null; last: string | undefined }> {
  const folder = tempTree({ 'a.test.js': text, 'package.json': '{}' });
  const script = `
    import { closingLine, runJest } from ${JSON.stringify(pathToFileURL(join(ROOT, 'scripts/run-jest.mjs')).href)};
    const args = ['--config={}', '--rootDir', ${JSON.stringify(folder)}, ...${JSON.stringify(args)}];
    const { code, counts } = await runJest({ args, endsWithinMs: 2000 });
    console.log(counts ? closingLine(counts) : 'no tests were run');
    process.exitCode = code;
  `;
  const { code, stdout } = await runNode(['--input-type=module', '--eval', script]);
  return { code, last: stdout.trim().split('\n').at(-1) };
}

test('all pass', async () => {
  expect(await runTests("test('a', () => {}); test('b', () => {});")).toEqual({ code: 0, last: '2 passed, 0 failed' });
});

test('one fails, one is skipped and one is still to be written', async () => {
  const text =
    "test('a', () => {}); test('b', () => { throw new Error(); }); test.skip('c', () => {}); test.todo('d');";
  expect(await runTests(text)).toEqual({ code: 1, last: '1 passed, 1 failed, 2 skipped' });
});

test('a file that does not load counts as a failed test', async () => {
  expect(await runTests("require('./nowhere');")).toEqual({ code: 1, last: '0 passed, 1 failed' });
});

test('a jest that dies counts as a failed test', async () => {
  expect(await runTests("test('a', () => process.kill(process.pid, 'SIGKILL'));", '--runInBand')).toEqual({
    code: 1,
    last: '0 passed, 1 failed',
  });
});

test('a test that leaves something open fails the run, though it passes', async () => {
  const text = "test('a', () => { setInterval(() => {}, 1000); require('net').createServer().listen(0); });";
  expect(await runTests(text, '--runInBand')).toEqual({ code: 1, last: '1 passed, 0 failed' });
});

test('a pattern that fits no test is a failure of the run', async () => {
  expect(await runTests("test('a', () => {});", 'no-such-file')).toMatchObject({ code: 1 });
});

test('what runs no tests has no closing line', async () => {
  expect(await runTests("test('a', () => {});", '--listTests')).toEqual({ code: 0, last: 'no tests were run' });
});
