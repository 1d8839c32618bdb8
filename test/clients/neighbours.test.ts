import { join } from 'node:path';
import { NEIGHBOURS, type NeighbourName } from './neighbours/neighbour.js';
import type { NeighbourRun } from './neighbours/neighbours-process.js';
import { useResult } from './use-result.js';

const PROGRAM = join(__dirname, 'neighbours', 'neighbours-process.ts');

interface Expected {
  /** What it has seen of six calls; a mock, of the two that it answers. */
  readonly seen: number;
  /** It wraps what the meter has wrapped: when it does so after it, the meter's own stays in there, and passes everything on. */
  readonly wraps: boolean;
  /** What the meter charges for the call that is mocked, by how it is made. */
  readonly mocked?: Readonly<Record<'fetch' | 'node:http', number[]>>;
}

/** From here on Node has a channel for what Sentry's SDK wraps before. */
const HAS_CHANNEL = Number(process.versions.node.split('.')[0]) >= 22;

const EXPECTED: Readonly<Record<NeighbourName, Expected>> = {
  OpenTelemetry: { seen: 6, wraps: false },
  "Sentry's SDK": { seen: 6, wraps: !HAS_CHANNEL },
  'a tracer that wraps functions': { seen: 6, wraps: true },
  // it answers in place of fetch, and of a request's connection
  'nock 14': { seen: 2, wraps: true, mocked: { fetch: [], 'node:http': [90_000_000] } },
  // it answers in place of the connection
  'nock 15': { seen: 2, wraps: true, mocked: { fetch: [90_000_000], 'node:http': [90_000_000] } },
};

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
  const { seen, wraps, mocked } = EXPECTED[name];
  const run = useResult<NeighbourRun>(PROGRAM, name, when);

  it('each call is charged once, to its own scope, and answered as ever', () => {
    const { calls, booked, unmetered } = run.result;
    const real = Object.entries(calls).filter(([way]) => !way.endsWith('mocked'));
    expect(Object.fromEntries(real.map(([way, { answer }]) => [way, answer]))).toEqual(ANSWERS);
    expect(real.map(([, { charged }]) => charged)).toEqual(booked.map((nanos) => [nanos]));
    expect({ booked, unmetered }).toEqual({ booked: [1000, 2000, 3000, 4000, 5000, 6000], unmetered: 0 });
  });

  it('it sees what it would see without us', () => {
    expect(run.result.seen).toBe(seen);
  });

  it('the meter that is closed meters no more, and takes back what nobody wrapped', () => {
    const { closed, later } = run.result;
    expect(closed).toEqual({ restored: when === 'before' || !wraps, unsettled: 0 });
    expect(later).toEqual({
      answers: ['200 with usage', '200 with usage'],
      calls: 6 + Object.values(mocked ?? {}).flat().length,
    });
  });

  if (mocked !== undefined) {
    it('what it answers itself is priced as it says, where that passes by the meter', () => {
      const { calls } = run.result;
      const answer = '200 without usage';
      expect(calls['fetch, mocked']).toEqual({ answer, charged: mocked.fetch });
      expect(calls['node:http, mocked']).toEqual({ answer, charged: mocked['node:http'] });
    });
  }
});
