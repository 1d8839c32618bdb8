import type { Reply } from './call.js';
import { type Encoding, encodeEach, encodeWhole, encodingName, negotiate } from './encode.js';
import { writeEvents, writeJson } from './event-stream.js';
import type { Outlet } from './outlet.js';
import { cutPieces } from './pieces.js';
import type { ReplyOptions } from './reply-options.js';

interface Body {
  readonly type: string;
  readonly pieces: readonly Buffer[];
  /** A stream has no length, and is encoded only when the options say so. */
  readonly streamed: boolean;
  readonly compressible: boolean;
  /** True when events are missing at its end. */
  readonly isShort?: boolean;
}

const JSON_TYPE = 'application/json';

function writeBody({ content }: Reply, options: ReplyOptions): Body {
  if ('events' in content) {
    const events = content.events.slice(0, options.cutAfterEvents);
    return {
      type: 'text/event-stream; charset=utf-8',
      pieces: writeEvents(events, options),
      streamed: true,
      compressible: false,
      isShort: events.length < content.events.length,
    };
  }
  if ('bytes' in content) {
    return { type: content.type, pieces: [content.bytes], streamed: content.chunked ?? false, compressible: false };
  }
  const bytes = 'json' in content ? writeJson(content.json, options) : Buffer.from(content.text);
  const type = ('type' in content ? content.type : undefined) ?? JSON_TYPE;
  return { type, pieces: [bytes], streamed: false, compressible: true };
}

function chooseEncoding(
  { compressible }: Body,
  { encoding = 'auto' }: ReplyOptions,
  accept: string | undefined,
): Encoding {
  if (encoding !== 'auto') return encoding;
  return compressible ? negotiate(accept) : 'identity';
}

/** The pieces at their time: with delays between them, and held where the options say so. */
async function* paced(pieces: readonly Buffer[], options: ReplyOptions, outlet: Outlet): AsyncGenerator<Buffer> {
  for (const [index, piece] of pieces.entries()) {
    if (index === options.holdAfterEvents) await outlet.until(options.hold);
    if (index > 0) await outlet.pause(options.chunkDelayMs);
    if (outlet.gone) return;
    yield piece;
  }
}

async function* whole(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

/** Sends one answer, with all that its options make go wrong on the way. */
export async function send(outlet: Outlet, reply: Reply, options: ReplyOptions, accept?: string): Promise<void> {
  const body = writeBody(reply, options);
  const encoding = chooseEncoding(body, options, accept);
  const headers: Record<string, string> = {
    'content-type': body.type,
    ...(encoding !== 'identity' && { 'content-encoding': encodingName(encoding) }),
    ...reply.headers,
    ...options.headers,
  };
  let pieces: AsyncIterable<Buffer>;
  if (body.streamed) {
    pieces = encodeEach(paced(body.pieces, options, outlet), encoding);
  } else {
    const bytes = (await encodeWhole(Buffer.concat(body.pieces), encoding)).subarray(0, options.truncateTo);
    if (!options.chunked) headers['content-length'] = String(bytes.length);
    pieces = whole(bytes);
  }
  if (outlet.gone) return;
  outlet.response.writeHead(reply.status ?? 200, headers);
  if (body.streamed) outlet.response.flushHeaders();
  outlet.bytesLeft = options.cutAfterBytes ?? Number.POSITIVE_INFINITY;
  if (options.reset === 'after-headers' || outlet.bytesLeft === 0) return outlet.cut();
  for await (const piece of cutPieces(pieces, options)) if (!(await outlet.write(piece))) return;
  if (body.isShort) return outlet.cut();
  outlet.end();
}
