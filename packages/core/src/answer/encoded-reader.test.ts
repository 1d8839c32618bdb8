import { randomBytes } from 'node:crypto';
import { createGzip, gzipSync } from 'node:zlib';
import { classify } from '../edenai/classify.js';
import { MISSING_COST } from '../edenai/cost.js';
import { type Codec, codecOf } from './decoder.js';
import { EncodedReader } from './encoded-reader.js';
import { JsonReader } from './json-reader.js';

const MOST = 1_000_000_000_000;

/** Ends where a nested object does: what comes after it is not there yet. */
const NESTED = `{"data":[{"b64_json":"${randomBytes(300_000).toString('base64')}","cost":9.5}`;

function read(...chunks: Buffer[]) {
  const kind = classify('POST', '/v3/images/generations');
  const json = new JsonReader(kind, { cost: MISSING_COST, isByok: false }, MOST, undefined);
  const reader = new EncodedReader(json, codecOf('gzip') as Codec, false);
  for (const chunk of chunks) reader.push(chunk);
  return Promise.resolve(reader.end()).then(() => reader.facts(true));
}

/** What a text comes to in gzip, but for its end. */
const begun = (text: string) =>
  new Promise<Buffer>((resolve) => {
    const gzip = createGzip();
    const parts: Buffer[] = [];
    gzip.on('data', (part: Buffer) => parts.push(part));
    gzip.write(text, () => gzip.flush(() => resolve(Buffer.concat(parts))));
  });

describe('a large body in gzip', () => {
  it('has the cost at its top level', async () => {
    expect((await read(gzipSync(`${NESTED}],"cost":0.25}`))).cost).toMatchObject({ nanos: 250_000_000 });
  });

  it('that is damaged half way never has the cost of something nested in it', async () => {
    expect((await read(await begun(NESTED), Buffer.alloc(1_000, 0xff))).cost).toEqual(MISSING_COST);
  });
});
