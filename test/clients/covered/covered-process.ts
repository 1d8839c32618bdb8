import { startEdenStandIn } from '@eden-cost/testing';
import { report } from '../../support/report.js';
import { RATE_CARD } from '../endpoints.js';
import { tlsFront } from '../tls-front.js';
import { coveredClients } from './all-clients.js';
import type { Place } from './covered-client.js';
import { startForward } from './forward.js';
import { poolRuns } from './pool-runs.js';
import { type ScenarioRun, scenarioRuns } from './scenario-runs.js';
import { startTunnel } from './tunnel.js';

/** What this program prints. */
export interface Coverage {
  readonly scenarios: readonly ScenarioRun[];
  readonly pools: Awaited<ReturnType<typeof poolRuns>>;
  readonly unmetered: readonly object[];
  readonly unattributedNanos: number;
  readonly callsInFlight: number;
  readonly booked: number;
  readonly costNanos: number;
}

const eden = await startEdenStandIn();
const tunnel = await startTunnel();
const place: Place = {
  origin: eden.url,
  baseURL: eden.baseUrl,
  proxy: tunnel.url,
  secure: await tlsFront(eden.url),
  named: { origin: 'http://eden.test', ...(await startForward(eden.url)) },
};
const early = coveredClients(place);
const { createMeter } = await import('@eden-cost/core');
const meter = createMeter({
  baseUrls: [eden.url, place.secure.origin, place.named.origin],
  rateCard: RATE_CARD,
  budgets: [{ name: 'all', limitUsd: 1e6, window: 'day' }],
});
const unmetered: object[] = [];
meter.on('unmetered', (call) => unmetered.push(call));

const scenarios = [
  ...(await scenarioRuns({ eden, meter }, early, 'before')),
  ...(await scenarioRuns({ eden, meter }, coveredClients(place), 'after')),
];
const pools = await poolRuns({ eden, meter });
const { unattributedNanos, callsInFlight, costNanos } = meter.snapshot();
const coverage: Coverage = {
  ...{ scenarios, pools, unmetered, unattributedNanos, callsInFlight, costNanos },
  booked: eden.books().totalNanos,
};
report(coverage);
