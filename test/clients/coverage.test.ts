import { join } from 'node:path';
import { COVERED } from './covered/covered-client.js';
import type { Coverage } from './covered/covered-process.js';
import { useResult } from './use-result.js';

const coverage = useResult<Coverage>(join(__dirname, 'covered', 'covered-process.ts'));

const RATED = new Set(["Anthropic's SDK stream"]);

describe.each(COVERED)('%s', (client) => {
  it.each(['before', 'after'] as const)('built %s the import: each exchange is charged once, what it cost', (built) => {
    const runs = coverage.result.scenarios.filter((run) => run.client === client && run.built === built);
    expect(runs.map(({ scenario }) => scenario)).toEqual(
      expect.arrayContaining(['json', 'gzip', 'br', 'offered', 'stream']),
    );
    for (const { scenario, costNanos, charged, failure } of runs) {
      const basis = RATED.has(`${client} ${scenario}`) ? 'rated' : 'reported';
      expect({ scenario, failure, charged }).toEqual({ scenario, charged: [{ amount: costNanos, basis }] });
    }
  });
});

it('no client is left out, and what is tried is what they do by themselves', () => {
  const tried = (scenario: string) =>
    new Set(coverage.result.scenarios.filter((run) => run.scenario === scenario).map(({ client }) => client));
  expect(tried('json')).toEqual(new Set(COVERED));
  expect([...tried('retried')]).toEqual(
    expect.arrayContaining(['got 14', 'ky', 'openai 6', 'AI SDK 6', 'undici 6: request over a RetryAgent']),
  );
  expect([...tried('redirected')]).toEqual(
    expect.arrayContaining(['fetch', 'axios', 'node-fetch 3', 'undici 7: request over the interceptor that redirects']),
  );
});

it('50 requests at once over two connections are each charged their own call', () => {
  expect(coverage.result.pools.length).toBeGreaterThanOrEqual(14);
  for (const { name, planned, charged } of coverage.result.pools) {
    expect({ name, charged }).toEqual({ name, charged: planned.map((nanos) => [nanos]) });
  }
});

it('all of it together is what was booked, and nothing went past the meter or is left', () => {
  const { unmetered, unattributedNanos, callsInFlight, costNanos, booked } = coverage.result;
  expect({ unmetered, unattributedNanos, callsInFlight }).toEqual({
    unmetered: [],
    unattributedNanos: 0,
    callsInFlight: 0,
  });
  expect(costNanos).toBe(booked);
});
