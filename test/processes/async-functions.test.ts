import { join } from 'node:path';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { typescript } from '../support/typescript.js';

const standIn = useStandIn();

test('labels, match and logger that are async and reject break no call, and do not end the process', async () => {
  const program = [...typescript, join(__dirname, 'async-functions-process.ts'), standIn.eden.url];
  const { code, stdout, stderr } = await runNode(program);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({ answer: 10_000_000, problems: ['labels', 'log', 'match'] });
});
