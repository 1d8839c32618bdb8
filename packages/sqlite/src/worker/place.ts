import { type BigIntStats, statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from './failure.js';

/** NFS, SMB (three kinds), AFS, Ceph and Lustre, as Linux numbers them: their locks do not hold between machines. */
const NETWORK = new Set([0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x5346414f, 0x00c36400, 0x0bd00bd0]);

export const isNetworkFileSystem = (type: number): boolean => NETWORK.has(type);

/** Refuses what SQLite itself would refuse with fewer words, or would not refuse. */
export function checkPlace(path: string): void {
  const folder = statSync(dirname(path), { throwIfNoEntry: false });
  if (!folder?.isDirectory()) throw new Failure('no-folder');
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Failure('is-a-folder');
  if (isNetworkFileSystem(statfsSync(dirname(path)).type)) throw new Failure('network-file-system');
}

/** What tells a file from another one that was put in its place. Undefined when there is none. */
export function identityOf(path: string): string | undefined {
  const found: BigIntStats | undefined = statSync(path, { bigint: true, throwIfNoEntry: false });
  return found && `${found.dev}:${found.ino}`;
}
