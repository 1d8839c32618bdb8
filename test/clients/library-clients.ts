import https from 'node:https';
import { Readable } from 'node:stream';
import axios, { type AxiosInstance } from 'axios';
import got, { type ExtendOptions, type Got } from 'got';
import nodeFetch from 'node-fetch';
import superagent from 'superagent';
import undici from 'undici';
import { type Ask, type Client, type ClientName, FILE } from './client.js';
import { formOf } from './http-clients.js';

/** The clients that people install, each used in its own way. */
export function libraryClients(tls: https.AgentOptions) {
  const { fetch } = globalThis;
  return {
    fetch: { send: (ask) => fetched(fetch, ask) },
    'undici.request': { send: requested },
    'undici.fetch': { send: (ask) => fetched(undici.fetch as unknown as typeof fetch, ask, undici.FormData as never) },
    axios: axiosClient(axios.create()),
    'axios over https': { ...axiosClient(axios.create({ httpsAgent: new https.Agent(tls) })), over: 'https' },
    got: gotClient(got),
    'got over https': { ...gotClient(got.extend(gotTls(tls))), over: 'https' },
    superagent: { send: viaSuperagent },
    'node-fetch 2': { send: viaNodeFetch },
  } satisfies Partial<Record<ClientName, Client>>;
}

const jsonHeaders = ({ headers, json }: Ask) => ({ ...headers, ...(json && { 'content-type': 'application/json' }) });

function webForm(fields: Readonly<Record<string, string>>, Form = FormData): FormData {
  const data = new Form();
  for (const [name, value] of Object.entries(fields)) data.set(name, value);
  data.set('file', new Blob([FILE], { type: 'audio/mpeg' }), 'a.mp3');
  return data;
}

async function fetched(fetch: typeof globalThis.fetch, ask: Ask, Form = FormData) {
  const { url, method, json, form } = ask;
  const body = form ? webForm(form, Form) : JSON.stringify(json);
  const response = await fetch(url, { method, headers: jsonHeaders(ask), ...(body && { body }) });
  return { status: response.status, text: await response.text() };
}

async function requested(ask: Ask) {
  const { url, method, json, form } = ask;
  const data = form && formOf(form);
  const { statusCode, body: answer } = await undici.request(url, {
    ...{ method, headers: { ...jsonHeaders(ask), ...data?.getHeaders() } },
    body: data ?? JSON.stringify(json),
  });
  return { status: statusCode, text: await answer.text() };
}

const axiosClient = (instance: AxiosInstance): Client => ({
  async send({ url, method, headers, json, form }) {
    const data = form ? formOf(form) : json;
    const { status, data: stream } = await instance.request<Readable>({
      ...{ url, method, headers: { ...headers }, data },
      responseType: 'stream',
    });
    return { status, text: Buffer.concat(await stream.toArray()).toString() };
  },
});

const gotClient = (instance: Got): Client => ({
  async send({ url, method, headers, json, form }) {
    const body = form ? { body: webForm(form) } : { json };
    const { statusCode, body: text } = await instance(url, {
      ...{ method, headers: { ...headers } },
      ...((form || json) && body),
    } as object);
    return { status: statusCode, text: String(text) };
  },
});

const gotTls = (tls: https.AgentOptions): ExtendOptions => ({ agent: { https: new https.Agent(tls) } });

/** Superagent would decode what it takes for JSON. */
const asBytes = superagent.parse.image as Parameters<superagent.Request['parse']>[0];

async function viaSuperagent({ url, method, headers, json, form }: Ask) {
  const request = superagent(method, url)
    .set({ ...headers })
    .buffer(true)
    .parse(asBytes);
  if (form) request.field({ ...form }).attach('file', FILE, { filename: 'a.mp3', contentType: 'audio/mpeg' });
  else if (json) request.send(json);
  const { status, body } = await request;
  return { status, text: (body as Buffer).toString() };
}

async function viaNodeFetch(ask: Ask) {
  const { url, method, json, form } = ask;
  const body = form ? formOf(form) : JSON.stringify(json);
  const response = await nodeFetch(url, { method, headers: jsonHeaders(ask), body });
  return { status: response.status, text: await response.text() };
}
