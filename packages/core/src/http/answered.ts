import { AsyncResource } from 'node:async_hooks';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';

type Incoming = IncomingMessage & { readonly upgrade?: boolean };

/**
 * For adapters, when a request begins: calls back once, when its response is over, and never before this returns. `aborted`
 * when the client was gone before it had all of the response. The listener runs in the async context of now: where a client
 * leaves, Node itself is in none.
 */
export function onAnswered(
  request: Incoming,
  response: ServerResponse,
  listener: (end: { aborted: boolean }) => void,
): void {
  const context = new AsyncResource('EdenCostAnswered');
  let told = false;
  const tell = (aborted: boolean) => {
    if (told) return;
    told = true;
    context.runInAsyncScope(listener, undefined, { aborted });
  };
  const closed = () => tell(isCutOff(request, response));
  response.on('finish', () => tell(isFinishCutOff(request, response)));
  response.on('close', closed);
  if (response.writableEnded || socketOf(request, response)?.destroyed) setImmediate(closed);
  else if (request.upgrade || response.socket === null) onClose(request.socket, response, closed);
}

/** Of requests that a client sends without waiting for answers, only the first one's response has the socket. */
const socketOf = (request: Incoming, response: ServerResponse): Socket | undefined => response.socket ?? request.socket;

/** What `inject()` hands an app flushes nothing: there a response that was ended is answered. */
function isCutOff(request: Incoming, response: ServerResponse): boolean {
  if (request.upgrade) return false;
  if (!response.writableEnded) return true;
  return !response.writableFinished && socketOf(request, response)?.destroyed === true;
}

/**
 * HTTP/2 finishes every response, Node before 24 every one that was ended, also where the connection broke. Where a socket takes
 * all at once, as those that functions in a cloud are called with, a response finishes before it has ended. An app may answer
 * through the stream of an HTTP/2 response, which itself never ends then.
 */
function isFinishCutOff(request: Incoming, response: ServerResponse): boolean {
  const { stream } = response as { stream?: ServerHttp2Stream };
  if (request.httpVersionMajor !== 2 || stream === undefined) return Boolean(request.socket?.errored);
  return stream.aborted || !stream.writableFinished;
}

/** Of each connection, what is to be told once it closes. */
const waiting = new WeakMap<Socket, Set<() => void>>();

/**
 * For responses that do not hear of it: those that wait for the connection behind others, and the one of an upgraded request,
 * which a websocket library makes up for the app's routes.
 */
function onClose(socket: Socket, response: ServerResponse, closed: () => void): void {
  const told = waiting.get(socket) ?? new Set();
  if (!waiting.has(socket)) {
    waiting.set(socket, told);
    socket.once('close', () => {
      for (const tell of told) tell();
    });
  }
  told.add(closed);
  response.once('finish', () => told.delete(closed));
}
