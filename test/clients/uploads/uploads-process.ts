import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, type ReadStream, rmSync, writeFileSync } from 'node:fs';
import { type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { createMeter, type MeterOptions } from '@eden-cost/core';
import undici7 from 'undici';
import * as undici6 from 'undici6';
import { report } from '../../support/report.js';
import { serve } from '../../support/serve.js';
import { HAS_NEWEST } from '../covered/covered-client.js';
import type { Undici } from '../covered/undici-clients.js';
import { libraryUploaders } from './library-uploaders.js';
import { sdkUploaders } from './sdk-uploaders.js';
import type { Upload, Uploader } from './uploader.js';
import { fetchUploaders, undiciUploaders } from './web-uploaders.js';

/** An upload as it arrived, whatever its boundary is. */
interface Arrived {
  readonly sha256: string;
  readonly type: string | undefined;
  readonly length: string | undefined;
  readonly transfer: string | undefined;
}

/** How it ended for its caller. */
interface Outcome {
  readonly status: number | undefined;
  readonly error?: string;
  /** Files that nobody closed. */
  readonly open: number;
}

/** A file over one client: as it arrives without the meter, with it, and with no budget left. */
export interface UploadRun {
  readonly name: string;
  readonly costNanos: number;
  readonly bare: { readonly outcome: Outcome; readonly arrived: readonly Arrived[] };
  readonly metered: UploadRun['bare'] & { readonly charged: readonly number[] };
  /** By the server, after it has read all of it. */
  readonly refused: Outcome;
  readonly denied: UploadRun['bare'] & { readonly denials: number };
}

/** Where so many hang, the others are not tried: the tests have something to tell by then. */
const MOST_LATE = 5;
/** What takes longer hangs. */
const CALL_MS = 5_000;
const CLOSE_MS = 2_000;

const folder = mkdtempSync(join(tmpdir(), 'eden-cost-uploads-'));
const bytes = randomBytes(400_000);
const path = join(folder, 'a.mp3');
writeFileSync(path, bytes);

const arrivals: Arrived[] = [];
let answer: (response: ServerResponse) => void = () => {};
const listener: RequestListener = async (request, response) => {
  const body = await buffer(request).catch(() => undefined);
  if (body === undefined) return;
  arrivals.push(arrivedOf(request, body));
  answer(response);
};

function arrivedOf({ headers }: IncomingMessage, body: Buffer): Arrived {
  const type = headers['content-type'];
  const text = body.toString('latin1');
  const boundary = /^--([^\r]+)\r\n/.exec(text)?.[1] ?? '';
  const sha256 = createHash('sha256').update(boundary === '' ? text : text.replaceAll(boundary, ''), 'latin1');
  return {
    sha256: sha256.digest('hex'),
    type: type?.replace(boundary, ''),
    length: headers['content-length'],
    transfer: headers['transfer-encoding'],
  };
}

/** A stream cannot be sent twice: no upload is to meet a connection that its server is closing. */
const answerJson = (status: number, body: object) => (response: ServerResponse) =>
  void response
    .writeHead(status, { 'content-type': 'application/json', connection: 'close' })
    .end(JSON.stringify(body));

/** Sends a file, and tells how that ended and what arrived. */
async function sent(uploader: Uploader, origin: string): Promise<UploadRun['bare']> {
  const streams: ReadStream[] = [];
  const file: Upload = {
    path,
    bytes,
    open() {
      const stream = createReadStream(path);
      streams.push(stream);
      return stream;
    },
  };
  const ended = await inTime(CALL_MS, Promise.resolve(uploader(`${origin}/v3/audio/transcriptions`, file))).then(
    (status) => ({ status }),
    (error: Error) => ({ status: statusOf(error), error: error.constructor.name }),
  );
  const closed = streams.map((stream) => stream.closed || once(stream, 'close'));
  await inTime(CLOSE_MS, Promise.allSettled(closed)).catch(() => {});
  const open = streams.filter((stream) => !stream.closed).length;
  return { outcome: { ...ended, open }, arrived: arrivals.splice(0) };
}

class NotInTime extends Error {}
let late = 0;

async function inTime<T>(ms: number, made: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const overdue = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      late += 1;
      reject(new NotInTime());
    }, ms);
  });
  return Promise.race([made, overdue]).finally(() => clearTimeout(timer));
}

/** Clients put it in different places. */
function statusOf(error: unknown): number | undefined {
  const { status, response } = error as { status?: number; response?: { status?: number; statusCode?: number } };
  return status ?? response?.status ?? response?.statusCode;
}

const uploaders: Readonly<Record<string, Uploader>> = {
  ...fetchUploaders('fetch', globalThis.fetch),
  ...undiciUploaders('undici 6', undici6 as unknown as Undici),
  ...undiciUploaders('undici 7', undici7),
  ...libraryUploaders(),
  ...sdkUploaders(),
  ...(HAS_NEWEST && (await import('./newest-uploaders.js')).newestUploaders()),
};

const bare = await serve(listener);
const metered = await serve(listener);
const meterOf = (options: MeterOptions) => createMeter({ baseUrls: [metered.url], rateCard: false, ...options });
const runs: UploadRun[] = [];
const each = async (work: (name: string, uploader: Uploader, index: number) => Promise<Partial<UploadRun>>) => {
  for (const [index, [name, uploader]] of Object.entries(uploaders).entries()) {
    if (late > MOST_LATE) return;
    runs[index] = { ...runs[index], name, ...(await work(name, uploader, index)) } as UploadRun;
  }
};

const open = meterOf({ budgets: [{ name: 'all', limitUsd: 1e6, window: 'day' }] });
await each(async (_name, uploader, index) => {
  const costNanos = 10_000_001 + index;
  answer = answerJson(200, { id: 'any', text: 'any', cost: costNanos / 1e9 });
  const { charges, ...run } = await open.run({}, async () => {
    const withUs = await sent(uploader, metered.url);
    return { ...withUs, charges: open.current()?.charges ?? [] };
  });
  return {
    costNanos,
    bare: await sent(uploader, bare.url),
    metered: { ...run, charged: charges.map(({ amount }) => amount) },
  };
});
await open.close();

const spent = meterOf({ budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] });
let denials = 0;
spent.on('denied', () => {
  denials += 1;
});
await each(async (_name, uploader) => {
  answer = answerJson(402, { error: { message: 'no' } });
  const { outcome: refused } = await sent(uploader, bare.url);
  denials = 0;
  const denied = await sent(uploader, metered.url);
  return { refused, denied: { ...denied, denials } };
});
await spent.close();

rmSync(folder, { recursive: true });
report(runs);
