import { join } from 'node:path';
import { NEIGHBOURS, type NeighbourName } from './neighbours/neighbour.js';
import type { NeighbourRun } from './neighbours/neighbours-process.js';
import { useResult } from './use-result.js';

const PROGRAM = join(__dirname, 'neighbours', 'neighbours-process.ts');

/** What each has seen of six calls; the mock, of the two that it answers. */
const SEEN: Record<NeighbourName, number> = { OpenTelemetry: 6, "Sentry's SDK": 6, nock: 2 };

/**
 * They wrap what the meter has wrapped: when they do so after it, its own stays in there, and passes everything on.
 * Sentry's SDK does where Node has no channel for it.
 */
const WRAPS: readonly NeighbourName[] =
  Number(process.versions.node.split('.')[0]) >= 22 ? ['nock'] : ['nock', "Sentry's SDK"];

const ANSWERS = {
  fetch: '200 with usage',
  'fetch, streamed': '200 without usage',
  'fetch, failing': '500 without usage',
  'node:http': '200 with usage',
  'node:http, streamed': '200 without usage',
  'node:http, failing': '500 without usage',
};

const CASES = NEIGHBOURS.flatMap((name) => (['before', 'after'] as const).map((when) => [name, when] as const));

describe.each(CASES)('beside %s, installed %s the meter', (name, when) => {
  const run = useResult<NeighbourRun>(PROGRAM, name, when);

  it('each call is charged once, to its own scope, and answered as ever', () => {
    const { calls, booked, unmetered } = run.result;
    const real = Object.entries(calls).filter(([way]) => !way.endsWith('mocked'));
    expect(Object.fromEntries(real.map(([way, { answer }]) => [way, answer]))).toEqual(ANSWERS);
    expect(real.map(([, { charged }]) => charged)).toEqual(booked.map((nanos) => [nanos]));
    expect({ booked, unmetered }).toEqual({ booked: [1000, 2000, 3000, 4000, 5000, 6000], unmetered: 0 });
  });

  it('it sees what it would see without us', () => {
    expect(run.result.seen).toBe(SEEN[name]);
  });

  it('the meter that is closed meters no more, and takes back what nobody wrapped', () => {
    const { calls, closed, later } = run.result;
    expect(closed).toEqual({ restored: when === 'before' || !WRAPS.includes(name), unsettled: 0 });
    const mocked = calls['node:http, mocked'] === undefined ? 0 : 1;
    expect(later).toEqual({ answers: ['200 with usage', '200 with usage'], calls: 6 + mocked });
  });

  if (name === 'nock') {
    it('what it answers itself is not seen over fetch, and priced as it says over node:http', () => {
      const { calls } = run.result;
      expect(calls['fetch, mocked']).toEqual({ answer: '200 without usage', charged: [] });
      expect(calls['node:http, mocked']).toEqual({ answer: '200 without usage', charged: [9_000_000_000] });
    });
  }
});
