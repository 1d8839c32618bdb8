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

/** That body, if it is a text or bytes, and has the length that its request says: most likely what is sent. */
export function bodyBeingSent(length: number): Buffer | undefined {
  const body = sending;
  sending = undefined;
  // a copy: the app may go on to write into its own
  const bytes = typeof body === 'string' || body instanceof Uint8Array ? Buffer.from(body as Uint8Array) : undefined;
  return bytes?.length === length ? bytes : undefined;
}
