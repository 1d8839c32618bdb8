import { createHash, randomBytes } from 'node:crypto';
import type { OutgoingHttpHeaders, RequestListener } from 'node:http';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { withZstd } from '../support/zstd.js';
import { answerCost } from './http-origins.js';

const JSON_TYPE = { 'content-type': 'application/json' };
const COST = '"cost":0.012345678}';
const SMALL = `{"object":"any",${COST}`;
const NOISE = `{"data":"${randomBytes(200_000).toString('base64')}",${COST}`;
const BINARY = randomBytes(3_000_000);

const answering = (body: string | Buffer, headers: OutgoingHttpHeaders = {}, status = 200): RequestListener => {
  return (_request, response) => void response.writeHead(status, { ...JSON_TYPE, ...headers }).end(body);
};
const encoded = (encoding: string, body: Buffer) => answering(body, { 'content-encoding': encoding });

/** What a server may answer. */
export interface Answer {
  readonly listener: RequestListener;
  /** Default: what `answerCost` says. */
  readonly nanos?: number;
  readonly method?: string;
}

export const ANSWERS: Record<string, Answer> = {
  'of nothing': { listener: answering('', { 'content-length': 0, 'x-edenai-cost': '0.012345678' }) },
  'of 3 MB that are no text': {
    listener: answering(BINARY, { 'content-type': 'audio/mpeg', 'x-edenai-cost': '0.012345678' }),
  },
  'of JSON': { listener: answering(SMALL) },
  'in gzip': { listener: encoded('gzip', gzipSync(SMALL)) },
  'in br': { listener: encoded('br', brotliCompressSync(SMALL)) },
  'in deflate': { listener: encoded('deflate', deflateSync(SMALL)) },
  'in raw deflate': { listener: encoded('deflate', deflateRawSync(SMALL)) },
  'large, in gzip': { listener: encoded('gzip', gzipSync(NOISE)) },
  'large, in br': { listener: encoded('br', brotliCompressSync(NOISE)) },
  ...withZstd((compress) => ({
    'in zstd': { listener: encoded('zstd', compress(SMALL)) },
    'large, in zstd': { listener: encoded('zstd', compress(NOISE)) },
    'in zstd that was cut': { listener: encoded('zstd', compress(SMALL).subarray(0, 20)), nanos: 10_000_000 },
  })),
  'in gzip that was cut': { listener: encoded('gzip', gzipSync(SMALL).subarray(0, 20)), nanos: 10_000_000 },
  'of 16 MB of zeros in 16 kB of gzip': {
    listener: encoded('gzip', gzipSync(Buffer.alloc(16 * 1024 * 1024))),
    nanos: 10_000_000,
  },
  'with trailers': {
    listener: (_request, response) => {
      response.writeHead(200, { ...JSON_TYPE, trailer: 'x-sum' }).write(SMALL);
      response.addTrailers({ 'x-sum': 'abc' });
      response.end();
    },
  },
  'with a header twice': { listener: answering(SMALL, { 'set-cookie': ['a=1', 'b=2'] }) },
  'after early hints': {
    listener: (_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      answerCost(response);
    },
  },
  'without a body': {
    listener: (_request, response) => void response.writeHead(204, { 'x-edenai-cost': '0.012345678' }).end(),
  },
  'that nothing has changed': { listener: (_request, response) => void response.writeHead(304).end(), nanos: 0 },
  'with an error': { listener: answering('{"detail":"no"}', {}, 422), nanos: 0 },
  'to HEAD': { listener: answering('', { 'content-length': SMALL.length }), nanos: 0, method: 'HEAD' },
};

export const hash = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
