import type { ReadStream } from 'node:fs';

/** A file to be sent. */
export interface Upload {
  readonly path: string;
  readonly bytes: Buffer;
  /** A stream of it, new each time. */
  open(): ReadStream;
}

/** Sends a file, and reads the answer to its end. Resolves with its status, or fails in its client's own way. */
export type Uploader = (url: string, file: Upload) => PromiseLike<number>;

export type Uploaders = Readonly<Record<string, Uploader>>;

export const AUDIO = { 'content-type': 'audio/mpeg' };

/** Names each after the client that it belongs to. */
export const ofClient = (client: string, uploaders: Uploaders): Uploaders =>
  Object.fromEntries(Object.entries(uploaders).map(([how, uploader]) => [`${client}, ${how}`, uploader]));
