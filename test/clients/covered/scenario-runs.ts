import type { Meter } from '@eden-cost/core';
import { type EdenStandIn, type ReplyOptions, standInHeaders } from '@eden-cost/testing';
import { RATE_CARD } from '../endpoints.js';
import type { Clients, CoveredClient } from './covered-client.js';

const MODEL = Object.keys(RATE_CARD)[0] as string;

/** How the one call of a request goes. */
export const SCENARIOS = {
  json: { encoding: 'identity' },
  gzip: { encoding: 'gzip' },
  br: { encoding: 'br' },
  /** The best encoding that the client offers. */
  offered: {},
  stream: {},
  retried: { status: 500, headers: { 'retry-after-ms': '1' } },
  redirected: { status: 307 },
} satisfies Record<string, ReplyOptions>;

export type Scenario = keyof typeof SCENARIOS;

/** What one request was charged for its call. */
export interface ScenarioRun {
  readonly client: string;
  readonly built: 'before' | 'after';
  readonly scenario: Scenario;
  readonly costNanos: number;
  /** Of each exchange that was charged. */
  readonly charged: readonly { readonly amount: number; readonly basis: string }[];
  readonly failure?: string;
}

const applies = (client: CoveredClient, scenario: Scenario): boolean =>
  scenario === 'retried' ? client.retries === true : scenario !== 'redirected' || client.redirects === true;

/** Every scenario over every client, all clients at once and each call in a scope of its own. */
export async function scenarioRuns(
  { eden, meter }: { eden: EdenStandIn; meter: Meter },
  clients: Clients,
  built: ScenarioRun['built'],
): Promise<ScenarioRun[]> {
  let serial = built === 'before' ? 0 : 10_000;

  async function run(name: string, client: CoveredClient, scenario: Scenario): Promise<ScenarioRun> {
    serial += 1;
    const tag = `call-${serial}-`;
    const { path, json, costNanos, reply } = planned(client, scenario, serial);
    const costUsd = `0.${String(costNanos).padStart(9, '0')}`;
    const url = (client.origin ?? eden.url) + path;
    const twice = scenario === 'retried' || scenario === 'redirected';
    if (twice) {
      const match = { body: (body: unknown) => JSON.stringify(body).includes(tag) };
      const headers = {
        ...('headers' in reply && reply.headers),
        ...(scenario === 'redirected' && { location: `${url}?again` }),
      };
      eden.script([
        { match, ...reply, headers },
        { match, costUsd },
      ]);
    }
    const headers = twice ? {} : standInHeaders({ costUsd, ...reply });
    const ask = {
      url,
      method: 'POST' as const,
      headers,
      json: { ...json, messages: [{ role: 'user', content: tag }] },
    };
    return meter.run({}, async () => {
      const failure = await client.send(ask).then(
        ({ status, text }) => (status === 200 && text.length > 0 ? undefined : `${status} ${text}`),
        (error: Error) => String(error.stack),
      );
      const charged = (meter.current()?.charges ?? []).map(({ amount, basis }) => ({ amount, basis }));
      return { client: name, built, scenario, costNanos, charged, ...(failure && { failure }) };
    });
  }

  const runs = await Promise.all(
    Object.entries(clients).map(async ([name, client]) => {
      const done: ScenarioRun[] = [];
      for (const scenario of Object.keys(SCENARIOS) as Scenario[]) {
        if (applies(client, scenario)) done.push(await run(name, client, scenario));
      }
      return done;
    }),
  );
  return runs.flat();
}

/** A stream of messages says its tokens, and no cost. */
function planned({ api, streamsBody }: CoveredClient, scenario: Scenario, serial: number) {
  const stream = scenario === 'stream';
  const reply: ReplyOptions = SCENARIOS[scenario];
  const asked = stream && streamsBody && { stream_options: { include_usage: true } };
  if (api !== 'messages') {
    const json = { model: MODEL, ...(stream && { stream }), ...asked };
    return { path: '/v3/chat/completions', json, costNanos: 1_000_000 + serial, reply };
  }
  const json = { model: MODEL, max_tokens: 9, ...(stream && { stream }) };
  const path = '/v3/v1/messages';
  if (!stream) return { path, json, costNanos: 1_000_000 + serial, reply };
  return {
    path,
    json,
    costNanos: serial * 3_000 + 7 * 15_000,
    reply: { ...reply, inputTokens: serial, outputTokens: 7 },
  };
}
