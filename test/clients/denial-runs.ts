import type { ClientName } from './client.js';
import { ENDPOINTS, type Endpoint } from './endpoints.js';
import { makeCall } from './make-call.js';
import type { Setting } from './program.js';

const WHY = ['a spent budget', "Eden AI's own 402"] as const;

/** One endpoint over one client, that is denied. */
export interface DenialRun {
  readonly client: ClientName;
  readonly built: 'before' | 'after';
  readonly endpoint: string;
  readonly why: (typeof WHY)[number];
  /** What the caller gets: an answer, or the client's own error. */
  readonly got: { readonly status: number | undefined; readonly error?: string; readonly text?: string };
  /** Whether the error leads to its denial, as adapters look for it. */
  readonly found: boolean;
  readonly denials: readonly string[];
  readonly charges: number;
  /** Requests that reached the stand-in. */
  readonly received: number;
}

const DENIED = ['chat', 'chat, streamed', 'transcriptions, json', 'universal-ai', 'messages'];

/** Endpoints of each kind over all clients, with no budget left, and with no credits left. */
export async function denialRuns(setting: Setting): Promise<DenialRun[]> {
  const { eden, core, secureOrigin, clients } = setting;
  const runs: DenialRun[] = [];
  for (const why of WHY) {
    const meter = core.createMeter({
      baseUrls: [eden.url, secureOrigin],
      rateCard: false,
      circuit: false,
      budgets: why === 'a spent budget' ? [{ name: 'none', limitUsd: 0, window: 'day' }] : [],
    });
    const denials: string[] = [];
    let charges = 0;
    meter.on('denied', ({ reason }) => denials.push(reason));
    meter.on('charge', () => charges++);
    for (const built of ['before', 'after'] as const) {
      for (const [client, built_] of Object.entries(clients[built]())) {
        for (const endpoint of ENDPOINTS.filter(({ name }) => DENIED.includes(name))) {
          const out: Endpoint = why === 'a spent budget' ? endpoint : { ...endpoint, reply: { status: 402 } };
          let error: unknown;
          const got = await meter.run({}, () =>
            makeCall(setting, built_, out, '0.01').then(
              ({ status, text }) => ({ status, text }),
              (thrown: unknown) => {
                error = thrown;
                return { status: statusOf(thrown), error: nameOf(thrown) };
              },
            ),
          );
          runs.push({
            ...{ client: client as ClientName, built, endpoint: endpoint.name, why, got },
            ...{ found: error !== undefined && core.findDenial(error) !== undefined },
            ...{ denials: denials.splice(0), charges, received: eden.books().requests },
          });
          charges = 0;
          eden.reset();
        }
      }
    }
    await meter.close();
  }
  return runs;
}

interface Thrown {
  readonly status?: number;
  readonly response?: { readonly status?: number; readonly statusCode?: number };
}

/** Clients put it in different places. */
function statusOf(thrown: unknown): number | undefined {
  const { status, response } = thrown as Thrown;
  return status ?? response?.status ?? response?.statusCode;
}

const nameOf = (thrown: unknown): string =>
  thrown instanceof Error && thrown.name !== 'Error' ? thrown.name : String((thrown as Error).constructor.name);
