import { openAsBlob } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Undici } from '../covered/undici-clients.js';
import { AUDIO, ofClient, type Upload, type Uploader, type Uploaders } from './uploader.js';

type Fetch = typeof globalThis.fetch;
type Form = typeof globalThis.FormData;

export const formOf = (file: Blob, Form: Form = FormData): InstanceType<Form> => {
  const form = new Form();
  form.set('response_format', 'json');
  form.set('file', file, 'a.mp3');
  return form;
};

export const blobOf = ({ bytes }: Upload): Blob => new Blob([new Uint8Array(bytes)], { type: 'audio/mpeg' });

const fetched = async (fetch: Fetch, url: string, init: object): Promise<number> => {
  const response = await fetch(url, { method: 'POST', ...init });
  await response.arrayBuffer();
  return response.status;
};

/** What a fetch of undici's can send. */
export const fetchUploaders = (name: string, fetch: Fetch, Form: Form = FormData): Uploaders =>
  ofClient(name, {
    'a form of a blob': (url, file) => fetched(fetch, url, { body: formOf(blobOf(file), Form) }),
    'a form of a file that is a blob': async (url, { path }) =>
      fetched(fetch, url, { body: formOf(await openAsBlob(path), Form) }),
    'a blob': (url, file) => fetched(fetch, url, { body: blobOf(file) }),
    'a web stream': (url, file) =>
      fetched(fetch, url, { body: Readable.toWeb(file.open()), headers: AUDIO, duplex: 'half' }),
  });

/** What a copy of undici can send. */
export function undiciUploaders(name: string, undici: Undici): Uploaders {
  const dispatcher = new undici.Agent(); // the global one may be another copy's, which knows no other FormData
  const requested = async (url: string, options: object): Promise<number> => {
    const { statusCode, body } = await undici.request(url, { method: 'POST', dispatcher, ...options });
    await body.dump();
    return statusCode;
  };
  const sink = () => new Writable({ write: (_chunk, _encoding, done) => done() });
  const streamed: Uploader = async (url, file) => {
    let status = 0;
    await undici.stream(url, { method: 'POST', headers: AUDIO, body: file.open() }, ({ statusCode }) => {
      status = statusCode;
      return sink();
    });
    return status;
  };
  const piped: Uploader = async (url, file) => {
    let status = 0;
    const through = undici.pipeline(url, { method: 'POST', headers: AUDIO }, ({ statusCode, body }) => {
      status = statusCode;
      return body;
    });
    await pipeline(file.open(), through, sink());
    return status;
  };
  return {
    ...fetchUploaders(`${name}'s fetch`, undici.fetch as unknown as Fetch, undici.FormData as never),
    ...ofClient(name, {
      'a form of a blob': (url, file) => requested(url, { body: formOf(blobOf(file), undici.FormData as never) }),
      'a stream': (url, file) => requested(url, { body: file.open(), headers: AUDIO }),
      'a stream of a known length': (url, file) =>
        requested(url, { body: file.open(), headers: { ...AUDIO, 'content-length': String(file.bytes.length) } }),
      'a stream, by stream()': streamed,
      'a stream, by pipeline()': piped,
    }),
  };
}
