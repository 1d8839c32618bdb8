/** The body of the fetch that is being called, until undici has asked for it. */
let sending: unknown;

/**
 * Calls fetch, which dispatches in the same synchronous step, and hands undici only an iterable of its body: what it
 * iterates is known meanwhile, and the call need not wait to be read.
 */
export function whileSending<T>(body: unknown, fetch: () => T): T {
  const outer = sending;
  sending = body;
  try {
    return fetch();
  } finally {
    sending = outer;
  }
}

/** That body, once, if it is a text or bytes: with the length that its request says, it is most likely what is sent. */
export function bodyBeingSent(): string | Uint8Array | undefined {
  const body = sending;
  sending = undefined;
  return typeof body === 'string' || body instanceof Uint8Array ? body : undefined;
}
