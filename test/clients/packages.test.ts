import { join } from 'node:path';
import type { PackageRun } from './packages-process.js';
import { useResult } from './use-result.js';

const NANOS = 12_345_678;
const packages = useResult<{ runs: readonly PackageRun[]; left: boolean }>(join(__dirname, 'packages-process.ts'));

describe('three copies of the package in one process, as ES modules, as CommonJS and of another version', () => {
  it.each(['ES modules', 'CommonJS', 'another version'])(
    'a meter of the one (%s) is the only one: each call is charged once, and all copies tell the same',
    (copy) => {
      expect(packages.result.runs.find((run) => run.copy === copy)).toEqual({
        copy,
        others: ['ERR_COST_OPTIONS', 'ERR_COST_OPTIONS'],
        charged: Array.from({ length: 6 }, () => [NANOS]),
        denied: { name: 'BudgetExceededError', code: 'ERR_COST_BUDGET_EXCEEDED', told: [true, true, true] },
        calls: 6,
        booked: 6,
        restored: true,
      });
    },
  );

  it('leave nothing patched once each of them was installed and closed', () => {
    expect(packages.result.left).toBe(true);
  });
});
