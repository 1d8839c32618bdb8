import type { Transform } from 'node:stream';
import zlib from 'node:zlib';

const { Z_SYNC_FLUSH, BROTLI_OPERATION_FLUSH } = zlib.constants;

/** A flush instead of a finish: a body that was cut off still gives what it holds. */
const ZLIB = { flush: Z_SYNC_FLUSH, finishFlush: Z_SYNC_FLUSH };
const BROTLI = { flush: BROTLI_OPERATION_FLUSH, finishFlush: BROTLI_OPERATION_FLUSH };

interface Codec {
  readonly sync: (data: Buffer, maxOutputLength: number) => Buffer;
  /** @param first the first bytes of what will be written to it */
  readonly stream: (first: Buffer) => Transform;
}

/** Servers send raw deflate under the name of zlib's: the first byte of a zlib header has 8 in its low half. */
const isZlib = (data: Buffer) => ((data[0] ?? 0) & 0x0f) === 8;

const gzip: Codec = {
  sync: (data, maxOutputLength) => zlib.gunzipSync(data, { ...ZLIB, maxOutputLength }),
  stream: () => zlib.createGunzip(ZLIB),
};

interface Zstd {
  readonly zstdDecompressSync: (data: Buffer, options: object) => Buffer;
  readonly createZstdDecompress: (options: object) => Transform;
  readonly constants: { readonly ZSTD_e_flush: number };
}

/** Node reads zstd since 22.15. Clients that can do so offer it: got, undici 8, and over https the fetch of Node 26. */
function zstdCodecs(): [string, Codec][] {
  if (!('createZstdDecompress' in zlib)) return [];
  const { zstdDecompressSync, createZstdDecompress, constants } = zlib as unknown as Zstd;
  const ZSTD = { flush: constants.ZSTD_e_flush, finishFlush: constants.ZSTD_e_flush };
  const codec: Codec = {
    sync: (data, maxOutputLength) => zstdDecompressSync(data, { ...ZSTD, maxOutputLength }),
    stream: () => createZstdDecompress(ZSTD),
  };
  return [['zstd', codec]];
}

const CODECS: ReadonlyMap<string, Codec> = new Map([
  ['gzip', gzip],
  ['x-gzip', gzip],
  [
    'deflate',
    {
      sync: (data, maxOutputLength) =>
        (isZlib(data) ? zlib.inflateSync : zlib.inflateRawSync)(data, { ...ZLIB, maxOutputLength }),
      stream: (first) => (isZlib(first) ? zlib.createInflate : zlib.createInflateRaw)(ZLIB),
    },
  ],
  [
    'br',
    {
      sync: (data, maxOutputLength) => zlib.brotliDecompressSync(data, { ...BROTLI, maxOutputLength }),
      stream: () => zlib.createBrotliDecompress(BROTLI),
    },
  ],
  ...zstdCodecs(),
]);

/** `undefined` for an encoding (or a chain of them) that is not read; `identity` and none at all are no encoding. */
export const codecOf = (contentEncoding: string): Codec | undefined => CODECS.get(contentEncoding.trim().toLowerCase());

export const isIdentity = (contentEncoding = ''): boolean => /^\s*(identity)?\s*$/i.test(contentEncoding);

export type { Codec };
