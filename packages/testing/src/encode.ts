import type { Transform } from 'node:stream';
import { promisify } from 'node:util';
import zlib, {
  brotliCompress,
  constants,
  createBrotliCompress,
  createDeflate,
  createDeflateRaw,
  createGzip,
  deflate,
  deflateRaw,
  gzip,
} from 'node:zlib';

/**
 * A content encoding that the stand-in speaks. `deflate-raw` calls itself `deflate`, as that of some servers does; `zstd`
 * needs Node 22.15 or later.
 */
export type Encoding = 'identity' | 'gzip' | 'br' | 'deflate' | 'deflate-raw' | 'zstd';

export const ENCODINGS: readonly Encoding[] = ['identity', 'gzip', 'br', 'deflate', 'deflate-raw', 'zstd'];

/** The encoding as a `content-encoding` header names it. */
export const encodingName = (encoding: Encoding): string => (encoding === 'deflate-raw' ? 'deflate' : encoding);

/** Brotli's own default, 11, takes seconds for a megabyte. */
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } };

interface Zstd {
  readonly zstdCompress?: (bytes: Buffer, done: (error: Error | null, compressed: Buffer) => void) => void;
  readonly createZstdCompress?: () => Transform & { flush(done: () => void): void };
}

const { zstdCompress, createZstdCompress }: Zstd = zlib as Zstd;

function noZstd(): never {
  throw new Error(
    `Node ${process.versions.node} cannot encode zstd, which this reply asks for: use Node 22.15 or later, or another encoding`,
  );
}

const WHOLE: Record<Exclude<Encoding, 'identity'>, (bytes: Buffer) => Promise<Buffer>> = {
  gzip: promisify<Buffer, Buffer>(gzip),
  br: (bytes) => promisify(brotliCompress)(bytes, BROTLI),
  deflate: promisify<Buffer, Buffer>(deflate),
  'deflate-raw': promisify<Buffer, Buffer>(deflateRaw),
  zstd: zstdCompress === undefined ? async () => noZstd() : promisify<Buffer, Buffer>(zstdCompress),
};

const STREAM = {
  gzip: () => createGzip(),
  br: () => createBrotliCompress(BROTLI),
  deflate: () => createDeflate(),
  'deflate-raw': () => createDeflateRaw(),
  zstd: createZstdCompress ?? noZstd,
};

const PREFERRED: readonly Encoding[] = [
  ...(createZstdCompress === undefined ? [] : ['zstd' as const]),
  ...['br' as const, 'gzip' as const, 'deflate' as const],
];

/** The best encoding that an `accept-encoding` header allows. */
export function negotiate(acceptEncoding: string | undefined): Encoding {
  const accepted = new Map<string, boolean>();
  for (const item of (acceptEncoding ?? '').split(',')) {
    const [name = '', ...parameters] = item.split(';').map((part) => part.trim().toLowerCase());
    accepted.set(name, !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter)));
  }
  return PREFERRED.find((name) => accepted.get(name) ?? accepted.get('*') ?? false) ?? 'identity';
}

/** Encodes a whole body. */
export const encodeWhole = async (bytes: Buffer, encoding: Encoding): Promise<Buffer> =>
  encoding === 'identity' ? bytes : WHOLE[encoding](bytes);

/** Encodes a body piece by piece; each piece can be decoded as soon as it arrives. */
export async function* encodeEach(pieces: AsyncIterable<Buffer>, encoding: Encoding): AsyncGenerator<Buffer> {
  if (encoding === 'identity') {
    yield* pieces;
    return;
  }
  const encoder = STREAM[encoding]();
  const ready: Buffer[] = [];
  encoder.on('data', (bytes: Buffer) => ready.push(bytes));
  try {
    for await (const piece of pieces) {
      await new Promise<void>((done) => encoder.write(piece, () => encoder.flush(done)));
      yield Buffer.concat(ready.splice(0));
    }
    await new Promise<void>((done) => encoder.on('end', done).end());
    yield Buffer.concat(ready.splice(0));
  } finally {
    encoder.destroy();
  }
}
