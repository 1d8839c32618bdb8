import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import axios, { type AxiosRequestConfig } from 'axios';
import Form from 'form-data';
import got from 'got';
import got11 from 'got11';
import ky from 'ky';
import nodeFetch2 from 'node-fetch';
import nodeFetch3, { FormData as FormOfNodeFetch, fileFrom } from 'node-fetch3';
import superagent from 'superagent';
import { AUDIO, ofClient, type Upload, type Uploaders } from './uploader.js';
import { blobOf, formOf } from './web-uploaders.js';

const { post: post11 } = got11 as unknown as Pick<Got, 'post'>;

/** The package `form-data`, of a file that is read as it is sent. */
function streamedForm(file: Upload): Form {
  const form = new Form();
  form.append('response_format', 'json');
  form.append('file', file.open(), { filename: 'a.mp3', contentType: 'audio/mpeg' });
  return form;
}

/** The clients that people install, and what Node itself has. */
export const libraryUploaders = (): Uploaders => ({
  ...axiosUploaders('axios', {}),
  ...axiosUploaders('axios without redirects', { maxRedirects: 0 }),
  ...ofClient('axios over fetch', {
    'a form of a blob': async (url, file) => (await axios.post(url, formOf(blobOf(file)), { adapter: 'fetch' })).status,
  }),
  ...ofClient('got 11', {
    'a form of a stream': async (url, file) => (await post11(url, { body: streamedForm(file) })).statusCode,
    'a stream': async (url, file) => (await post11(url, { body: file.open(), headers: AUDIO })).statusCode,
  }),
  ...gotUploaders('got 14', got as unknown as Got),
  ...kyUploaders('ky', ky as unknown as Ky),
  ...ofClient('node-fetch 2', {
    'a form of a stream': (url, file) => posted(nodeFetch2, url, { body: streamedForm(file) }),
    'a stream': (url, file) => posted(nodeFetch2, url, { body: file.open(), headers: AUDIO }),
  }),
  ...ofClient('node-fetch 3', {
    'a form of a file that is a blob': async (url, { path }) =>
      posted(nodeFetch3, url, { body: formOf(await fileFrom(path, 'audio/mpeg'), FormOfNodeFetch as never) }),
    'a stream': (url, file) => posted(nodeFetch3, url, { body: file.open(), headers: AUDIO }),
  }),
  ...ofClient('superagent', {
    'a form of a path': async (url, { path }) =>
      (await superagent.post(url).field('response_format', 'json').attach('file', path, { contentType: 'audio/mpeg' }))
        .status,
    'a stream': (url, file) =>
      new Promise((resolve, reject) => {
        const request = superagent.post(url).set(AUDIO);
        request.on('response', ({ status }: { status: number }) => resolve(status)).on('error', reject);
        file.open().pipe(request as unknown as Writable);
      }),
  }),
  ...ofClient('http.request', {
    'a form of a stream': (url, file) => {
      const form = streamedForm(file);
      return sent(url, form.getHeaders(), (request) => form.pipe(request));
    },
    'a stream': (url, file) => sent(url, AUDIO, (request) => file.open().pipe(request)),
    'a stream of a known length': (url, file) =>
      sent(url, { ...AUDIO, 'content-length': file.bytes.length }, (request) => file.open().pipe(request)),
    'a stream, by pipeline()': (url, file) => sent(url, AUDIO, (request) => pipeline(file.open(), request)),
    'a stream over a connection of its own': (url, file) =>
      sent(url, AUDIO, (request) => file.open().pipe(request), { createConnection: () => connect(url) }),
  }),
});

function axiosUploaders(name: string, config: AxiosRequestConfig): Uploaders {
  const post = async (url: string, body: unknown, headers = {}): Promise<number> =>
    (await axios.post(url, body, { ...config, headers })).status;
  return ofClient(name, {
    'a form of a blob': (url, file) => post(url, formOf(blobOf(file))),
    'a form of a stream': (url, file) => post(url, streamedForm(file)),
    'a stream': (url, file) => post(url, file.open(), AUDIO),
  });
}

export interface Got {
  post(url: string, options: object): Promise<{ statusCode: number }>;
  stream: { post(url: string, options: object): NodeJS.ReadWriteStream };
}

/** Not got 11: in the pipeline of a Node of today its stream throws at its end, whoever calls. */
export const gotUploaders = (name: string, instance: Got): Uploaders =>
  ofClient(name, {
    'a form of a blob': async (url, file) => (await instance.post(url, { body: formOf(blobOf(file)) })).statusCode,
    'a stream': async (url, file) => (await instance.post(url, { body: file.open(), headers: AUDIO })).statusCode,
    'a stream, by pipeline()': async (url, file) => {
      let status = 0;
      const through = instance.stream.post(url, { headers: AUDIO });
      through.on('response', ({ statusCode }: { statusCode: number }) => {
        status = statusCode;
      });
      await pipeline(file.open(), through, new Writable({ write: (_chunk, _encoding, done) => done() }));
      return status;
    },
  });

export interface Ky {
  post(url: string, options: object): Promise<Response>;
}

export const kyUploaders = (name: string, instance: Ky): Uploaders =>
  ofClient(name, {
    'a form of a blob': async (url, file) => (await instance.post(url, { body: formOf(blobOf(file)) })).status,
  });

async function posted(
  fetch: unknown,
  url: string,
  init: { body: unknown; headers?: Record<string, string> },
): Promise<number> {
  const response = await (fetch as typeof globalThis.fetch)(url, { method: 'POST', ...init } as RequestInit);
  await response.arrayBuffer();
  return response.status;
}

const connect = (url: string) => net.connect(Number(new URL(url).port), '127.0.0.1');

async function sent(
  url: string,
  headers: http.OutgoingHttpHeaders,
  write: (request: http.ClientRequest) => unknown,
  options: http.RequestOptions = {},
): Promise<number> {
  const request = http.request(url, { method: 'POST', headers, ...options });
  const answered = once(request, 'response');
  const [[response]] = await Promise.all([answered, write(request)]);
  await once(response.resume(), 'end');
  return response.statusCode;
}
