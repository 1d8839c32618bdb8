import type { IncomingMessage, ServerResponse } from 'node:http';

/** Where a socket takes all at once, as those that functions in a cloud are called with, a response finishes before it has ended. */
const flushed = new WeakSet<ServerResponse>();

/**
 * For adapters, once a response is over: true when the client was gone before it had all of it. A response that was ended
 * counts as answered unless its connection broke before it was flushed: what `inject()` hands an app flushes nothing.
 */
export function wasAborted(response: ServerResponse): boolean {
  if (flushed.has(response)) return false;
  return !response.writableEnded || (!response.writableFinished && response.socket?.destroyed === true);
}

/** Of each connection, what is to be told to responses that were made while another one was sent on it. */
const waiting = new WeakMap<object, Set<() => void>>();

/**
 * For adapters, when a request begins: calls back when a connection ends that its response knows nothing of, and so never finishes for. An upgraded
 * one has a response that a websocket library makes up for the app's routes. Of requests that a client sends without waiting
 * for answers, only the first one's response has the connection.
 */
export function onConnectionClosed(
  request: IncomingMessage & { readonly upgrade?: boolean },
  response: ServerResponse,
  listener: (end: { aborted: boolean }) => void,
): void {
  response.prependOnceListener('finish', () => flushed.add(response));
  const { upgrade, socket } = request;
  if (upgrade) {
    socket.once('close', () => listener({ aborted: false }));
    return;
  }
  if (response.socket !== null) return;
  const told = waiting.get(socket) ?? new Set();
  if (!waiting.has(socket)) {
    waiting.set(socket, told);
    socket.once('close', () => {
      for (const tell of told) tell();
    });
  }
  const tell = () => listener({ aborted: true });
  told.add(tell);
  response.once('finish', () => told.delete(tell));
}
