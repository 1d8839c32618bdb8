import { jobPhase } from './jobs.js';

describe('jobPhase', () => {
  it.each([
    ['processing', 'running'],
    ['queued', 'running'],
    ['in_progress', 'running'],
    ['success', 'succeeded'],
    ['sucess', 'succeeded'],
    ['Completed', 'succeeded'],
    ['fail', 'failed'],
    ['failed', 'failed'],
    ['somewhere', undefined],
    [undefined, undefined],
  ])('%s is %s', (status, phase) => {
    expect(jobPhase(status)).toBe(phase);
  });
});
