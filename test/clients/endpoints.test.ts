import { sum } from '../support/lists.js';
import { CLIENT_NAMES, WRITTEN_AHEAD } from './client.js';
import { ENDPOINTS, type Endpoint } from './endpoints.js';
import { useProgram } from './use-program.js';

const runs = useProgram('endpoints');

const NAMED = ENDPOINTS.map((endpoint): [name: string, endpoint: Endpoint] => [endpoint.name, endpoint]);
const CHARGED = NAMED.filter(([, { charge }]) => charge !== 'none');
const FREE = NAMED.filter(([, { charge }]) => charge === 'none');

describe.each(CLIENT_NAMES)('over %s', (client) => {
  const runsOf = (name: string) => runs.result.filter((run) => run.client === client && run.endpoint === name);

  it.each(CHARGED)('%s: one charge, of what was booked, in its own scope', (name, endpoint) => {
    const { charge, nanos, unasked, polledAt, reply } = endpoint;
    const instead = WRITTEN_AHEAD.has(client) ? unasked : undefined;
    const { basis, nanos: known } = instead ?? { basis: undefined, nanos };
    const { requests = 1 } = instead ?? endpoint;
    const expected = { ...(charge as object), ...(basis && { basis }) };
    const told = runsOf(name);
    expect(told.map(({ built }) => built)).toEqual(['before', 'after']);
    for (const { charges, scopeNanos, booked, unattributedNanos, failure, ...run } of told) {
      expect(failure).toBeUndefined();
      expect(run.requests).toBe(requests);
      const amount = known ?? sum(booked);
      expect(charges).toEqual([expect.objectContaining({ ...expected, amount })]);
      expect(booked).toHaveLength(polledAt && reply?.outcome === 'fail' ? 0 : 1);
      expect({ scopeNanos, unattributedNanos }).toEqual({ scopeNanos: amount, unattributedNanos: 0 });
    }
  });

  it.each(FREE)('%s: no charge', (name) => {
    for (const { charges, scopeNanos, unattributedNanos } of runsOf(name)) {
      expect({ charges, scopeNanos, unattributedNanos }).toEqual({ charges: [], scopeNanos: 0, unattributedNanos: 0 });
    }
    expect(runsOf(name)).toHaveLength(2);
  });
});
