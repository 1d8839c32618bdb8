import { join } from 'node:path';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { typescript } from '../support/typescript.js';

const standIn = useStandIn();

test('an app that is not made by Express is metered, and told once that its denials are not translated', async () => {
  const program = [...typescript, join(__dirname, 'foreign-app-process.ts'), standIn.eden.url];
  const { code, stdout, stderr } = await runNode(program);
  expect([code, JSON.parse(stdout)]).toEqual([0, { answers: ['10000000', '10000000'], costLines: 2 }]);
  const warnings = stderr.split('\n').filter((line) => line.includes('[WARN_COST_'));
  expect(warnings).toEqual([expect.stringMatching(/\[WARN_COST_EXPRESS_LAYER\] EdenCostWarning: .*costErrors\(\)/)]);
});
