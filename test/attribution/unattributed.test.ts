import { join } from 'node:path';
import { runNode } from '../support/run-node.js';
import { useStandIn } from '../support/stand-in.js';
import { typescript } from '../support/typescript.js';

const standIn = useStandIn();

/** What a process of its own counts, and the warnings that it gives: one is given once a process. */
async function run(where: string) {
  const program = [...typescript, join(__dirname, 'unattributed-process.ts'), where, standIn.eden.url];
  const { code, stdout, stderr } = await runNode(program);
  const warnings = stderr.split('\n').filter((line) => line.includes('[WARN_COST_'));
  expect([code, stderr]).toEqual([0, warnings.length === 0 ? '' : expect.any(String)]);
  return { warnings, snapshot: JSON.parse(stdout) };
}

const WARNED = [
  expect.stringMatching(/\[WARN_COST_UNATTRIBUTED\] EdenCostWarning: .*meter\.run\(\) or @WithCosts\(\)/),
];

test('calls outside any request are counted apart, on no request, and warned of once', async () => {
  const { warnings, snapshot } = await run('beside requests');
  expect(snapshot).toMatchObject({
    calls: 6,
    costNanos: 1_125_000_000,
    unattributedNanos: 750_000_000,
    answers: [0.125, 0.125, 0.125],
  });
  expect(warnings).toEqual(WARNED);
});

test('one that a budget by label does not hold for is warned of', async () => {
  const { warnings, snapshot } = await run('beside a budget by tenant');
  expect(snapshot).toMatchObject({ calls: 1, deniedCalls: 0, unattributedNanos: 250_000_000 });
  expect(warnings).toEqual(WARNED);
});

test.each([
  ['in a script', 500_000_000],
  ['in jobs alone', 0],
  ['for free', 0],
])('nothing is warned of %s', async (where, unattributedNanos) => {
  const { warnings, snapshot } = await run(where);
  expect([snapshot.unattributedNanos, warnings]).toEqual([unattributedNanos, []]);
});
