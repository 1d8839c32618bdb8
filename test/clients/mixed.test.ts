import { sum } from '../support/lists.js';
import { CLIENT_NAMES } from './client.js';
import { useProgram } from './use-program.js';

const mixed = useProgram('mixed');

const sorted = (amounts: readonly number[]) => [...amounts].sort((a, b) => a - b);

describe('200 requests at once, over all clients and endpoints', () => {
  it('are each charged their own calls, each call once', () => {
    expect(mixed.result.requests).toHaveLength(200);
    for (const { planned, charged, totalNanos } of mixed.result.requests) {
      expect(sorted(charged)).toEqual(sorted(planned));
      expect(totalNanos).toBe(sum(planned));
    }
  });

  it('come to what was booked, to the nano, and leave nothing outside of a scope or in flight', () => {
    const { requests, booked, unattributedNanos, callsInFlight } = mixed.result;
    expect(sorted(requests.flatMap(({ charged }) => charged))).toEqual(sorted(booked));
    expect({ unattributedNanos, callsInFlight }).toEqual({ unattributedNanos: 0, callsInFlight: 0 });
  });

  it('use every client', () => {
    expect(mixed.result.clients).toBe(CLIENT_NAMES.length);
  });
});
