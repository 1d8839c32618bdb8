import zlib from 'node:zlib';

/** Since Node 22.15. */
const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Buffer | string) => Buffer };

export const HAS_ZSTD = zstdCompressSync !== undefined;

/** What is tried where Node speaks zstd, and nothing where it does not. */
export const withZstd = <T>(cases: (compress: (bytes: Buffer | string) => Buffer) => T): T | undefined =>
  zstdCompressSync && cases(zstdCompressSync);
