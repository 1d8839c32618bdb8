import { PassThrough } from 'node:stream';
import { json } from 'node:stream/consumers';
import axios from 'axios';
import got from 'got';
import ky from 'ky';
import nodeFetch2 from 'node-fetch';
import nodeFetch3 from 'node-fetch3';
import superagent from 'superagent';
import undici from 'undici';
import { CHAT } from '../support/calls.js';
import { CANARIES } from '../support/canaries.js';
import type { Asker, LibraryName } from './client-names.js';

const HEADERS = { authorization: `Bearer ${CANARIES.key}`, 'content-type': 'application/json' };

/** HTTP clients, each used in its own way. */
export function libraryAskers(baseURL: string): Record<LibraryName, Asker> {
  const url = `${baseURL}/chat/completions`;
  const raising = new undici.Agent().compose(undici.interceptors.responseError());
  return {
    axios: (prompt) => axios.post(url, chat(prompt), { headers: HEADERS }),
    got: (prompt) => got.post(url, { json: chat(prompt), headers: HEADERS }).json(),
    superagent: (prompt) => superagent.post(url).set(HEADERS).send(chat(prompt)).then(),
    ky: (prompt) => ky.post(url, { json: chat(prompt), headers: HEADERS }).json(),
    'node-fetch 2': async (prompt) => jsonOf(await nodeFetch2(url, post(prompt))),
    'node-fetch 3': async (prompt) => jsonOf(await nodeFetch3(url, post(prompt))),
    'undici.request': async (prompt) =>
      (await undici.request(url, { ...post(prompt), dispatcher: raising })).body.json(),
    'undici.stream': (prompt) =>
      undici.stream(url, { ...post(prompt), dispatcher: raising }, () => new PassThrough().resume()),
    'undici.pipeline': (prompt) => {
      const { body, ...options } = post(prompt);
      const pipeline = undici.pipeline(url, { ...options, dispatcher: raising }, ({ body }) => body);
      return json(pipeline.end(body));
    },
    fetch: async (prompt) => jsonOf(await fetch(url, post(prompt))),
  };
}

const chat = (content: string) => ({ ...CHAT, messages: [{ role: 'user', content }] });
const post = (prompt: string) => ({ method: 'POST' as const, headers: HEADERS, body: JSON.stringify(chat(prompt)) });

/** As node-fetch's documentation has it: an answer is no error until the app makes one of it. */
class HTTPResponseError extends Error {
  constructor(readonly response: AnyResponse) {
    super(`HTTP Error Response: ${response.status} ${response.statusText}`);
  }
}

type AnyResponse = Pick<Response, 'ok' | 'status' | 'statusText' | 'json'>;

function jsonOf(response: AnyResponse): Promise<unknown> {
  if (!response.ok) throw new HTTPResponseError(response);
  return response.json();
}
