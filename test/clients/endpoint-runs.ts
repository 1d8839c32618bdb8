import type { Charge, CostScope } from '@eden-cost/core';
import type { ClientName } from './client.js';
import { ENDPOINTS, RATE_CARD } from './endpoints.js';
import { makeCall } from './make-call.js';
import type { Setting } from './program.js';

/** One endpoint over one client: what its scope was charged, and what the stand-in booked. */
export interface EndpointRun {
  readonly client: ClientName;
  readonly built: 'before' | 'after';
  readonly endpoint: string;
  readonly charges: readonly Charge[];
  readonly scopeNanos: number;
  readonly booked: readonly number[];
  /** How many the stand-in received. */
  readonly requests: number;
  /** What the meter charged outside of the scope. */
  readonly unattributedNanos: number;
  readonly failure?: string;
}

/** All endpoints over all clients, one after the other, each in a scope of its own. */
export async function endpointRuns(setting: Setting): Promise<EndpointRun[]> {
  const { eden, core, secureOrigin, clients } = setting;
  const runs: EndpointRun[] = [];
  for (const built of ['before', 'after'] as const) {
    for (const [name, client] of Object.entries(clients[built]())) {
      const meter = core.createMeter({ baseUrls: [eden.url, secureOrigin], rateCard: RATE_CARD });
      for (const [index, endpoint] of ENDPOINTS.entries()) {
        const costUsd = `0.0${index + 10}345678`;
        const before = meter.snapshot().unattributedNanos;
        const scoped = await meter.run({}, async () => {
          const scope = meter.current() as CostScope;
          const failure = await makeCall(setting, client, endpoint, costUsd).then(
            () => undefined,
            (error: Error) => String(error.stack),
          );
          return { charges: [...scope.charges], scopeNanos: scope.totalNanos, ...(failure && { failure }) };
        });
        runs.push({
          ...{ client: name as ClientName, built, endpoint: endpoint.name, ...scoped },
          requests: eden.books().requests,
          booked: eden.books().charges.map(({ nanos }) => nanos),
          unattributedNanos: meter.snapshot().unattributedNanos - before,
        });
        eden.reset();
      }
      await meter.close();
    }
  }
  return runs;
}
