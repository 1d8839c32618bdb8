import { join } from 'node:path';
import type { MemoryRun } from './memory-process.js';
import { useResult } from './use-result.js';

const memory = useResult<MemoryRun>(join(__dirname, 'memory-process.ts'));

const STREAMS = 1_000;
const KIB = 1024;

describe('1,000 streams at once', () => {
  it('take no more memory the longer they are: what has passed is not kept', () => {
    const { early, late } = memory.result;
    // each has brought 8 KiB meanwhile
    expect((late - early) / STREAMS).toBeLessThan(2 * KIB);
  });

  it('leave nothing behind when they have ended', () => {
    const { before, early, after } = memory.result;
    expect(after - before).toBeLessThan((early - before) / 4);
  });

  it('are each charged what they cost', () => {
    expect(memory.result).toMatchObject({ calls: 1_200, costNanos: 1_200_000_000, callsInFlight: 0 });
  });
});
