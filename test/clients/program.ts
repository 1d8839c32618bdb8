import { type EdenStandIn, startEdenStandIn } from '@eden-cost/testing';
import { report } from '../support/report.js';
import { allClients } from './all-clients.js';
import type { Client, ClientName } from './client.js';
import { copiesRun } from './copies-run.js';
import { denialRuns } from './denial-runs.js';
import { endpointRuns } from './endpoint-runs.js';
import { mixedRun } from './mixed-run.js';
import { tlsFront } from './tls-front.js';

/** What a part of this program works with. */
export interface Setting {
  readonly eden: EdenStandIn;
  /** Of the front that speaks TLS. */
  readonly secureOrigin: string;
  readonly core: typeof import('@eden-cost/core');
  /** Clients that were built before the meter's package was even loaded, and clients that were built after. */
  readonly clients: Readonly<Record<'before' | 'after', () => Readonly<Record<ClientName, Client>>>>;
}

const PARTS = { endpoints: endpointRuns, mixed: mixedRun, denials: denialRuns, copies: copiesRun };

export type Part = keyof typeof PARTS;
export type PartResult<P extends Part> = Awaited<ReturnType<(typeof PARTS)[P]>>;

/** A client that never gets its answer must not keep the process. */
const TIME_MS = 50_000;

/** Runs one part outside of Jest, with the real packages as ES modules, and prints what came of it as JSON. */
const eden = await startEdenStandIn();
const front = await tlsFront(eden.url);
const early = allClients(eden.baseUrl, front.tls);
const core = await import('@eden-cost/core');
const setting: Setting = {
  eden,
  core,
  secureOrigin: front.origin,
  clients: { before: () => early, after: () => allClients(eden.baseUrl, front.tls) },
};
const overdue = setTimeout(() => {
  process.stderr.write(
    `Not done in time. Open: ${JSON.stringify(eden.requests().filter(({ outcome }) => outcome === 'open'))}`,
  );
  process.exit(1);
}, TIME_MS);
const result = await PARTS[process.argv[2] as Part](setting);
clearTimeout(overdue);
await front.close();
await eden.close();
report(result);
