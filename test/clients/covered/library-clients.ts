import http from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import axios, { type AxiosRequestConfig } from 'axios';
import got from 'got';
import got11 from 'got11';
import { HttpsProxyAgent } from 'https-proxy-agent';
import ky from 'ky';
import nodeFetch2 from 'node-fetch';
import nodeFetch3 from 'node-fetch3';
import superagent from 'superagent';
import undici from 'undici';
import type { Answer, Ask } from '../client.js';
import type { Clients, CoveredClient, Place } from './covered-client.js';
import { fetched } from './undici-clients.js';

/** The clients that people install, and what Node itself has. */
export function libraryClients({ proxy, secure }: Place): Clients {
  const { fetch } = globalThis;
  const dispatcher = new undici.Agent({ connect: secure.tls });
  return {
    fetch: { send: (ask) => fetched(fetch, ask), redirects: true },
    'fetch of a Request': { send: (ask) => fetched((url, init) => fetch(new Request(url as string, init)), ask) },
    'fetch over https': {
      send: (ask) => fetched(fetch, ask, { dispatcher }),
      redirects: true,
      origin: secure.origin,
    },
    ky: kyClient(ky.create({ retry: KY_RETRY })),
    axios: { ...axiosClient({}), redirects: true },
    'axios without redirects': axiosClient({ maxRedirects: 0 }),
    'axios over fetch': { ...axiosClient({ adapter: 'fetch' }), redirects: true },
    'got 11': gotClient(got11 as unknown as Got),
    'got 14': gotClient(got as unknown as Got),
    'got 14 over https': secureGotClient(got as unknown as Got, secure),
    'node-fetch 2': { send: (ask) => fetched(nodeFetch2 as never, ask), redirects: true },
    'node-fetch 3': { send: (ask) => fetched(nodeFetch3 as never, ask), redirects: true },
    superagent: { send: viaSuperagent, redirects: true },
    'http.request through a tunnel': tunnelled(new HttpsProxyAgent(proxy)),
  };
}

type Ky = Pick<typeof ky, 'post'>;
export const KY_RETRY = { methods: ['post'], statusCodes: [500], delay: () => 1 };

export const kyClient = (instance: Ky): CoveredClient => ({
  async send({ url, headers, json }) {
    const response = await instance.post(url, { json, headers });
    return { status: response.status, text: await response.text() };
  },
  retries: true,
  redirects: true,
});

const axiosClient = (config: AxiosRequestConfig): CoveredClient => {
  const instance = axios.create(config);
  return {
    async send({ url, headers, json }) {
      const { status, data } = await instance.post(url, json, { headers: { ...headers }, responseType: 'text' });
      return { status, text: String(data) };
    },
  };
};

type Got = (url: string, options: object) => Promise<{ statusCode: number; body: string }>;

export const gotClient = (instance: Got): CoveredClient => ({
  async send({ url, method, headers, json }) {
    const retry = {
      methods: ['POST'],
      limit: 2,
      calculateDelay: ({ computedValue }: { computedValue: number }) => +!!computedValue,
    };
    const { statusCode, body } = await instance(url, { method, headers: { ...headers }, json, retry });
    return { status: statusCode, text: body };
  },
  retries: true,
  redirects: true,
});

export const secureGotClient = (instance: Got, { origin, tls }: Place['secure']): CoveredClient => {
  const agent = { https: new https.Agent(tls) };
  return { ...gotClient((url, options) => instance(url, { ...options, agent })), origin };
};

/** Superagent would decode what it takes for JSON. */
const asBytes = superagent.parse.image as Parameters<superagent.Request['parse']>[0];

async function viaSuperagent({ url, headers, json }: Ask): Promise<Answer> {
  const request = superagent
    .post(url)
    .set({ ...headers })
    .buffer(true)
    .parse(asBytes);
  const { status, body } = await request.send({ ...json });
  return { status, text: String(body) };
}

const tunnelled = (agent: http.Agent): CoveredClient => ({
  send: ({ url, method, headers, json }) =>
    new Promise((resolve, reject) => {
      const sent = { ...headers, 'content-type': 'application/json' };
      const request = http.request(url, { method, headers: sent, agent }, (response) => {
        text(response).then((all) => resolve({ status: response.statusCode ?? 0, text: all }), reject);
      });
      request.on('error', reject).end(JSON.stringify(json));
    }),
});
