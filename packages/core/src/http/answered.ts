import type { ServerResponse } from 'node:http';

/**
 * For adapters, once a response is over: true when the client was gone before it had all of it. A response that was ended
 * counts as answered unless its connection broke before it was flushed: what `inject()` hands an app flushes nothing.
 */
export function wasAborted(response: ServerResponse): boolean {
  return !response.writableEnded || (!response.writableFinished && response.socket?.destroyed === true);
}

/**
 * For adapters: calls back when an upgraded connection ends. The response that a websocket library makes up for the app's
 * routes has no connection, and never finishes.
 */
export function onUpgradeClosed(response: ServerResponse, listener: () => void): void {
  const { upgrade, socket } = response.req as ServerResponse['req'] & { readonly upgrade?: boolean };
  if (upgrade) socket.once('close', listener);
}
