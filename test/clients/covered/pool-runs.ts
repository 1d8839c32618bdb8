import http from 'node:http';
import type { Meter } from '@eden-cost/core';
import { type EdenStandIn, standInHeaders } from '@eden-cost/testing';
import axios from 'axios';
import got from 'got';
import got11 from 'got11';
import nodeFetch from 'node-fetch';
import OpenAI4 from 'openai4';
import superagent from 'superagent';
import undici7 from 'undici';
import * as undici6 from 'undici6';
import { HAS_NEWEST } from './covered-client.js';
import type { Undici } from './undici-clients.js';

/** What 50 requests at once over two connections were charged. */
export interface PoolRun {
  readonly name: string;
  readonly planned: readonly number[];
  /** Of each request, in the same order. */
  readonly charged: readonly (readonly number[])[];
}

const REQUESTS = 50;
const BODY = JSON.stringify({ model: 'openai/gpt-4o', messages: [] });
const JSON_BODY = { 'content-type': 'application/json' };
const PATH = '/v3/chat/completions';

type Post = (url: string, headers: Record<string, string>) => PromiseLike<unknown>;

/** Which undici is built into it, and can speak to the agents of its like. */
const NODE_MAJOR = Number.parseInt(process.versions.node, 10);

/** Each has two connections, and lets the others wait. */
async function pooledPosts(origin: string): Promise<Record<string, Post>> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 2 });
  const axiosClient = axios.create({ httpAgent: agent });
  const openai4 = new OpenAI4({ baseURL: `${origin}/v3`, apiKey: 'any', httpAgent: agent });
  const gotOptions = { agent: { http: agent as never }, body: BODY };
  const undici8 = HAS_NEWEST ? await import('undici8') : undefined;
  const ofNode = NODE_MAJOR >= 26 ? undici8 : NODE_MAJOR >= 24 ? undici7 : undici6;
  const dispatcher: unknown = new (ofNode as unknown as Undici).Agent({ connections: 2 });
  return {
    ...pooledUndici('undici 6', undici6 as unknown as Undici, origin),
    ...pooledUndici('undici 7', undici7, origin),
    ...(undici8 && pooledUndici('undici 8', undici8 as unknown as Undici, origin)),
    fetch: async (url, headers) =>
      (await fetch(url, { method: 'POST', headers, body: BODY, dispatcher } as RequestInit)).text(),
    axios: (url, headers) => axiosClient.post(url, BODY, { headers }),
    'got 11': (url, headers) => (got11 as unknown as typeof got).post(url, { ...gotOptions, headers }),
    'got 14': (url, headers) => got.post(url, { ...gotOptions, headers }),
    'node-fetch 2': async (url, headers) =>
      (await nodeFetch(url, { method: 'POST', headers, body: BODY, agent })).text(),
    'openai 4': (_url, headers) => openai4.chat.completions.create(JSON.parse(BODY), { headers }),
    superagent: (url, headers) => superagent.post(url).agent(agent).set(headers).send(BODY),
    'http.request': (url, headers) =>
      new Promise((resolve, reject) => {
        const request = http.request(url, { method: 'POST', headers, agent }, (response) =>
          response.resume().on('end', resolve),
        );
        request.on('error', reject).end(BODY);
      }),
  };
}

function pooledUndici(name: string, undici: Undici, origin: string): Record<string, Post> {
  const pool = new undici.Pool(origin, { connections: 2 });
  const agent = new undici.Agent({ connections: 2 });
  const dispatcher = agent as never;
  const options = (headers: Record<string, string>) => ({ method: 'POST' as const, headers, body: BODY });
  return {
    [`${name}: request over a Pool`]: async (_url, headers) =>
      (await pool.request({ path: PATH, ...options(headers) })).body.text(),
    [`${name}: request over an Agent`]: async (url, headers) =>
      (await undici.request(url, { ...options(headers), dispatcher })).body.text(),
    [`${name}: fetch over an Agent`]: async (url, headers) =>
      (await undici.fetch(url, { ...options(headers), dispatcher })).text(),
  };
}

export async function poolRuns({ eden, meter }: { eden: EdenStandIn; meter: Meter }): Promise<PoolRun[]> {
  const runs: PoolRun[] = [];
  for (const [name, post] of Object.entries(await pooledPosts(eden.url))) {
    const planned = Array.from({ length: REQUESTS }, (_, index) => 1_000_000 + index);
    const charged = await Promise.all(
      planned.map((nanos) =>
        meter.run({}, async () => {
          const headers = { ...standInHeaders({ costUsd: `0.00${nanos}` }), ...JSON_BODY };
          await post(eden.url + PATH, headers);
          return (meter.current()?.charges ?? []).map(({ amount }) => amount);
        }),
      ),
    );
    runs.push({ name, planned, charged });
  }
  return runs;
}
