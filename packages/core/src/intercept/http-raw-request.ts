import type { ClientRequest } from 'node:http';
import { type Admission, type CallGate, ESTIMATE_HEADER, type Held, type Reply } from '../exchange.js';
import { isPromise } from '../maybe.js';
import { watchAnswer } from './http-answer.js';
import { replyBytes } from './http-denial.js';
import { headerOf, takeOff } from './http-headers.js';
import type { HttpTarget } from './http-target.js';
import { shadow } from './shadow.js';

/** Node's own, which is not documented: every byte of a request goes through `_writeRaw`, and waits in `outputData` for a socket. */
export interface RawRequest extends ClientRequest {
  _writeRaw: (...args: unknown[]) => boolean;
  readonly outputData: { data: unknown; encoding?: unknown; callback?: unknown }[];
  outputSize: number;
  parser?: { execute(bytes: Buffer): unknown } | null;
}

/**
 * The fallback for requests that no agent of Node's hands to its sockets: their head is complete, and from here their
 * bytes can be held. Their body is not read: they are held at their operation's estimate. Streams are not asked, because a
 * request that is refused for the question could not be sent again over a connection that the app makes.
 */
export function watchRaw(request: RawRequest, target: HttpTarget, gate: CallGate): void {
  let ended = () => {};
  const held: Held = {
    get aborted() {
      return request.destroyed;
    },
    onAbort(told) {
      ended = told;
    },
  };
  const outgoing = { method: request.method, ...target, header: headerOf(request), body: undefined, held };
  takeOff(request, ESTIMATE_HEADER);
  // with `Expect: 100-continue` the head waits already, and would go out with the socket
  const early = request.outputData.splice(0);
  request.outputSize = 0;
  const sendEarly = () => {
    for (const { data, encoding, callback } of early) request._writeRaw(data, encoding, callback);
  };
  const admission = gate.admit(outgoing, gate.context());
  if (!isPromise(admission)) {
    decide(request, admission);
    sendEarly();
    return;
  }
  const release = holdBytes(request);
  sendEarly();
  const closed = () => ended();
  request.once('close', closed);
  admission.then((decided) => {
    request.off('close', closed);
    if (request.destroyed && decided?.admitted) decided.exchange.unsent(undefined);
    else decide(request, decided);
    release();
  });
}

function decide(request: RawRequest, admission: Admission | undefined): void {
  if (admission === undefined) return;
  if (admission.admitted) watchAnswer(request, admission.exchange);
  else answerInstead(request, admission.reply);
}

/** Returns what lets the bytes go, in their order. */
function holdBytes(request: RawRequest): () => void {
  const held: unknown[][] = [];
  const { _writeRaw, emit } = request;
  const holding: RawRequest['_writeRaw'] = (...args) => {
    held.push(args);
    return true;
  };
  shadow(request, { _writeRaw: holding, emit });
  return () => {
    if (request._writeRaw === holding) shadow(request, { _writeRaw });
    for (const args of held) request._writeRaw(...args);
  };
}

/**
 * Sends nothing; the answer goes into the parser that waits for the server's. The connection, which is the app's, is closed
 * with it: that has to wait for the end of an upload, or its writer would fail.
 */
function answerInstead(request: RawRequest, reply: Reply): void {
  const swallow: RawRequest['_writeRaw'] = (...args) => {
    const done = args.find((argument) => typeof argument === 'function') as (() => void) | undefined;
    if (done !== undefined) process.nextTick(done);
    return true;
  };
  shadow(request, { _writeRaw: swallow });
  request.shouldKeepAlive = false;
  const closing = replyBytes({ ...reply, headers: { ...reply.headers, connection: 'close' } });
  const speak = () => setImmediate(() => request.parser?.execute(closing));
  const connected = () => (request.socket ? speak() : request.once('socket', speak));
  if (headerOf(request)('expect') !== undefined) connected();
  else request.once('finish', connected);
}
